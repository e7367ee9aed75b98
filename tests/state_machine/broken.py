"""The controls: applications that do what looks right and is not. The machine must find out each."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from flask_paystack.app import FlaskPaystack
from flask_paystack.payments.model import Entry, Status
from flask_paystack.paystack.payloads import Event, correlation
from flask_paystack.records import handovers, messages, timeline
from flask_paystack.records.payments import Outcome
from flask_paystack.records.schema import payments
from flask_paystack.records.webhooks import Finished, finish_event
from flask_paystack.webhooks.service import REFUND_EVENTS
from tests.state_machine.stage import Sabotage

MEANINGS = {
    "refund.pending": Status.REVERSAL_PENDING,
    "refund.processing": Status.REVERSAL_PENDING,
    "refund.processed": Status.REVERSED,
    "refund.failed": Status.SUCCESS,
}


def no_guard(ours: FlaskPaystack) -> None:
    """Settle whatever is right, without a look at whether it is settled or its order is paid."""
    database, records = ours.records.database, ours.records.payments

    def settle(
        reference: str, changes: Mapping[str, Any], entry: Entry, receipt: Any, finished: Finished | None = None
    ) -> Outcome:
        now = records.now()
        found = payments.c.reference == reference
        with database.writing() as connection:
            connection.execute(
                update(payments)
                .where(found)
                .values(status=Status.SUCCESS, settled_at=now, next_check_at=None, **changes)
            )
            timeline.write(connection, reference, entry, now)
            messages.queue(connection, [receipt], now)
            if ours.records.handovers.get_by_reference(reference) is None:  # a second one the database would refuse
                handovers.queue(connection, reference, now)
            if finished is not None:
                finish_event(connection, finished, now)
        return Outcome.TAKEN

    records.settle = settle  # type: ignore[method-assign, assignment]


def as_they_come(ours: FlaskPaystack) -> None:
    """Go by the name of each refund event, in whatever order they come; the refunds themselves are read as they should be."""
    records: Any = ours.records
    webhooks: Any = ours.services.webhooks
    paystack = ours.wiring.paystack

    def on_refund(event: Event, finished: Finished) -> None:
        payment = records.payments.get(correlation(event))
        status = MEANINGS.get(event.name)
        if payment and payment.paystack_id:
            found_there = paystack.list_refunds(payment.paystack_id)
            records.refunds.take_in(payment.reference, found_there, payment.currency, "webhook")
        with records.database.writing() as connection:
            if payment and status and int(event.data["amount"]) >= payment.amount:
                found = payments.c.reference == payment.reference
                connection.execute(update(payments).where(found).values(status=status))
            finish_event(connection, finished, records.payments.now())

    webhooks._handlers = {**webhooks._handlers, **dict.fromkeys(REFUND_EVENTS, on_refund)}


def receipt_apart(ours: FlaskPaystack) -> None:
    """Settle, and queue the receipt afterwards: right as long as nobody dies in between."""
    records: Any = ours.records
    inner = records.payments.settle

    def settle(reference: str, changes: Any, entry: Entry, receipt: Any, finished: Finished | None = None) -> Outcome:
        later = records.database.writing
        nothing = receipt.__class__(f"nothing.{reference}", "nothing", receipt.recipient, {}, reference)
        outcome: Outcome = inner(reference, changes, entry, nothing, finished)
        if outcome is Outcome.TAKEN:
            with later() as connection:
                messages.queue(connection, [receipt], records.payments.now())
        return outcome

    records.payments.settle = settle


CONTROLS: Mapping[str, Sabotage] = {
    "no-guard": no_guard,
    "as-they-come": as_they_come,
    "receipt-apart": receipt_apart,
}
