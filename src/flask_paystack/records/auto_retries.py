"""Orders whose failed payment is tried again by us: one plan an order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from flask_paystack.clock import Clock
from flask_paystack.errors import LeaseLost
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Entry, Payment
from flask_paystack.records import leases, messages, timeline
from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.leases import Claim
from flask_paystack.records.payment_rows import columns_of
from flask_paystack.records.schema import auto_retries, orders, payments


@dataclass(frozen=True)
class Plan:
    """To try a failed payment again."""

    reference: str
    """The payment that failed."""
    card_reference: str
    """The payment that was made with the card. No code of the card is kept."""
    failed_at: datetime
    """The schedule counts from here."""
    due_at: datetime


@dataclass(frozen=True)
class AutoRetry:
    """A plan at work."""

    product: str
    order: str
    reference: str
    card_reference: str
    failed_at: datetime
    tries: int
    """Charges begun in this order, answered or not."""
    last_reference: str | None
    """The payment that the last of them opened."""
    put_off_for: str | None
    """Why it last waited; the timeline tells a reason once."""


def keep(connection: Connection, plan: Plan, payment: Payment, now: datetime) -> None:
    """Add a plan within somebody's transaction, unless the order has or had one: its tries are counted once."""
    work = {**leases.new_work(now), "next_attempt_at": plan.due_at}
    values = {**vars(plan), "product": payment.product, "order_id": payment.order, "tries": 0, **work}
    del values["due_at"]
    connection.execute(insert_or_nothing(connection, auto_retries).values(values))


class AutoRetryRecords:
    """Plans, claimed one at a time under a lease, so that no two processes charge for one order."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def claim(self, lease: timedelta) -> tuple[Claim, AutoRetry] | None:
        """Claim the plan that is most overdue."""
        with self._database.writing() as connection:
            rows = leases.claim_rows(connection, auto_retries, self._clock.now(), lease, 1, planned_ahead=True)
        return (leases.claim_of(auto_retries, rows[0]), _auto_retry(rows[0])) if rows else None

    def begin(self, claim: Claim, payment: Payment, opened: Entry, told: Entry) -> bool:
        """Keep a try before Paystack hears of it: its payment, its count, and both timelines. False: the order is paid.

        Raises LeaseLost where somebody else works on the plan by now: then nothing may be charged.
        """
        now = self._clock.now()
        gate = (orders.c.product == payment.product) & (orders.c.order_id == payment.order)
        with self._database.writing() as connection:
            paid = connection.execute(select(orders.c.paid_reference).where(gate).with_for_update()).scalar_one()
            if paid is not None:
                return False
            connection.execute(insert(payments).values(columns_of(payment)))
            counted = connection.execute(
                update(auto_retries)
                .where(
                    auto_retries.c.id == claim.id,
                    auto_retries.c.fence == claim.fence,
                    auto_retries.c.state == leases.WAITING,
                )
                .values(tries=auto_retries.c.tries + 1, last_reference=payment.reference, error=None)
            )
            if counted.rowcount != 1:
                raise LeaseLost("Somebody else tries this order's payment again now.")
            timeline.write(connection, payment.reference, opened, now)
            if payment.retry_of is not None:
                timeline.write(connection, payment.retry_of, told, now)
        return True

    def put_off(self, claim: Claim, until: datetime, why: str | None, entry: tuple[str, Entry] | None = None) -> None:
        """Look again at ``until``; ``entry`` is a line for the timeline of that reference. Raises LeaseLost."""
        with self._database.writing() as connection:
            leases.put_back(connection, auto_retries, claim, until, error=why)
            if entry is not None:
                timeline.write(connection, *entry, self._clock.now())

    def finish(self, claim: Claim, reference: str, entry: Entry, queued: Iterable[Message] = ()) -> None:
        """End the plan, telling why. Raises LeaseLost."""
        now = self._clock.now()
        with self._database.writing() as connection:
            leases.finish(connection, auto_retries, claim, now, leases.DONE, error=None)
            timeline.write(connection, reference, entry, now)
            messages.queue(connection, queued, now)

    def withdraw(self, product: str, order: str, entry: Entry) -> bool:
        """End an order's plan, whoever works on it, and forget that its customer agreed to have cards charged again.

        That is forgotten for every payment of the same user with the same e-mail, so that no card of theirs is charged until
        they agree anew. False where no plan is at work: then nothing changes.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            ended = connection.execute(
                update(auto_retries)
                .where(_is_of(product, order), auto_retries.c.state == leases.WAITING)
                .values(
                    state=leases.DONE, finished_at=now, lease_until=None, fence=auto_retries.c.fence + 1, error=None
                )
                .returning(auto_retries.c.reference)
            ).one_or_none()
            if ended is None:
                return False
            failed = connection.execute(select(payments).where(payments.c.reference == ended.reference)).one()
            same_customer = (payments.c.user_id == failed.user_id) & (
                func.lower(payments.c.email) == failed.email.lower()
            )
            connection.execute(update(payments).where(same_customer, payments.c.save_card).values(save_card=False))
            timeline.write(connection, ended.reference, entry, now)
        return True

    def is_at_work(self, product: str, order: str) -> bool:
        """Whether an order's card may still be charged by us."""
        query = select(auto_retries.c.id).where(_is_of(product, order), auto_retries.c.state == leases.WAITING)
        with self._database.reading() as connection:
            return connection.execute(query).one_or_none() is not None

    def is_planned(self, product: str, order: str) -> bool:
        """Whether an order has a plan, or had one."""
        query = select(auto_retries.c.id).where(_is_of(product, order))
        with self._database.reading() as connection:
            return connection.execute(query).one_or_none() is not None


def _is_of(product: str, order: str) -> ColumnElement[bool]:
    return (auto_retries.c.product == product) & (auto_retries.c.order_id == order)


def _auto_retry(row: Row[Any]) -> AutoRetry:
    return AutoRetry(
        product=row.product,
        order=row.order_id,
        reference=row.reference,
        card_reference=row.card_reference,
        failed_at=row.failed_at,
        tries=row.tries,
        last_reference=row.last_reference,
        put_off_for=row.error,
    )
