"""Paystack's no, and no answer: two different things."""

from flask_paystack.errors import PaystackRejected, PaystackUnavailable


class Rejected(PaystackRejected):
    """Paystack answered no. ``message`` is its own text, ``code`` its code where it gave one (CONTRACT §1)."""

    def __init__(self, sentence: str, message: str, code: str | None = None) -> None:
        super().__init__(sentence)
        self.message = message
        self.code = code


class KeyRefused(Rejected):
    """Paystack does not accept our secret key: nothing was done."""


class UnknownTransaction(Rejected):
    """Paystack has no such transaction."""


class Unavailable(PaystackUnavailable):
    """No answer that can be used: whether Paystack did what was asked is unknown."""
