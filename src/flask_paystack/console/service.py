"""An operator's acts. Each stands in the payment's timeline with who did it."""

from collections.abc import Callable
from typing import Any

from flask_paystack.console import facts
from flask_paystack.errors import NotAllowed, NotFound
from flask_paystack.mail.model import QueuedMessage
from flask_paystack.payments import facts as payment_facts
from flask_paystack.payments.model import FINAL, Entry, Payment, Status, Wanted
from flask_paystack.payments.refunds import Refunds
from flask_paystack.payments.retries import Retries
from flask_paystack.payments.service import Payments
from flask_paystack.payments.settling import Settling
from flask_paystack.records.disputes import DisputeRecords
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.incidents import IncidentRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.numbers import NumberRecords
from flask_paystack.records.pages import Page
from flask_paystack.records.payments import Outcome, PaymentRecords
from flask_paystack.records.refunds import RefundRecords
from flask_paystack.records.webhooks import WebhookRecords
from flask_paystack.webhooks.model import WebhookEvent


class Console:
    """Looks into everything, and acts on it. ``actor`` is the admin's name, or ``command line``.

    Args:
        wake: called after something was queued to be worked on again.
    """

    def __init__(
        self,
        payments: Payments,
        settling: Settling,
        refunds: Refunds,
        retries: Retries,
        payment_records: PaymentRecords,
        refund_records: RefundRecords,
        dispute_records: DisputeRecords,
        events: WebhookRecords,
        messages: MessageRecords,
        handovers: HandoverRecords,
        numbers: NumberRecords,
        incidents: IncidentRecords,
        wake: Callable[[], None],
    ) -> None:
        self._payments = payments
        self._settling = settling
        self._refunds = refunds
        self._retries = retries
        self._payment_records = payment_records
        self._refund_records = refund_records
        self._dispute_records = dispute_records
        self._events = events
        self._messages = messages
        self._handovers = handovers
        self._numbers = numbers
        self._incidents = incidents
        self._wake = wake

    def list_payments(self, wanted: Wanted, after: str | None, limit: int) -> Page[Payment]:
        """Payments, newest first."""
        return self._payment_records.list_page(after, limit, wanted)

    def show_payment(self, reference: str) -> dict[str, Any]:
        """A payment with its refunds, its disputes, its hand-over, and the timeline that answers why it is in this state."""
        payment = self._payments.get(reference)
        handover = self._handovers.get_by_reference(reference)
        return {
            **payment_facts.full(payment),
            "refunds": [facts.refund(each) for each in self._refund_records.list_refunds(reference)],
            "disputes": [facts.dispute(each) for each in self._dispute_records.list_disputes(reference)],
            "handover": facts.handover(handover) if handover else None,
            "timeline": [payment_facts.entry(each) for each in self._payment_records.list_timeline(reference)],
        }

    def verify(self, reference: str, actor: str) -> Payment:
        """Ask Paystack now. Raises NotAllowed where the payment is final: only a refund moves it from there."""
        payment = self._payments.get(reference)
        if payment.status in FINAL:
            raise NotAllowed(f"A payment that is {payment.status.value} is not asked about again.")
        return self._payments.verify(reference, actor)

    def accept(self, reference: str, actor: str) -> Payment:
        """Settle a quarantined payment on a person's word.

        Raises:
            NotAllowed: it is not quarantined, or its order was paid by another payment.
        """
        payment = self._payments.get(reference)
        if payment.status is not Status.QUARANTINED:
            raise NotAllowed(f"Only a quarantined payment is accepted, and this one is {payment.status.value}.")
        sentence = f"{actor} accepted it as it is: settled, receipt and hand-over queued."
        outcome = self._settling.settle(payment, {"message": None}, Entry(actor, "accepted", sentence))
        if outcome is Outcome.ORDER_PAID:
            raise NotAllowed("Another payment of this order has settled: refund this one.")
        if outcome is Outcome.NOT_LEGAL:
            raise NotAllowed("Somebody else decided about this payment just now.")
        return self._payments.get(reference)

    def refund(self, reference: str, amount: int | None, actor: str) -> Payment:
        """Give ``amount`` subunits back; None is all that is left. Raises as ``Refunds.refund`` does."""
        return self._refunds.refund(self._payments.get(reference), amount, actor)

    def retry(self, reference: str, actor: str) -> Payment:
        """Mail the customer a link to try again. Raises NotAllowed where there is nothing to try."""
        self._retries.invite(self._payments.get(reference), actor)
        return self._payments.get(reference)

    def list_events(
        self, after: str | None, limit: int, state: str | None, reference: str | None
    ) -> Page[WebhookEvent]:
        """Webhook events, newest first."""
        return self._events.list_page(after, limit, state, reference)

    def show_event(self, id: int) -> WebhookEvent:  # noqa: A002
        """One webhook event. Raises NotFound."""
        found = self._events.get(id)
        if found is None:
            raise NotFound("There is no event with that number.")
        return found

    def replay_event(self, id: int) -> WebhookEvent:  # noqa: A002
        """Process an event once more. Raises NotFound; NotAllowed where it still waits for its processing."""
        self.show_event(id)
        if not self._events.replay(id):
            raise NotAllowed("This event waits for its processing already.")
        self._wake()
        return self.show_event(id)

    def replay_failed(self) -> int:
        """Process every event once more that was given up, could not be read or was not matched; how many."""
        count = self._events.replay_failed()
        self._wake()
        return count

    def list_messages(
        self, after: str | None, limit: int, state: str | None, reference: str | None
    ) -> Page[QueuedMessage]:
        """The e-mail outbox, newest first."""
        return self._messages.list_page(after, limit, state, reference)

    def resend(self, id: int) -> QueuedMessage:  # noqa: A002
        """Send a message once more. Raises NotFound; NotAllowed where it still waits to be sent."""
        self._message(id)
        if not self._messages.resend(id):
            raise NotAllowed("This message waits to be sent already.")
        self._wake()
        return self._message(id)

    def _message(self, id: int) -> QueuedMessage:  # noqa: A002
        found = self._messages.get(id)
        if found is None:
            raise NotFound("There is no message with that number.")
        return found

    def summary(self) -> dict[str, Any]:
        """Counts, sums of settled payments per currency (subunits), the oldest unprocessed event, the last webhook."""
        counts = self._numbers.counts()
        return {
            "payments": counts["payments"],
            "events": counts["webhook_events"],
            "messages": counts["messages"],
            "handovers": counts["handovers"],
            "settled": self._numbers.settled_sums(),
            "open_disputes": self._numbers.open_disputes(),
            "alarms": [facts.incident(each) for each in self._incidents.list_open()],
            "oldest_unprocessed_event": payment_facts.instant(self._numbers.oldest_waiting_event()),
            "last_webhook": payment_facts.instant(self._numbers.last_webhook()),
        }
