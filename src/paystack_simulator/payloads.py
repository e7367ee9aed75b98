"""The JSON Paystack writes: every key, in the shapes of CONTRACT §3, §4, §6.2 and §7."""

from datetime import datetime
from typing import Any

from paystack_simulator.cards import RESPONSE_CLASSES
from paystack_simulator.clock import iso
from paystack_simulator.model import Authorization, Customer, Refund, RefundStatus, Transaction

Json = dict[str, Any]

CARDHOLDER = "Zoë Adébáyọ̀"
"""Not ASCII, so that a receiver who hashes re-serialised JSON is found out (CONTRACT §12.1)."""


def _instant(value: datetime | None) -> str | None:
    return None if value is None else iso(value)


def _metadata(transaction: Transaction, empty: object) -> Any:
    return empty if transaction.metadata is None else transaction.metadata


def customer(payer: Customer) -> Json:
    """The customer object inside transactions (CONTRACT §3.1)."""
    return {
        "id": payer.id,
        "first_name": payer.first_name,
        "last_name": payer.last_name,
        "email": payer.email,
        "customer_code": payer.code,
        "phone": payer.phone,
        "metadata": payer.metadata,
        "risk_action": payer.risk_action,
        "international_format_phone": None,
    }


def authorization(use: Authorization | None) -> Json:
    """The authorization object, ``{}`` while unpaid. ``card_type`` ends in a space, as at Paystack (CONTRACT §4.1)."""
    if use is None:
        return {}
    return {
        "authorization_code": use.code,
        "bin": use.card.number[:6],
        "last4": use.card.number[-4:],
        "exp_month": use.exp_month,
        "exp_year": use.exp_year,
        "channel": use.card.channel,
        "card_type": f"{use.card.brand} ",
        "bank": "TEST BANK",
        "country_code": "NG",
        "brand": use.card.brand,
        "reusable": use.reusable,
        "signature": use.signature if use.card.channel == "card" else None,
        "account_name": CARDHOLDER,
        "receiver_bank_account_number": None,
        "receiver_bank": None,
    }


def log(transaction: Transaction) -> Json | None:
    """What the customer did on the checkout page; None when nobody came (CONTRACT §3.1)."""
    if transaction.started_at is None:
        return None
    return {
        "start_time": int(transaction.started_at.timestamp()),
        "time_spent": max((entry.time for entry in transaction.history), default=0),
        "attempts": transaction.attempts,
        "authentication": transaction.authentication,
        "errors": transaction.errors,
        "success": transaction.paid,
        "mobile": False,
        "input": [],
        "history": [
            {"type": entry.type, "message": entry.message, "time": entry.time} for entry in transaction.history
        ],
    }


EMPTY_LOG: Json = {
    "start_time": 0,
    "time_spent": 0,
    "attempts": 0,
    "errors": 0,
    "success": False,
    "mobile": False,
    "input": [],
    "history": [],
}
"""The timeline of a transaction whose checkout page nobody has opened."""


def source(transaction: Transaction) -> Json:
    """Where a transaction came from (CONTRACT §3.1)."""
    return {"type": "api", "source": "merchant_api", "entry_point": transaction.entry_point, "identifier": None}


def _common(transaction: Transaction, empty_metadata: object) -> Json:
    """The keys that verify, fetch, list and the webhook share."""
    code = transaction.response_code
    return {
        "id": transaction.id,
        "domain": transaction.integration.domain,
        "status": transaction.status.value,
        "reference": transaction.reference,
        "receipt_number": None,
        "amount": transaction.amount,
        "message": None,
        "gateway_response": transaction.gateway_response,
        "response_code": code,
        "gateway_response_code": None if code is None else RESPONSE_CLASSES.get(code, "unknown"),
        "paid_at": _instant(transaction.paid_at),
        "created_at": iso(transaction.created_at),
        "channel": transaction.channel,
        "currency": transaction.currency,
        "ip_address": transaction.ip_address,
        "metadata": _metadata(transaction, empty_metadata),
        "log": log(transaction),
        "fees": transaction.fees,
        "fees_split": None,
        "authorization": authorization(transaction.authorization),
        "customer": customer(transaction.customer),
        "plan": None,
        "split": {},
        "order_id": None,
        "paidAt": _instant(transaction.paid_at),
        "createdAt": iso(transaction.created_at),
        "requested_amount": transaction.requested_amount,
        "pos_transaction_data": None,
        "source": source(transaction),
        "fees_breakdown": None,
        "connect": None,
        "subaccount": {},
    }


def verified(transaction: Transaction, empty_metadata: object) -> Json:
    """``data`` of verify (CONTRACT §3.1)."""
    return _common(transaction, empty_metadata) | {
        "source": None,
        "transaction_date": iso(transaction.created_at),
        "plan_object": {},
    }


def fetched(transaction: Transaction, empty_metadata: object) -> Json:
    """``data`` of fetch: like verify, with ``helpdesk_link`` (CONTRACT §3.4)."""
    return _common(transaction, empty_metadata) | {"helpdesk_link": None, "plan": {}}


def listed(transaction: Transaction, empty_metadata: object) -> Json:
    """One row of the list of transactions (CONTRACT §3.4)."""
    return _common(transaction, empty_metadata) | {"plan": {}}


def charged(transaction: Transaction, empty_metadata: object) -> Json:
    """``data`` of charge_authorization: no ``requested_amount``, no ``paid_at`` (CONTRACT §4.2)."""
    keys = (
        "amount currency status reference domain metadata gateway_response message channel ip_address log fees "
        "authorization customer plan id"
    )
    data = _common(transaction, empty_metadata)
    return {"transaction_date": iso(transaction.created_at)} | {key: data[key] for key in keys.split()}


def charge_success(transaction: Transaction, empty_metadata: object) -> Json:
    """``data`` of the ``charge.success`` webhook; ``plan`` is ``{}`` here and null in verify (CONTRACT §6.2)."""
    left_out = {"receipt_number", "createdAt", "connect"}
    data = _common(transaction, empty_metadata)
    return {key: value for key, value in data.items() if key not in left_out} | {"plan": {}}


def _refund(refund: Refund) -> Json:
    return {
        "id": refund.id,
        "integration": refund.transaction.integration.id,
        "domain": refund.transaction.integration.domain,
        "status": refund.status.value,
        "currency": refund.currency,
        "amount": refund.amount,
        "deducted_amount": 0,
        "fully_deducted": False,
        "channel": None,
        "customer_note": refund.customer_note,
        "merchant_note": refund.merchant_note,
        "refunded_by": "owner@example.com",
        "expected_at": iso(refund.due_at),
        "createdAt": iso(refund.created_at),
        "updatedAt": iso(refund.updated_at),
    }


def refund_created(refund: Refund, empty_metadata: object) -> Json:
    """``data`` of a new refund, with the transaction as an object (CONTRACT §7)."""
    keys = (
        "id domain reference amount paid_at channel currency authorization customer plan subaccount split order_id paidAt "
        "pos_transaction_data source fees_breakdown"
    )
    data = _common(refund.transaction, empty_metadata) | {"plan": {}}
    return _refund(refund) | {"transaction": {key: data[key] for key in keys.split()}}


def refund_read(refund: Refund) -> Json:
    """``data`` of a refund fetched or listed, with the transaction as an integer (CONTRACT §7)."""
    transaction = refund.transaction
    processed = refund.status is RefundStatus.PROCESSED
    return _refund(refund) | {
        "transaction": transaction.id,
        "dispute": None,
        "settlement": None,
        "deducted_amount": refund.amount if processed else 0,
        "fully_deducted": int(processed),
        "refunded_at": iso(refund.updated_at) if processed else None,
        "bank_reference": refund.reference,
        "transaction_reference": transaction.reference,
        "reason": refund.merchant_note,
        "customer": customer(transaction.customer),
        "refund_type": "full" if refund.amount == transaction.amount else "partial",
        "transaction_amount": transaction.amount,
        "initiated_by": "owner@example.com",
        "refund_channel": "api",
        "session_id": None,
        "collect_account_number": refund.status is RefundStatus.NEEDS_ATTENTION,
    }


def refund_event(refund: Refund) -> Json:
    """``data`` of a ``refund.*`` webhook; in three of them the amount is a string (CONTRACT §6.2, §7)."""
    transaction = refund.transaction
    as_text = {RefundStatus.PENDING, RefundStatus.PROCESSING, RefundStatus.PROCESSED}
    data: Json = {
        "status": refund.status.value,
        "transaction_reference": transaction.reference,
        "refund_reference": refund.reference,
        "amount": str(refund.amount) if refund.status in as_text else refund.amount,
        "currency": refund.currency,
        "processor": "instant-transfer",
        "customer": {
            "first_name": transaction.customer.first_name,
            "last_name": transaction.customer.last_name,
            "email": transaction.customer.email,
        },
        "integration": transaction.integration.id,
        "domain": transaction.integration.domain,
    }
    if refund.status is RefundStatus.NEEDS_ATTENTION:
        del data["processor"]
        data |= {
            "id": str(refund.id),
            "customer_note": refund.customer_note,
            "merchant_note": refund.merchant_note,
        }
    return data
