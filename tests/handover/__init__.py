"""What the hand-over's tests share."""

from collections.abc import Mapping
from typing import Any

from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Entry, Payment, Status
from flask_paystack.records.payments import Outcome, PaymentRecords
from tests.clock import ManualClock

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def describe(payment: Payment) -> Mapping[str, Any]:
    """A payment as JSON."""
    return {
        "reference": payment.reference,
        "order": payment.order,
        "product": payment.product,
        "email": payment.email,
        "amount": payment.amount,
        "currency": payment.currency,
        "status": payment.status.value,
        "channel": payment.channel,
        "paid_at": payment.paid_at.isoformat() if payment.paid_at else None,
        "settled_at": payment.settled_at.isoformat() if payment.settled_at else None,
        "metadata": dict(payment.metadata),
    }


def settle(payments: PaymentRecords, clock: ManualClock, reference: str = "pay-1") -> None:
    """Open a payment of Ada's and settle it."""
    now = clock.now()
    payments.open(
        Payment(
            reference=reference,
            order=reference,
            product="womaye-gsp",
            email="ada@example.com",
            amount=500000,
            currency="NGN",
            status=Status.PENDING,
            created_at=now,
            updated_at=now,
            metadata={"seat": 7, "name": "Adá \ud800\x00"},
        ),
        Entry("customer", "opened", "Opened."),
    )
    outcome = payments.settle(
        reference,
        {"channel": "card", "paid_at": now, "paid_amount": 500000},
        Entry("webhook 1", "settled", "Paid."),
        Message(f"receipt.{reference}", "receipt", "ada@example.com", {}, reference),
    )
    assert outcome is Outcome.TAKEN
