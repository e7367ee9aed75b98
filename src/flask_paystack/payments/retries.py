"""Trying a failed payment again: another payment in the same order."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_paystack.errors import AlreadyPaid, InvalidLink, NotAllowed
from flask_paystack.mail.notices import retry_invitation
from flask_paystack.payments.model import Entry, Payment, Status
from flask_paystack.payments.opening import Opener, Opening
from flask_paystack.payments.products import Product
from flask_paystack.payments.retry_tokens import RetryTokens
from flask_paystack.payments.service import Payments
from flask_paystack.records.auto_retries import AutoRetryRecords
from flask_paystack.records.payments import PaymentRecords

log = logging.getLogger(__name__)

RETRYABLE = {Status.PENDING, Status.FAILED, Status.ABANDONED}


@dataclass(frozen=True)
class Offer:
    """What a retry link leads to: a payment that may be made again, or was made."""

    payment: Payment
    product_name: str
    is_paid: bool
    is_possible: bool
    is_retried: bool
    """Whether the customer's saved card is charged again by us unless they say no."""


class Retries:
    """Retry links, and what they open.

    Args:
        queued: called after a commit that queued mail.
    """

    def __init__(
        self,
        records: PaymentRecords,
        plans: AutoRetryRecords,
        payments: Payments,
        opener: Opener,
        tokens: RetryTokens,
        products: Mapping[str, Product],
        queued: Callable[[], None],
    ) -> None:
        self._records = records
        self._plans = plans
        self._payments = payments
        self._opener = opener
        self._tokens = tokens
        self._products = products
        self._queued = queued

    def look(self, token: str) -> Offer:
        """What the link leads to. Changes nothing, since mail scanners follow links. Raises InvalidLink."""
        payment = self._records.get(self._tokens.read(token))
        product = self._products.get(payment.product) if payment else None
        if payment is None or product is None:
            raise InvalidLink("This link does not work, or no longer does.")
        is_paid = self._records.paid_reference(payment.product, payment.order) is not None
        is_retried = self._plans.is_at_work(payment.product, payment.order)
        return Offer(
            payment,
            product.name,
            is_paid=is_paid,
            is_possible=not is_paid and self._is_unpaid(payment),
            is_retried=is_retried and not is_paid,
        )

    def retry(self, token: str) -> Payment:
        """A payment in the same order, for the same amount: the one still open, or a new one.

        Raises:
            InvalidLink: as ``look``.
            AlreadyPaid: the order has been paid.
            NotAllowed: its money is being looked at, or was given back, or our own try with its card is not decided yet.
            Rejected, Unavailable: as Paystack has it.
        """
        offer = self.look(token)
        if offer.is_paid:
            raise AlreadyPaid("This order has been paid.", order=offer.payment.order)
        if not offer.is_possible:
            raise NotAllowed("This payment is being looked after by a person.", order=offer.payment.order)
        earlier = offer.payment
        if self._is_being_charged(earlier):
            raise NotAllowed(
                "Your saved card is being charged just now. Try again in a few minutes.", order=earlier.order
            )
        wanted = Opening(
            product=earlier.product,
            email=earlier.email,
            order=earlier.order,
            metadata=earlier.metadata,
            user_id=earlier.user_id,
        )
        return self._opener.open(wanted, earlier=earlier)

    def withdraw(self, token: str) -> None:
        """No card of this customer's is charged by us any more, until they agree anew. Raises InvalidLink."""
        payment = self.look(token).payment
        sentence = "No further try: the customer asked us not to charge their card again, in this order or another."
        if self._plans.withdraw(payment.product, payment.order, Entry("customer", "ended", sentence)):
            log.info("no further try of %s", payment.reference, extra={"reference": payment.reference})

    def _is_being_charged(self, payment: Payment) -> bool:
        """Whether a try of ours with a saved card may yet succeed: who pays beside it pays twice.

        One that waits for the customer has a page, and is what the link leads to. Raises AlreadyPaid, Unavailable, Rejected.
        """
        for each in self._records.list_attempts(payment.product, payment.order):
            if each.retry_of is None or each.status is not Status.PENDING or each.authorization_url:
                continue
            found = self._payments.verify(each.reference)
            if found.status is Status.SUCCESS:
                raise AlreadyPaid("This order has been paid.", order=payment.order)
            if found.status is Status.PENDING and not found.never_existed(self._records.now()):
                return True
        return False

    def _is_unpaid(self, payment: Payment) -> bool:
        """Whether no money came for it, nor for another attempt of its order that a person has yet to judge."""
        attempts = self._records.list_attempts(payment.product, payment.order)
        return payment.status in RETRYABLE and all(each.status is not Status.QUARANTINED for each in attempts)

    def invite(self, payment: Payment, actor: str) -> None:
        """Mail the customer a fresh link. Raises NotAllowed where there is nothing to try again."""
        if payment.status not in RETRYABLE:
            raise NotAllowed(f"A payment that is {payment.status.value} is not tried again.")
        if paid_by := self._records.paid_reference(payment.product, payment.order):
            raise NotAllowed(f"Its order is paid, by {paid_by}: there is nothing to try again.")
        if not self._is_unpaid(payment):
            raise NotAllowed("Another payment of its order is quarantined: decide about that one first.")
        product = self._products.get(payment.product)
        now = self._records.now()
        mail = retry_invitation(payment, product.name if product else payment.product, now)
        entry = Entry(actor, "invited", "The customer is mailed a link to try again.")
        # Told now, the customer is not told again by the failure notice.
        self._records.note(payment.reference, entry, {"notified_at": now}, queued=[mail])
        self._queued()
