"""What the mail tests share: a shop's settings, its links, a payment."""

from datetime import timedelta
from typing import Any

from flask_paystack.mail.links import Link
from flask_paystack.payments.model import Payment, Status
from flask_paystack.settings import Settings
from tests.clock import START

REFERENCE = "pay-0123456789abcdef0123456789abcdef"


class ShopLinks:
    """Links of a shop, recognisable in a letter."""

    def retry(self, reference: str) -> Link:
        return Link(f"https://shop.example/pay/retry/token-of-{reference}?a=1&b=2", 7 * 86400)

    def password_reset(self, user_id: str) -> Link:
        return Link(f"https://shop.example/auth/reset?token=token-of-{user_id}", 3600)


def mail_settings(port: int, **changes: Any) -> Settings:
    """Settings that send to a server on loopback."""
    values = {
        "mail_server": "127.0.0.1",
        "mail_port": port,
        "mail_default_sender": "Womaye <payments@shop.example>",
        **changes,
    }
    return Settings.model_validate(values)


def payment(**changes: Any) -> Payment:
    """A settled payment of ₦5,000."""
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "order": "GSP-1",
        "product": "womaye-gsp",
        "email": "ada@example.com",
        "amount": 500_000,
        "currency": "NGN",
        "status": Status.SUCCESS,
        "created_at": START,
        "updated_at": START,
        "channel": "bank_transfer",
        "paid_amount": 500_000,
        "paid_at": START + timedelta(minutes=2),
        **changes,
    }
    return Payment(**values)
