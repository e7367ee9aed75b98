"""Refunds of payments: asked for by us, or found at Paystack."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from flask_paystack.clock import Clock
from flask_paystack.errors import NotAllowed
from flask_paystack.money import Money
from flask_paystack.payments.model import Entry, RefundRow, Status
from flask_paystack.paystack.model import ProviderRefund
from flask_paystack.records import timeline
from flask_paystack.records.database import Database
from flask_paystack.records.schema import payments, refunds

REQUESTED = "requested"
"""We asked Paystack, and know no answer."""
NOT_MADE = "not made"
"""Paystack refused, or never heard of it."""
ENDED = frozenset({"processed", "failed"})
"""States that Paystack does not take back (CONTRACT §7)."""
WITHOUT_EFFECT = frozenset({"failed", NOT_MADE})
"""States in which a refund takes nothing from the payment."""
LOST_AFTER = timedelta(seconds=60)
"""A refund that Paystack does not list so long after we asked was not made."""


@dataclass(frozen=True)
class Totals:
    """What refunds amount to, in subunits."""

    taken: int
    """Everything that is or may yet be given back."""
    under_way: int
    """Of it, what Paystack says that it has taken on."""
    processed: int


class RefundRecords:
    """Refunds by payment. Their sum never exceeds what was paid."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def request(self, reference: str, amount: int | None, paid: int, actor: str) -> RefundRow:
        """Note that ``actor`` is about to ask Paystack for a refund of ``amount`` subunits; None is all that is left.

        Raises:
            NotAllowed: more than is left of ``paid``, or an earlier refund is still unclear.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            payment = connection.execute(
                select(payments).where(payments.c.reference == reference).with_for_update()
            ).one()
            rows = _rows(connection, reference)
            if any(row.status == REQUESTED for row in rows):
                raise NotAllowed("An earlier refund of this payment has no answer yet. Look again in a minute.")
            left = paid - totals(rows).taken
            asked = left if amount is None else amount
            if not 0 < asked <= left:
                money = Money(max(left, 0), payment.currency)
                raise NotAllowed(f"Of this payment {money} is left to refund.", left=money.amount)
            row = connection.execute(
                insert(refunds)
                .values(
                    reference=reference,
                    amount=asked,
                    currency=payment.currency,
                    status=REQUESTED,
                    requested_by=actor,
                    created_at=now,
                    updated_at=now,
                )
                .returning(refunds)
            ).one()
            sentence = f"{actor} asks Paystack to give {Money(asked, payment.currency)} back."
            timeline.write(connection, reference, Entry(actor, "refund", sentence, {"amount": asked}), now)
        return _refund(row)

    def answered(self, refund: RefundRow, status: str, entry: Entry, found: ProviderRefund | None = None) -> None:
        """Note what Paystack said to a refund we asked for, unless an event has told of it already."""
        now = self._clock.now()
        values: dict[str, Any] = {"status": status, "updated_at": now}
        if found is not None:
            values |= {"paystack_id": found.paystack_id, "currency": found.currency or refund.currency}
        with self._database.writing() as connection:
            connection.execute(
                update(refunds).where(refunds.c.id == refund.id, refunds.c.status == REQUESTED).values(**values)
            )
            timeline.write(connection, refund.reference, entry, now)

    def take_in(self, reference: str, found: Sequence[ProviderRefund], currency: str, teller: str) -> Totals:
        """Make our rows say what Paystack lists, and return what they then amount to."""
        now = self._clock.now()
        with self._database.writing() as connection:
            connection.execute(select(payments.c.reference).where(payments.c.reference == reference).with_for_update())
            rows = list(_rows(connection, reference))
            for each in found:
                row = _match(rows, each)
                if row is not None:
                    rows.remove(row)
                _write(connection, reference, row, each, currency, teller, now)
            for row in rows:
                if row.status == REQUESTED and row.created_at <= now - LOST_AFTER:
                    connection.execute(
                        update(refunds).where(refunds.c.id == row.id).values(status=NOT_MADE, updated_at=now)
                    )
            return totals(_rows(connection, reference))

    def list_refunds(self, reference: str) -> list[RefundRow]:
        """The refunds of a payment, oldest first."""
        with self._database.reading() as connection:
            return list(_rows(connection, reference))

    def list_unended(self, limit: int) -> list[str]:
        """The payments, at most ``limit``, with refunds of which something is still to be heard, longest unheard first."""
        query = (
            select(refunds.c.reference)
            .where(refunds.c.status.not_in([*ENDED, NOT_MADE]))
            .group_by(refunds.c.reference)
            .order_by(func.min(refunds.c.updated_at), refunds.c.reference)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def restore(self, reference: str) -> Status:
        """Where a payment belongs whose refunds came to nothing: back where it was before them."""
        with self._database.reading() as connection:
            settled = connection.execute(
                select(payments.c.settled_at).where(payments.c.reference == reference)
            ).scalar_one_or_none()
        return Status.QUARANTINED if settled is None else Status.SUCCESS


def totals(rows: Sequence[RefundRow]) -> Totals:
    """What these refunds amount to."""
    taken = [row for row in rows if row.status not in WITHOUT_EFFECT]
    return Totals(
        taken=sum(row.amount for row in taken),
        under_way=sum(row.amount for row in taken if row.status != REQUESTED),
        processed=sum(row.amount for row in taken if row.status == "processed"),
    )


def take_all(connection: Connection, reference: str, paid: int) -> bool:
    """Whether refunds that Paystack has taken on give everything back. Within somebody's transaction."""
    return totals(_rows(connection, reference)).under_way >= paid


_OF_PAYMENT = select(refunds).where(refunds.c.reference == bindparam("reference")).order_by(refunds.c.id)


def _rows(connection: Connection, reference: str) -> list[RefundRow]:
    return [_refund(row) for row in connection.execute(_OF_PAYMENT, {"reference": reference})]


def _refund(row: Row[Any]) -> RefundRow:
    return RefundRow(**row._mapping)


def _match(rows: Sequence[RefundRow], found: ProviderRefund) -> RefundRow | None:
    """Our row of a refund that Paystack lists: by its id, else one of that amount which was made and has none yet."""
    by_id = [row for row in rows if row.paystack_id is not None and row.paystack_id == found.paystack_id]
    nameless = [row for row in rows if (row.paystack_id, row.amount) == (None, found.amount) and row.status != NOT_MADE]
    return next(iter(by_id + nameless), None)


def _write(
    connection: Connection,
    reference: str,
    row: RefundRow | None,
    found: ProviderRefund,
    currency: str,
    teller: str,
    now: datetime,
) -> None:
    if row is not None and ((row.status, row.paystack_id) == (found.status, found.paystack_id) or _is_old(row, found)):
        return
    currency = found.currency or currency
    values = {"status": found.status, "paystack_id": found.paystack_id, "currency": currency, "updated_at": now}
    amount = row.amount if row is not None else found.amount or 0
    if row is not None:
        connection.execute(update(refunds).where(refunds.c.id == row.id).values(**values))
    else:
        connection.execute(
            insert(refunds).values(
                reference=reference, amount=amount, requested_by="paystack", created_at=now, **values
            )
        )
    entry = Entry(teller, "refund", f"Paystack says that the refund of {Money(amount, currency)} is {found.status}.")
    timeline.write(connection, reference, entry, now)


def _is_old(row: RefundRow, found: ProviderRefund) -> bool:
    """Whether this was read before what we know: two who read at once may come to write in either order."""
    return row.status in ENDED and found.status not in ENDED
