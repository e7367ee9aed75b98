"""Telling customers that their payment failed: once, and not while they may still be paying."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from flask_paystack.clock import Clock
from flask_paystack.mail.notices import failure_of
from flask_paystack.payments.auto_plans import AutoPlans
from flask_paystack.payments.model import Entry, Payment, Status
from flask_paystack.payments.products import Product
from flask_paystack.payments.service import AskedJustNow, Payments
from flask_paystack.paystack.errors import Rejected, Unavailable
from flask_paystack.records.payments import PaymentRecords

log = logging.getLogger(__name__)

UNPAID = {Status.PENDING, Status.FAILED, Status.ABANDONED}
PAID = {Status.SUCCESS, Status.QUARANTINED, Status.REVERSAL_PENDING}
"""Money of the customer's is here. Whoever is asked to pay again then pays twice."""
PASS = 10
"""Seconds after which one pass asks about nothing more: a slow Paystack must not keep a job from ending."""


class FailureNotices:
    """Mails the customer of a failed payment, with the link to try again.

    Args:
        after: how long nothing new must have happened since the last decline, by Paystack's time where it gives one.
        queued: called after a commit that queued mail.
        plans: decide whether we try it again by ourselves, which the letter then says.
    """

    def __init__(
        self,
        records: PaymentRecords,
        payments: Payments,
        products: Mapping[str, Product],
        clock: Clock,
        after: timedelta,
        queued: Callable[[], None],
        plans: AutoPlans,
    ) -> None:
        self._records = records
        self._payments = payments
        self._products = products
        self._clock = clock
        self._after = after
        self._queued = queued
        self._plans = plans

    def notice_due(self, limit: int = 50) -> int:
        """Tell of at most ``limit`` failures that have stood long enough; how many customers were told."""
        told = 0
        until = self._clock.monotonic() + PASS
        for payment in self._records.list_unnoticed(self._clock.now() - self._after, limit):
            if self._clock.monotonic() >= until:
                break
            try:
                told += self._notice(payment)
            except AskedJustNow:
                continue  # a later pass asks for itself
            except Unavailable as error:
                log.warning("failure notices wait: %s", error)
                break  # without Paystack's word nobody is told that a payment failed
            except Rejected as error:
                log.warning("%s: %s", payment.reference, error, extra={"reference": payment.reference})
        if told:
            self._queued()
        return told

    def _notice(self, payment: Payment) -> bool:
        """Ask Paystack once more, and tell the customer where nothing has changed."""
        seen = payment.declined_at
        payment = self._payments.get(payment.reference)
        if payment.status not in UNPAID:
            return False
        payment = self._payments.ask_now(payment, "failure notice")
        if payment.status not in UNPAID or payment.declined_at is None or payment.declined_at != seen:
            return False
        if self._is_outlived(payment):
            entry = Entry("failure notice", "not told", "The order is paid or being paid by another payment.")
            self._records.notice(payment.reference, payment.declined_at, entry, [])
            return False
        product = self._products.get(payment.product)
        decision = self._plans.decide(payment)
        due_at = decision.plan.due_at if decision.plan else None
        mail = failure_of(payment, product.name if product else payment.product, next_try_at=due_at)
        entry = Entry("failure notice", "told", "The customer is mailed that it failed, with a link to try again.")
        return self._records.notice(
            payment.reference, payment.declined_at, entry, [mail], decision.plan, decision.entry
        )

    def _is_outlived(self, payment: Payment) -> bool:
        """Whether another attempt of the same order is paid, or a later one stands open: that one tells its own story."""
        return any(
            other.status in PAID or (other.is_open and other.created_at > payment.created_at)
            for other in self._records.list_attempts(payment.product, payment.order)
        )
