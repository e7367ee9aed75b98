"""Payments, their orders' gates and their timelines, as they change."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from sqlalchemy import Connection, Row, select, update

from flask_paystack.errors import AlreadyPaid, NotFound
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Entry, Payment, Status, is_legal
from flask_paystack.records import auto_retries, handovers, messages, refunds, timeline
from flask_paystack.records import payment_statements as statements
from flask_paystack.records.auto_retries import Plan
from flask_paystack.records.database import insert_or_nothing
from flask_paystack.records.payment_lookup import PaymentLookup
from flask_paystack.records.payment_rows import columns_of, payment_of
from flask_paystack.records.schema import orders, payments
from flask_paystack.records.webhooks import Finished, finish_event

Changes = Mapping[str, Any]
"""New values of a payment's fields, by their names in the model."""


class Outcome(Enum):
    """What became of a step somebody wanted a payment to take."""

    TAKEN = auto()
    NOT_LEGAL = auto()
    """Its state does not allow the step, most often since somebody else took it first. Nothing of the step was kept."""
    ORDER_PAID = auto()
    """Another payment of the same order has settled. Nothing was kept."""


class PaymentRecords(PaymentLookup):
    """Payments by reference. Every change writes its line of the timeline in the same transaction."""

    def open(self, payment: Payment, entry: Entry) -> Payment:
        """Keep a new payment, unless its order is paid or has one that is open or being opened: then that one is returned.

        Raises:
            AlreadyPaid: the order has been paid.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            order = {"product": payment.product, "order_id": payment.order}
            connection.execute(insert_or_nothing(connection, orders), order)
            paid = connection.execute(statements.GATE, order).scalar_one()
            if paid is not None:
                raise AlreadyPaid("This order has been paid.", order=payment.order)
            open_one = connection.execute(statements.OPEN_ONE, {**order, "now": now}).one_or_none()
            if open_one is not None:
                return payment_of(open_one)
            connection.execute(statements.ADD, columns_of(payment))
            timeline.write(connection, payment.reference, entry, now)
        return payment

    def settle(
        self,
        reference: str,
        changes: Changes,
        entry: Entry,
        receipt: Message,
        finished: Finished | None = None,
    ) -> Outcome:
        """Settle a payment, once: with its timeline, its receipt, its hand-over and the event that told of it.

        However many callers race, one gets ``TAKEN``. Nothing is granted for money that is all going back, as we know.
        Raises LeaseLost where ``finished`` is no longer the caller's.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            row = _lock(connection, reference)
            if row.settled_at is not None or not is_legal(Status(row.status), Status.SUCCESS):
                return Outcome.NOT_LEGAL
            if refunds.take_all(connection, reference, changes.get("paid_amount") or row.paid_amount or row.amount):
                return Outcome.NOT_LEGAL
            if not _pass_gate(connection, row):
                return Outcome.ORDER_PAID
            _move(connection, row, Status.SUCCESS, {"settled_at": now, "next_check_at": None, **changes}, now)
            timeline.write(connection, reference, entry, now)
            messages.queue(connection, [receipt], now)
            handovers.queue(connection, reference, now)
            if finished is not None:
                finish_event(connection, finished, now)
        return Outcome.TAKEN

    def step(
        self,
        reference: str,
        to: Status,
        changes: Changes,
        entry: Entry,
        queued: Iterable[Message] = (),
        finished: Finished | None = None,
    ) -> Outcome:
        """Take any other legal step than settling. ``success`` here means back from a refund that failed.

        Raises LeaseLost where ``finished`` is no longer the caller's.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            row = _lock(connection, reference)
            if not is_legal(Status(row.status), to) or (to is Status.SUCCESS and row.settled_at is None):
                return Outcome.NOT_LEGAL
            if to is Status.REVERSED:
                _reopen_gate(connection, row)
            _move(connection, row, to, changes, now)
            timeline.write(connection, reference, entry, now)
            messages.queue(connection, queued, now)
            if finished is not None:
                finish_event(connection, finished, now)
        return Outcome.TAKEN

    def note(
        self,
        reference: str,
        entry: Entry | None = None,
        changes: Changes | None = None,
        queued: Iterable[Message] = (),
        finished: Finished | None = None,
        seen: Status | None = None,
    ) -> None:
        """Add to what is known of a payment without a step. Raises LeaseLost.

        Args:
            seen: the status that ``changes`` were decided on. Where it is another by now, they are stale and left out: only
                the right to ask is given back.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            if changes and seen is not None and _lock(connection, reference).status != seen:
                changes = {"asking_until": None}
            if changes:
                connection.execute(statements.CHANGE, {"reference_of": reference, "updated_at": now, **changes})
            if entry is not None:
                timeline.write(connection, reference, entry, now)
            messages.queue(connection, queued, now)
            if finished is not None:
                finish_event(connection, finished, now)

    def claim_question(self, reference: str, every: timedelta, lease: timedelta) -> bool:
        """Take the right to ask Paystack about a payment: one asker at a time, and none within ``every`` of the last.

        It ends with ``note(changes={"asking_until": None, …})``, or after ``lease``.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            claimed = connection.execute(
                statements.CLAIM_QUESTION,
                {
                    "reference_of": reference,
                    **statements.instants_of_asking(now, every),
                    "asked_at": now,
                    "asking_until": now + lease,
                },
            )
        return claimed.rowcount == 1

    def claim_next_check(self, every: timedelta, lease: timedelta) -> Payment | None:
        """Take the right to ask about the payment whose check is most overdue, as ``claim_question`` does, if any is."""
        now = self._clock.now()
        due = (
            select(payments.c.reference)
            .where(
                payments.c.next_check_at <= now,
                *statements.may_be_asked(),
            )
            .order_by(payments.c.next_check_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            reference = connection.execute(due, statements.instants_of_asking(now, every)).scalar_one_or_none()
            if reference is None:
                return None
            row = connection.execute(
                update(payments)
                .where(payments.c.reference == reference)
                .values(asked_at=now, asking_until=now + lease, checks=payments.c.checks + 1)
                .returning(payments)
            ).one()
        return payment_of(row)

    def reschedule(self, reference: str, next_check_at: datetime) -> None:
        """Say when a payment is asked about next, if it still is to be."""
        with self._database.writing() as connection:
            connection.execute(
                update(payments)
                .where(payments.c.reference == reference, payments.c.next_check_at.is_not(None))
                .values(next_check_at=next_check_at)
            )

    def notice(
        self,
        reference: str,
        declined_at: datetime,
        entry: Entry,
        queued: Iterable[Message],
        plan: Plan | None = None,
        planned: Entry | None = None,
    ) -> bool:
        """Tell the customer of a failure, once: False where somebody did, or something newer happened.

        Args:
            plan: how we try it again by ourselves, kept in the same transaction.
            planned: why, or why not.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            marked = connection.execute(
                update(payments)
                .where(
                    payments.c.reference == reference,
                    payments.c.notified_at.is_(None),
                    payments.c.declined_at == declined_at,
                    payments.c.status.in_([Status.PENDING, Status.FAILED, Status.ABANDONED]),
                )
                .values(notified_at=now)
            )
            if marked.rowcount != 1:
                return False
            if plan is not None:
                auto_retries.keep(connection, plan, payment_of(_lock(connection, reference)), now)
            timeline.write(connection, reference, entry, now)
            if planned is not None:
                timeline.write(connection, reference, planned, now)
            messages.queue(connection, queued, now)
        return True


def _lock(connection: Connection, reference: str) -> Row[Any]:
    row = connection.execute(statements.LOCKED, {"reference": reference}).one_or_none()
    if row is None:
        raise NotFound("There is no payment with that reference.")
    return row


def _move(connection: Connection, row: Row[Any], to: Status, changes: Changes, now: datetime) -> None:
    named = {"reference_of": row.reference, "status_before": row.status}
    connection.execute(statements.MOVE, {**named, "status": to, "updated_at": now, **changes})


def _pass_gate(connection: Connection, row: Row[Any]) -> bool:
    """Make this payment the one that paid its order; False where another did."""
    passed = connection.execute(
        statements.PASS,
        {
            "product_of": row.product,
            "order_of": row.order_id,
            "passing": row.reference,
            "paid_reference": row.reference,
        },
    )
    return passed.rowcount == 1


def _reopen_gate(connection: Connection, row: Row[Any]) -> None:
    """A reversed payment no longer pays its order, so that it may be paid anew."""
    connection.execute(
        update(orders)
        .where(
            orders.c.product == row.product,
            orders.c.order_id == row.order_id,
            orders.c.paid_reference == row.reference,
        )
        .values(paid_reference=None)
    )
