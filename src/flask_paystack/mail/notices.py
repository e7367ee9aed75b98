"""The messages we queue, one function a kind. Each identity follows from what it tells of, so that it is told once."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_paystack.accounts.model import User
from flask_paystack.health.model import Incident
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Payment
from flask_paystack.paystack.model import ProviderDispute


def receipt_for(payment: Payment, product_name: str) -> Message:
    """To the customer: the payment settled. Once per payment."""
    paid_at = payment.paid_at or payment.settled_at
    context = {
        **_facts_of(payment, product_name),
        "paid_amount": payment.paid_amount,
        "channel": payment.channel,
        "paid_at": paid_at.isoformat() if paid_at else None,
        "email": payment.email,
    }
    return Message(f"receipt.{payment.reference}", "receipt", payment.email, context, payment.reference)


def failure_of(payment: Payment, product_name: str, next_try_at: datetime | None = None) -> Message:
    """To the customer: the payment did not go through, and can be tried again. Once per payment.

    Args:
        next_try_at: when we charge the customer's saved card next, where we do.
    """
    try_at = next_try_at.isoformat() if next_try_at else None
    context = {**_facts_of(payment, product_name), "reason": payment.message, "next_try_at": try_at}
    return Message(f"failed.{payment.reference}", "payment_failed", payment.email, context, payment.reference)


def retry_invitation(payment: Payment, product_name: str, now: datetime) -> Message:
    """To the customer, when a person sends it: the failure letter once more, with a fresh link."""
    notice = failure_of(payment, product_name)
    return replace(notice, identity=f"retry.{payment.reference}.{int(now.timestamp())}")


def auto_retry_ended(payment: Payment, product_name: str) -> Message:
    """To the customer: we tried the saved card again as announced, and end it unpaid. Once per payment."""
    notice = failure_of(payment, product_name)
    return replace(notice, identity=f"auto-retry-ended.{payment.reference}")


def confirmation_needed(payment: Payment, product_name: str) -> Message:
    """To the customer: we tried the saved card again, and the bank wants to hear it from the customer."""
    context = _facts_of(payment, product_name)
    return Message(f"confirm.{payment.reference}", "confirm_payment", payment.email, context, payment.reference)


def order_paid_twice(operator: str, payment: Payment, product_name: str, first_reference: str) -> Message:
    """To an operator: ``payment`` paid for an order that ``first_reference`` had paid for already."""
    context = {**_facts_of(payment, product_name), "first_reference": first_reference}
    identity = f"paid-twice.{payment.reference}.{_one_of_several(operator)}"
    return Message(identity, "order_paid_twice", operator, context, payment.reference)


def payment_quarantined(operator: str, payment: Payment, product_name: str, why: str) -> Message:
    """To an operator: money arrived for ``payment`` that does not fit, and a person has to decide."""
    context = {**_facts_of(payment, product_name), "why": why}
    identity = f"quarantined.{payment.reference}.{_one_of_several(operator)}"
    return Message(identity, "payment_quarantined", operator, context, payment.reference)


def dispute_told(
    operator: str, payment: Payment, product_name: str, dispute: ProviderDispute, event_id: int | str
) -> Message:
    """To an operator: ``payment`` is disputed, still is, or no longer. Once per event that told so."""
    headline = "A payment is disputed: answer in time" if dispute.is_open else "A dispute is over"
    context = {
        **_facts_of(payment, product_name),
        "headline": headline,
        "is_open": dispute.is_open,
        "disputed": payment.amount if dispute.amount is None else dispute.amount,
        "currency": dispute.currency or payment.currency,
        "status": dispute.status,
        "resolution": dispute.resolution,
        "due_at": dispute.due_at.isoformat() if dispute.due_at else None,
        "claim": dispute.claim,
    }
    identity = f"dispute.{dispute.paystack_id}.{event_id}.{_one_of_several(operator)}"
    return Message(identity, "dispute", operator, context, payment.reference)


def payments_unknown(operator: str, references: Sequence[str]) -> Message:
    """To an operator: Paystack was paid under references like ours that we do not know. Once for each set of them."""
    digest = hashlib.sha256(" ".join(references).encode()).hexdigest()[:24]
    context = {"count": len(references), "references": list(references[:20])}
    return Message(f"unknown.{digest}.{_one_of_several(operator)}", "payments_unknown", operator, context)


def alarm(operator: str, incident: Incident) -> Message:
    """To an operator: something is wrong that nobody would see. Once per incident."""
    context = {"sentence": incident.sentence, "since": incident.opened_at.isoformat()}
    identity = f"alarm.{incident.name}.{int(incident.opened_at.timestamp())}.{_one_of_several(operator)}"
    return Message(identity, "alarm", operator, context)


def event_dead(operator: str, event_id: int, event_name: str | None, error: str) -> Message:
    """To an operator: a webhook event was given up. Once per event, however often it is replayed."""
    context = {"event_id": event_id, "event_name": event_name, "error": error}
    return Message(f"event-dead.{event_id}.{_one_of_several(operator)}", "event_dead", operator, context)


def handover_failing(operator: str, reference: str, error: str, since: datetime) -> Message:
    """To an operator: the merchant's own code has not accepted a settled payment ``since``. Once per payment."""
    context = {"reference": reference, "error": error, "since": since.isoformat()}
    identity = f"handover-failing.{reference}.{_one_of_several(operator)}"
    return Message(identity, "handover_failing", operator, context, reference)


def access_key(email: str, admin: str, key: str, seconds: int) -> Message:
    """To an admin: a fresh access key. It is sent at once and never queued, since the outbox would hold it in clear.

    Its identity is random: the key's own id must not travel with the key, since whoever has both can spend it.
    """
    context = {"key": key, "admin": admin, "seconds": seconds}
    return Message(f"access-key.{secrets.token_hex(16)}", "access_key", email, context)


def password_reset(user_id: str, email: str, asked_at: datetime) -> Message:
    """To a user who forgot the password. Asked for twice within a second, it is sent once."""
    context = {"user_id": user_id, "email": email}
    return Message(f"password-reset.{user_id}.{int(asked_at.timestamp())}", "password_reset", email, context)


def account_changed(user: User, what: str, address: str, now: datetime) -> Message:
    """To a user: ``what`` opens their account was changed. Whoever did not do it learns so.

    Args:
        what: a sentence without its full stop, as in “Your password was changed”.
        address: whence it was done.
    """
    context = {"what": what, "email": user.email, "address": address, "at": now.isoformat()}
    done = hashlib.sha256(f"{what} {now.isoformat()} {user.generation}".encode()).hexdigest()[:12]
    return Message(f"account-changed.{user.id}.{done}", "account_changed", user.email, context)


def _facts_of(payment: Payment, product_name: str) -> dict[str, Any]:
    return {
        "product_name": product_name,
        "order": payment.order,
        "reference": payment.reference,
        "amount": payment.amount,
        "currency": payment.currency,
    }


def _one_of_several(operator: str) -> str:
    """Several operators are told the same: each message needs an identity of its own, and an address is too long for it."""
    return hashlib.sha256(operator.encode()).hexdigest()[:12]
