"""What a payment reports instead of what was asked for (CONTRACT §3.1, §12.4). A mode is one row in ``CHANGES``."""

from collections.abc import Callable

from paystack_simulator.model import Overrides, Transaction

Change = Callable[[Transaction, list[str]], Overrides]


def fees(amount: int, currency: str) -> int:
    """About what Paystack keeps of a payment, in subunits. The contract has one sample: 17500 of 500000 in NGN."""
    if currency == "NGN":
        return min(amount * 15 // 1000 + (10_000 if amount >= 250_000 else 0), 200_000)
    per_mille = {"GHS": 19.5, "ZAR": 29, "KES": 29, "USD": 39}.get(currency, 29)
    return int(amount * per_mille / 1000)


def _fees_on_top(transaction: Transaction, currencies: list[str]) -> Overrides:
    del currencies
    asked = transaction.requested_amount
    return Overrides(amount=asked + max(fees(asked, transaction.currency), 1))


def _other_currency(transaction: Transaction, currencies: list[str]) -> Overrides:
    others = [currency for currency in currencies if currency != transaction.currency]
    return Overrides(currency=others[-1] if others else None)


def _underpaid(transaction: Transaction, currencies: list[str]) -> Overrides:
    del currencies
    return Overrides(amount=(transaction.requested_amount + 1) // 2)


CHANGES: dict[str, Change] = {
    "fees-on-top": _fees_on_top,
    "other-currency": _other_currency,
    "underpaid": _underpaid,
}
"""Fees borne by the customer make ``amount`` larger than ``requested_amount``; half a payment makes it smaller."""

MODES = frozenset(CHANGES)
