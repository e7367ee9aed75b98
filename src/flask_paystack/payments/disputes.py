"""Disputes: a cardholder's bank asks for the money back, and somebody has to answer in time."""

from collections.abc import Callable, Mapping, Sequence

from flask_paystack.mail.notices import dispute_told
from flask_paystack.money import Money
from flask_paystack.payments.model import Entry, Payment, ProviderDispute, Status
from flask_paystack.payments.products import Product
from flask_paystack.payments.service import Payments
from flask_paystack.payments.settling import Settling
from flask_paystack.records.disputes import DisputeRecords
from flask_paystack.records.webhooks import Finished

UNPAID = frozenset({Status.PENDING, Status.FAILED, Status.ABANDONED})


class Disputes:
    """Keeps disputes, and tells operators while there is time to answer.

    Args:
        operators: addresses told of every dispute, of Paystack's reminders, and of its end.
        queued: called after mail was queued.
    """

    def __init__(
        self,
        records: DisputeRecords,
        payments: Payments,
        settling: Settling,
        products: Mapping[str, Product],
        operators: Sequence[str],
        queued: Callable[[], None],
    ) -> None:
        self._records = records
        self._payments = payments
        self._settling = settling
        self._products = products
        self._operators = operators
        self._queued = queued

    def take_in(self, payment: Payment, found: ProviderDispute, teller: str, finished: Finished) -> None:
        """Keep what an event tells. An accepted dispute turns the transaction ``reversed`` (CONTRACT §8): that is read at
        Paystack, and never taken from the event.

        Raises:
            AskedJustNow, Unavailable, Rejected: Paystack could not be asked; nothing was kept.
            LeaseLost: the event is no longer the caller's.
        """
        if payment.status is not Status.REVERSED and (found.is_accepted or payment.status in UNPAID):
            verified = self._payments.question(payment.reference)
            if verified is not None:
                payment = self._settling.learn(payment, verified, teller)
        product = self._products.get(payment.product)
        name = product.name if product else payment.product
        mails = [dispute_told(to, payment, name, found, finished.claim.id) for to in self._operators]
        if self._records.take_in(payment.reference, found, _entry(teller, payment, found), mails, finished):
            self._queued()


def _entry(teller: str, payment: Payment, found: ProviderDispute) -> Entry:
    money = Money(found.amount, found.currency or payment.currency) if found.amount is not None else "the payment"
    if found.is_open:
        due = f", answer by {found.due_at:%Y-%m-%d %H:%M} UTC" if found.due_at else ""
        sentence = f"The customer's bank disputes {money}: {found.status}{due}."
    else:
        sentence = f"The dispute over {money} is {found.status}: {found.resolution or 'no resolution named'}."
    facts = {
        "dispute": found.paystack_id,
        "status": found.status,
        "resolution": found.resolution,
        "amount": found.amount,
    }
    return Entry(teller, "dispute", sentence, {name: value for name, value in facts.items() if value is not None})
