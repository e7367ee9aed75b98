"""Events, messages, hand-overs, refunds and disputes told as JSON, for operators."""

import base64
from typing import Any

from flask_paystack.errors import CannotOpen
from flask_paystack.handover.model import Handover
from flask_paystack.health.model import Incident
from flask_paystack.mail.model import QueuedMessage
from flask_paystack.payments.facts import instant
from flask_paystack.payments.model import DisputeRow, RefundRow
from flask_paystack.webhooks.model import WebhookEvent


def event(found: WebhookEvent) -> dict[str, Any]:
    """A webhook event, without its bytes."""
    return {
        "id": found.id,
        "event": found.event,
        "reference": found.reference,
        "state": found.state,
        "deliveries": found.deliveries,
        "attempts": found.attempts,
        "error": found.error,
        "received_at": instant(found.received_at),
        "last_delivery_at": instant(found.last_delivery_at),
        "next_attempt_at": instant(found.next_attempt_at) if found.state == "waiting" else None,
        "finished_at": instant(found.finished_at),
    }


def event_with_bytes(found: WebhookEvent) -> dict[str, Any]:
    """A webhook event with the bytes that were signed (base64), and the headers that help to understand it.

    Where the bytes are sealed and cannot be opened, they are None, and ``error`` says why.
    """
    told = {**event(found), "headers": dict(found.headers)}
    try:
        return {**told, "body": base64.b64encode(found.body).decode()}
    except CannotOpen as error:
        return {**told, "error": str(error), "body": None}


def message(found: QueuedMessage) -> dict[str, Any]:
    """A message of the outbox. Its words, and the links in them, are made only when it is sent."""
    return {
        "id": found.id,
        "kind": found.kind,
        "recipient": found.recipient,
        "reference": found.reference,
        "state": found.state,
        "attempts": found.attempts,
        "error": found.error,
        "created_at": instant(found.created_at),
        "next_attempt_at": instant(found.next_attempt_at) if found.state == "waiting" else None,
        "finished_at": instant(found.finished_at),
    }


def handover(found: Handover) -> dict[str, Any]:
    """How far the merchant's own code has accepted a settled payment."""
    return {
        "id": found.id,
        "state": found.state,
        "attempts": found.attempts,
        "accepted_by": list(found.accepted_by),
        "error": found.error,
        "next_attempt_at": instant(found.next_attempt_at) if found.state == "waiting" else None,
        "finished_at": instant(found.finished_at),
    }


def refund(found: RefundRow) -> dict[str, Any]:
    """A refund."""
    return {
        "amount": found.amount,
        "currency": found.currency,
        "status": found.status,
        "requested_by": found.requested_by,
        "created_at": instant(found.created_at),
        "updated_at": instant(found.updated_at),
    }


def dispute(found: DisputeRow) -> dict[str, Any]:
    """A dispute. ``due_at`` is when it counts as accepted for want of an answer."""
    return {
        "paystack_id": found.paystack_id,
        "amount": found.amount,
        "currency": found.currency,
        "status": found.status,
        "resolution": found.resolution,
        "category": found.category,
        "due_at": instant(found.due_at),
        "resolved_at": instant(found.resolved_at),
        "created_at": instant(found.created_at),
        "updated_at": instant(found.updated_at),
    }


def incident(found: Incident) -> dict[str, Any]:
    """An alarm that is on."""
    return {"alarm": found.name, "sentence": found.sentence, "since": instant(found.opened_at)}
