"""The JSON of a charge: ``data.status`` says what comes next (CONTRACT §4.3)."""

from datetime import timedelta
from typing import Any

from paystack_simulator import payloads
from paystack_simulator.cards import Step
from paystack_simulator.charging import last_error
from paystack_simulator.clock import iso
from paystack_simulator.model import Status, Transaction

Json = dict[str, Any]

_ASKS: dict[Step, Json] = {
    Step.PIN: {"status": "send_pin"},
    Step.OTP: {"status": "send_otp", "display_text": "Please enter the OTP sent to your mobile number"},
    Step.PHONE: {"status": "send_phone", "display_text": "Please enter your mobile phone number (at least 10 digits)"},
    Step.BIRTHDAY: {"status": "send_birthday", "display_text": "Please enter your birthday"},
    Step.ADDRESS: {"status": "send_address", "display_text": "Please enter your address", "country_code": "US"},
}
_DIALLED = "*737*33*4*18791#"


def charge(transaction: Transaction, empty_metadata: object, page: str, *, payable: bool) -> Json:
    """``data`` of a charge and of each follow-up. ``page`` is where a bank's or EFT's page is."""
    if transaction.paid:
        return payloads.listed(transaction, empty_metadata)
    if transaction.steps and not payable:
        return _ended(transaction, "timeout", "Transaction cannot be completed. Session timeout exceeded.")
    if transaction.steps:
        return {"reference": transaction.reference} | _next(transaction, transaction.steps[0], page)
    if transaction.status is Status.FAILED or last_error(transaction):
        return _ended(transaction, "failed", transaction.gateway_response)
    return {"reference": transaction.reference, "status": "pending"}


def _ended(transaction: Transaction, status: str, message: str) -> Json:
    return {
        "id": transaction.id,
        "domain": transaction.integration.domain,
        "reference": transaction.reference,
        "status": status,
        "message": message,
        "gateway_response": transaction.gateway_response,
        "amount": transaction.amount,
        "currency": transaction.currency,
        "channel": transaction.channel,
    }


def _next(transaction: Transaction, step: Step, page: str) -> Json:
    if step is Step.BANK:
        return {"status": "open_url", "url": page}
    return _offline(transaction) if step is Step.OFFLINE else _ASKS[step]


def _offline(transaction: Transaction) -> Json:
    if transaction.channel == "bank_transfer":
        return {
            "status": "pending_bank_transfer",
            "display_text": "Please make a transfer to the account specified",
            "account_name": "SIMULATED PAYSTACK",
            "account_number": f"{transaction.id % 10**10:010d}",
            "bank": {"slug": "test-bank", "name": "Test Bank", "id": 24},
            "account_expires_at": iso(transaction.created_at + timedelta(minutes=30)),
        }
    if transaction.channel == "ussd":
        return {
            "status": "pay_offline",
            "display_text": f"Please dial {_DIALLED} on your mobile phone",
            "ussd_code": _DIALLED,
        }
    if transaction.channel == "qr":
        return {"status": "pay_offline", "display_text": "Please scan this code", "qr_code": transaction.access_code}
    return {"status": "pay_offline", "display_text": "Please confirm the payment on your phone"}
