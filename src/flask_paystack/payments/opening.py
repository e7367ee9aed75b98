"""Opening a payment: ours first, then Paystack's."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flask_paystack.clock import Clock
from flask_paystack.errors import Invalid, NotFound, OrderOpen
from flask_paystack.payments.callbacks import allowed_callback, with_query
from flask_paystack.payments.model import Entry, Payment, Status, is_our_reference, new_reference
from flask_paystack.payments.products import Product
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.paystack.errors import Rejected, Unavailable
from flask_paystack.records.payments import PaymentRecords

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opening:
    """What a customer wants to pay."""

    product: str
    email: str
    amount: int | None = None
    order: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    callback_url: str | None = None
    user_id: str | None = None
    save_card: bool = False
    """Whether the customer agrees that the card is charged again where a payment of theirs fails."""


class Opener:
    """Opens payments.

    Args:
        lease: how long a call to Paystack may take before it counts as lost.
        first_check: how long after its opening the poller asks about a payment first.
        frontend_url: where a customer returns who named no place of their own.
        origins: the only origins a ``callback_url`` may have.
    """

    def __init__(
        self,
        records: PaymentRecords,
        paystack: PaystackClient,
        products: Mapping[str, Product],
        clock: Clock,
        lease: timedelta,
        first_check: timedelta,
        frontend_url: str | None,
        origins: Sequence[str],
    ) -> None:
        self._records = records
        self._paystack = paystack
        self._products = products
        self._clock = clock
        self._lease = lease
        self._first_check = first_check
        self._frontend_url = frontend_url
        self._origins = origins

    def open(self, wanted: Opening, order: str | None = None, earlier: Payment | None = None) -> Payment:
        """Record a payment, then open it at Paystack; or return the one that is open in its order.

        Args:
            order: the order that an idempotency key stands for. One made up for it is a reference, used by its first payment.
            earlier: a payment of the same order, whose amount and way back were agreed on and stay.

        Raises:
            NotFound: no such product.
            Invalid: the amount or the callback is not accepted.
            AlreadyPaid: the order has been paid.
            OrderOpen: its open payment has another e-mail or amount, or is just being opened.
            Rejected: Paystack refused to open it.
            Unavailable: Paystack gave no answer; the payment is watched, and the next try opens another in the same order.
        """
        product = self._products.get(wanted.product)
        if product is None:
            raise NotFound("There is no product with that name.", product=wanted.product)
        now = self._clock.now()
        reference = order if order and self._is_free(order) else new_reference()
        payment = Payment(
            reference=reference,
            order=order or wanted.order or reference,
            product=product.slug,
            email=wanted.email,
            amount=earlier.amount if earlier else product.price(wanted.amount),
            currency=earlier.currency if earlier else product.currency,
            status=Status.PENDING,
            created_at=now,
            updated_at=now,
            metadata=wanted.metadata,
            callback_url=earlier.callback_url if earlier else self._callback(wanted.callback_url),
            user_id=wanted.user_id,
            save_card=wanted.save_card,
            asked_at=now,
            asking_until=now + self._lease,
            next_check_at=now + self._first_check,
        )
        agreed = " The customer agrees that the card is kept, and tried again." if payment.save_card else ""
        entry = Entry("customer", "opened", f"Opened {payment.due} for {product.name}.{agreed}")
        kept = self._records.open(payment, entry)
        if kept.reference != reference:
            return self._same(kept, payment, now)
        return self._initialize(payment, product)

    def _is_free(self, order: str) -> bool:
        """Whether an order was made up by us and has no payment yet: then its first payment is named as it is."""
        return is_our_reference(order) and self._records.get(order) is None

    def _callback(self, wanted: str | None) -> str | None:
        if wanted is None:
            return self._frontend_url
        if not allowed_callback(wanted, self._origins):
            sentence = "It must be an address of the shop's own frontend (FRONTEND_URL or CORS_ORIGINS)."
            raise Invalid(f"callback_url: {sentence}", {"callback_url": sentence})
        return wanted

    def _same(self, kept: Payment, payment: Payment, now: datetime) -> Payment:
        """The order's open payment, where it is the one the caller wants."""
        if (kept.email.lower(), kept.amount) != (payment.email.lower(), payment.amount):
            raise OrderOpen("This order has an open payment with another e-mail or amount.", order=kept.order)
        if kept.authorization_url is None:
            raise OrderOpen("This order's payment is just being opened; try again.", order=kept.order, retry_after=2)
        return kept

    def _initialize(self, payment: Payment, product: Product) -> Payment:
        callback = payment.callback_url
        cancel = {"cancel_action": with_query(callback, reference=payment.reference, cancelled="1")} if callback else {}
        try:
            opened = self._paystack.initialize(
                payment.reference,
                payment.email,
                payment.amount,
                payment.currency,
                callback_url=callback,
                metadata={**payment.metadata, **cancel},
                options=product.options,
            )
        except Rejected as error:
            self._refused(payment, error)
            error.details.update(reference=payment.reference, order=payment.order)
            raise
        except Unavailable as error:
            entry = Entry(
                "paystack", "no answer", "Paystack did not answer; the payment is watched.", {"error": str(error)}
            )
            self._records.note(payment.reference, entry, {"asking_until": None})
            error.details.update(reference=payment.reference, order=payment.order)
            raise
        page = {"authorization_url": opened.authorization_url, "access_code": opened.access_code}
        entry = Entry("paystack", "initialized", "Paystack opened a checkout page.")
        self._records.note(payment.reference, entry, {**page, "asking_until": None})
        log.info("opened %s", payment.reference, extra={"reference": payment.reference})
        return replace(payment, authorization_url=opened.authorization_url, access_code=opened.access_code)

    def _refused(self, payment: Payment, error: Rejected) -> None:
        changes = {"message": error.message, "refused": True, "asking_until": None, "next_check_at": None}
        entry = Entry("paystack", "refused", f"Paystack refused to open it: {error.message}", {"code": error.code})
        self._records.step(payment.reference, Status.FAILED, changes, entry)
        log.warning("refused %s: %s", payment.reference, error.message, extra={"reference": payment.reference})
