"""A payment told as JSON: to its payer, to whoever knows its reference, and to operators and the merchant's own code."""

from datetime import datetime
from typing import Any

from flask_paystack.payments.model import Entry, Payment


def opened(payment: Payment) -> dict[str, Any]:
    """The answer to ``POST /pay/<product>``."""
    return {
        "reference": payment.reference,
        "order": payment.order,
        "authorization_url": payment.authorization_url,
        "access_code": payment.access_code,
        "amount": payment.amount,
        "currency": payment.currency,
        "status": payment.status.value,
    }


def public(payment: Payment) -> dict[str, Any]:
    """What anybody may know who knows the reference: nothing personal."""
    return {
        "reference": payment.reference,
        "order": payment.order,
        "product": payment.product,
        "status": payment.status.value,
        "amount": payment.amount,
        "currency": payment.currency,
        "channel": payment.channel,
        "paid_at": instant(payment.paid_at),
        "message": payment.message,
    }


def full(payment: Payment) -> dict[str, Any]:
    """What operators see, and what the merchant's code is handed."""
    return {
        **public(payment),
        "email": payment.email,
        "user": payment.user_id,
        "metadata": dict(payment.metadata),
        "paystack_id": payment.paystack_id,
        "paid_amount": payment.paid_amount,
        "created_at": instant(payment.created_at),
        "updated_at": instant(payment.updated_at),
        "settled_at": instant(payment.settled_at),
        "authorization_url": payment.authorization_url,
    }


def entry(line: Entry) -> dict[str, Any]:
    """A line of the timeline."""
    return {
        "at": instant(line.at),
        "actor": line.actor,
        "kind": line.kind,
        "sentence": line.sentence,
        "facts": dict(line.facts),
    }


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond, with a ``Z``: as Paystack writes it."""
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
