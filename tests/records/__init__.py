"""What the records' tests share: a payment of Ada's, and what is said about it."""

from datetime import timedelta
from typing import Any

from flask_paystack.clock import Clock
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Entry, Payment, Status
from flask_paystack.records.database import Database
from flask_paystack.records.payments import Outcome, PaymentRecords
from flask_paystack.records.record_keys import RecordKeyRecords
from flask_paystack.records.webhooks import Finished, WebhookRecords
from flask_paystack.sealing import Seal
from tests.clock import START

SECRET = "Zb3kV9qLw2Tn8sRy5uHd7mXc1pGf4jAe6oQi0lKb"
LEASE = timedelta(seconds=60)
OPENED = Entry("customer", "opened", "Ada opened it.")
SETTLED = Entry("webhook 1", "settled", "Paystack took the money.", {"amount": 500000})
PAID = {"channel": "card", "paid_amount": 500000, "paid_at": START}


def events_in(database: Database, clock: Clock, secret: str = SECRET) -> WebhookRecords:
    """The inbox of a process that seals by ``secret``."""
    return WebhookRecords(database, clock, Seal(RecordKeyRecords(database, clock, [secret])))


def payment(reference: str = "pay-1", **values: Any) -> Payment:
    """A pending payment, its checkout page known."""
    usual: dict[str, Any] = {
        "order": reference,
        "product": "womaye-gsp",
        "email": "ada@example.com",
        "amount": 500000,
        "currency": "NGN",
        "status": Status.PENDING,
        "created_at": START,
        "updated_at": START,
        "authorization_url": f"https://checkout.paystack.com/{reference}",
    }
    return Payment(reference=reference, **{**usual, **values})


def receipt(reference: str) -> Message:
    """The mail that a settled payment owes."""
    return Message(f"receipt.{reference}", "receipt", "ada@example.com", {"amount": 500000}, reference)


def settle(payments: PaymentRecords, reference: str = "pay-1", finished: Finished | None = None) -> Outcome:
    """Settle a payment as the webhook does."""
    return payments.settle(reference, PAID, SETTLED, receipt(reference), finished)


def found(payments: PaymentRecords, reference: str = "pay-1") -> Payment:
    """The payment as it is kept."""
    kept = payments.get(reference)
    assert kept is not None
    return kept


def kinds(payments: PaymentRecords, reference: str = "pay-1") -> list[str]:
    """What its timeline tells, in order."""
    return [entry.kind for entry in payments.list_timeline(reference)]
