"""Telling customers that their payment failed: once, and not while they may still be paying."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from flask_paystack.clock import Clock
from flask_paystack.mail.notices import failure_of
from flask_paystack.payments.model import Entry, Payment, Status
from flask_paystack.payments.products import Product
from flask_paystack.payments.service import Payments
from flask_paystack.paystack.errors import Rejected, Unavailable
from flask_paystack.records.payments import PaymentRecords

log = logging.getLogger(__name__)

UNPAID = {Status.PENDING, Status.FAILED, Status.ABANDONED}


class FailureNotices:
    """Mails the customer of a failed payment, with the link to try again.

    Args:
        after: how long nothing new must have happened since the last decline, by Paystack's time where it gives one.
        queued: called after a commit that queued mail.
    """

    def __init__(
        self,
        records: PaymentRecords,
        payments: Payments,
        products: Mapping[str, Product],
        clock: Clock,
        after: timedelta,
        queued: Callable[[], None],
    ) -> None:
        self._records = records
        self._payments = payments
        self._products = products
        self._clock = clock
        self._after = after
        self._queued = queued

    def notice_due(self, limit: int = 50) -> int:
        """Tell of at most ``limit`` failures that have stood long enough; how many customers were told."""
        told = 0
        for payment in self._records.list_unnoticed(self._clock.now() - self._after, limit):
            try:
                told += self._notice(payment)
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
        payment = self._payments.verify(payment.reference, "failure notice")
        if payment.status not in UNPAID or payment.declined_at is None or payment.declined_at != seen:
            return False
        if self._is_settled_otherwise(payment):
            entry = Entry("failure notice", "not told", "The order is paid or being paid by another payment.")
            self._records.notice(payment.reference, payment.declined_at, entry, [])
            return False
        product = self._products.get(payment.product)
        mail = failure_of(payment, product.name if product else payment.product)
        entry = Entry("failure notice", "told", "The customer is mailed that it failed, with a link to try again.")
        return self._records.notice(payment.reference, payment.declined_at, entry, [mail])

    def _is_settled_otherwise(self, payment: Payment) -> bool:
        """Whether a later attempt of the same order stands open, or any is paid: that one tells its own story."""
        return any(
            other.reference != payment.reference
            and (other.settled_at is not None or (other.is_open and _is_later(other, payment.created_at)))
            for other in self._records.list_attempts(payment.product, payment.order)
        )


def _is_later(other: Payment, moment: datetime) -> bool:
    return other.created_at > moment
