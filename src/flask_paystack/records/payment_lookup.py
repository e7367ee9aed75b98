"""Looking payments up: one, its timeline, and lists of many."""

from datetime import datetime

from sqlalchemy import func, select, text

from flask_paystack.clock import Clock
from flask_paystack.payments.model import Entry, Payment, Status, Wanted
from flask_paystack.records import payment_statements as statements
from flask_paystack.records import timeline
from flask_paystack.records.database import Database
from flask_paystack.records.pages import Page, read_page
from flask_paystack.records.payment_rows import payment_of
from flask_paystack.records.schema import UNNOTICED, orders, payments


class PaymentLookup:
    """What is known of payments. Nothing here changes anything."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def get(self, reference: str) -> Payment | None:
        """The payment of that reference."""
        with self._database.reading() as connection:
            row = connection.execute(statements.ONE, {"reference": reference}).one_or_none()
        return None if row is None else payment_of(row)

    def list_timeline(self, reference: str) -> list[Entry]:
        """All that is known of how a payment came to its state, in order."""
        with self._database.reading() as connection:
            return timeline.read(connection, reference)

    def paid_reference(self, product: str, order: str) -> str | None:
        """The payment that paid an order."""
        with self._database.reading() as connection:
            found: str | None = connection.execute(
                select(orders.c.paid_reference).where(orders.c.product == product, orders.c.order_id == order)
            ).scalar_one_or_none()
        return found

    def list_attempts(self, product: str, order: str) -> list[Payment]:
        """Every payment of an order, oldest first."""
        query = (
            select(payments)
            .where(payments.c.product == product, payments.c.order_id == order)
            .order_by(payments.c.created_at, payments.c.reference)
        )
        with self._database.reading() as connection:
            return [payment_of(row) for row in connection.execute(query)]

    def list_page(self, after: str | None, limit: int, wanted: Wanted) -> Page[Payment]:
        """Payments, newest first."""
        query = select(payments)
        for column, value in (
            (payments.c.status, wanted.status),
            (payments.c.order_id, wanted.order),
            (payments.c.email, wanted.email),
            (payments.c.user_id, wanted.user_id),
        ):
            if value is not None:
                query = query.where(column == value)
        if wanted.since is not None:
            query = query.where(payments.c.created_at >= wanted.since)
        if wanted.until is not None:
            query = query.where(payments.c.created_at < wanted.until)
        with self._database.reading() as connection:
            return read_page(connection, query, [payments.c.created_at, payments.c.reference], payment_of, after, limit)

    def list_unnoticed(self, before: datetime, limit: int) -> list[Payment]:
        """Payments declined or failed not after ``before``, of which the customer has not been told."""
        query = (
            select(payments)
            .where(payments.c.declined_at <= before, text(UNNOTICED))  # in the words of its index
            .order_by(payments.c.declined_at)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [payment_of(row) for row in connection.execute(query)]

    def find_saved_card(self, user_id: str, email: str, currency: str) -> Payment | None:
        """The newest settled payment of that user, e-mail and currency whose card may be tried again by consent."""
        query = (
            select(payments)
            .where(
                payments.c.user_id == user_id,
                func.lower(payments.c.email) == email.lower(),
                payments.c.currency == currency,
                payments.c.status == Status.SUCCESS,
                payments.c.save_card,
            )
            .order_by(payments.c.settled_at.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else payment_of(row)

    def now(self) -> datetime:
        """The instant that a change made now would carry."""
        return self._clock.now()
