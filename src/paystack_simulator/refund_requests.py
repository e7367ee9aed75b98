"""What callers send about refunds, and which refunds a list shows (CONTRACT §7)."""

from dataclasses import dataclass
from typing import Any

from paystack_simulator import errors, parsing
from paystack_simulator.errors import Refused
from paystack_simulator.model import Integration, Refund, Transaction


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """A refund asked for. ``transaction`` is a reference or an id; without ``amount`` it is of everything."""

    transaction: str
    amount: int | None
    currency: str | None
    customer_note: str | None
    merchant_note: str | None


def read(fields: dict[str, Any]) -> RefundRequest:
    """The body of ``POST /refund``. Raises Refused."""
    transaction = fields.get("transaction")
    if isinstance(transaction, bool) or not isinstance(transaction, int | str) or transaction == "":
        raise Refused(errors.REFUND_TRANSACTION_NOT_FOUND)
    return RefundRequest(
        transaction=parsing.text_of(transaction),
        amount=None if parsing.is_missing(fields.get("amount")) else parsing.amount(fields),
        currency=parsing.text(fields, "currency"),
        customer_note=parsing.text(fields, "customer_note"),
        merchant_note=parsing.text(fields, "merchant_note"),
    )


def account_details(fields: dict[str, Any]) -> dict[str, str]:
    """The bank account in a retry with the customer's details. Raises Refused."""
    details = fields.get("refund_account_details")
    names = ("currency", "account_number", "bank_id")
    if not isinstance(details, dict) or not all(isinstance(details.get(name), str) for name in names):
        raise Refused(errors.REFUND_DETAILS_REQUIRED)
    return {name: details[name] for name in names}


def find_transaction(integration: Integration, name: str) -> Transaction:
    """A transaction by reference or numeric id. An unknown one is a 400 here, not a 404. Raises Refused."""
    found = integration.transactions.get(name) or integration.transactions_by_id.get(parsing.identifier(name))
    if found is None:
        raise Refused(errors.REFUND_TRANSACTION_NOT_FOUND)
    return found


def list_matching(integration: Integration, arguments: dict[str, str]) -> list[Refund]:
    """The refunds a list's filters let through, newest first. Raises Refused for a bad date."""
    since, until = parsing.date(arguments, "from"), parsing.date(arguments, "to")
    wanted = arguments.get("transaction")
    return [
        refund
        for refund in reversed(integration.refunds.values())
        if (not wanted or str(refund.transaction.id) == wanted)
        and (since is None or refund.created_at >= since)
        and (until is None or refund.created_at <= until)
    ]
