"""Amounts of money: whole subunits (kobo, pesewas, cents) of a currency. A float never comes near them."""

from dataclasses import dataclass

CURRENCIES = {"NGN": "₦", "GHS": "GH₵", "ZAR": "R", "KES": "KSh", "USD": "$"}
"""The currencies Paystack takes (CONTRACT §9), each of a hundred subunits, with the sign people know them by."""

LARGEST = 1_000_000_000_00
"""The largest amount we ever accept, in subunits: a thousand million of the main unit. Products set their own bounds."""


def is_amount(value: object) -> bool:
    """Whether ``value`` is a whole, positive, bearable number of subunits. ``True`` is not a number here."""
    return type(value) is int and 0 < value <= LARGEST


@dataclass(frozen=True)
class Money:
    """An amount in subunits, with the currency it is an amount of."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError(f"an amount is an int of subunits, not {self.amount!r}")

    def __str__(self) -> str:
        """As people write it: ``₦5,000.00``."""
        sign = CURRENCIES.get(self.currency, f"{self.currency} ")
        whole, rest = divmod(abs(self.amount), 100)
        return f"{'-' if self.amount < 0 else ''}{sign}{whole:,}.{rest:02}"
