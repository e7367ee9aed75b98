"""The JSON of disputes (CONTRACT §8). ``transaction_reference`` is null at Paystack too (CONTRACT §6.2)."""

from typing import Any

from paystack_simulator import payloads
from paystack_simulator.clock import iso
from paystack_simulator.model import Dispute, Evidence

Json = dict[str, Any]


def _common(dispute: Dispute) -> Json:
    transaction = dispute.transaction
    card = transaction.authorization.card if transaction.authorization else None
    return {
        "id": dispute.id,
        "refund_amount": dispute.refund_amount,
        "currency": transaction.currency,
        "status": dispute.status.value,
        "resolution": dispute.resolution.value if dispute.resolution else None,
        "domain": transaction.integration.domain,
        "transaction": payloads.fetched(transaction, "") | {"authorization": {}},
        "transaction_reference": None,
        "category": dispute.category,
        "customer": payloads.customer(transaction.customer),
        "bin": card.number[:6] if card else None,
        "last4": card.number[-4:] if card else None,
        "dueAt": iso(dispute.due_at),
        "resolvedAt": iso(dispute.resolved_at) if dispute.resolved_at else None,
        "evidence": evidence(dispute) if dispute.evidence else None,
        "attachments": dispute.attachments,
        "note": dispute.note,
        "history": [{"status": status, "by": by, "createdAt": iso(at)} for status, by, at in dispute.history],
        "messages": [
            {
                "sender": transaction.customer.email,
                "body": dispute.message,
                "createdAt": iso(dispute.created_at),
            }
        ],
    }


def read(dispute: Dispute) -> Json:
    """``data`` of a dispute fetched or listed."""
    return _common(dispute) | {"createdAt": iso(dispute.created_at), "updatedAt": iso(dispute.updated_at)}


def event(dispute: Dispute) -> Json:
    """``data`` of a ``charge.dispute.*`` webhook; its dates are spelt with underscores (CONTRACT §6.2)."""
    return _common(dispute) | {"created_at": iso(dispute.created_at), "updated_at": iso(dispute.updated_at)}


def evidence(dispute: Dispute) -> Json:
    """``data`` of evidence taken in, ``{}`` where there is none."""
    found: Evidence | None = dispute.evidence
    if found is None:
        return {}
    return {
        "customer_email": found.customer_email,
        "customer_name": found.customer_name,
        "customer_phone": found.customer_phone,
        "service_details": found.service_details,
        "delivery_address": found.delivery_address,
        "delivery_date": found.delivery_date,
        "dispute": dispute.id,
        "id": found.id,
        "createdAt": iso(found.created_at),
        "updatedAt": iso(found.created_at),
    }
