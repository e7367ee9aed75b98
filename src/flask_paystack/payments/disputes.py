"""Disputes: a cardholder's bank asks for the money back, and somebody has to answer in time."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from flask_paystack.clock import Clock
from flask_paystack.mail.notices import dispute_told
from flask_paystack.money import Money
from flask_paystack.payments.model import Entry, Payment, Status
from flask_paystack.payments.products import Product
from flask_paystack.payments.service import AskedJustNow, Payments
from flask_paystack.payments.settling import Settling
from flask_paystack.paystack.errors import Rejected, Unavailable
from flask_paystack.paystack.model import ProviderDispute
from flask_paystack.records.disputes import DisputeRecords
from flask_paystack.records.webhooks import Finished

log = logging.getLogger(__name__)

UNPAID = frozenset({Status.PENDING, Status.FAILED, Status.ABANDONED})
FOLLOWED_FOR = timedelta(days=30)
"""How long after it was accepted we look whether a dispute's money has gone back. Of a part of a payment it never shows."""
MOST = 50
"""Payments of accepted disputes that one pass asks about."""
PASS = 20
"""Seconds after which it asks about nothing more: a slow Paystack must not keep a job from ending."""


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
        clock: Clock,
        operators: Sequence[str],
        queued: Callable[[], None],
    ) -> None:
        self._records = records
        self._payments = payments
        self._settling = settling
        self._products = products
        self._clock = clock
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

    def follow(self) -> int:
        """Ask again about payments of accepted disputes that were not reversed when the event came; about how many."""
        until = self._clock.monotonic() + PASS
        asked = 0
        for reference in self._records.list_unreturned(self._clock.now() - FOLLOWED_FOR, MOST):
            if self._clock.monotonic() >= until:
                break
            asked += 1
            try:
                self._payments.ask_now(self._payments.get(reference), "dispute follow-up")
            except Unavailable as error:
                log.warning("following disputes stops for now: %s", error)
                break
            except (AskedJustNow, Rejected) as error:
                log.warning("%s: %s", reference, error, extra={"reference": reference})
        return asked


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
