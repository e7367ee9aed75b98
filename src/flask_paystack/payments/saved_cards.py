"""Cards that customers agreed to have tried again.

An authorization code with its customer's e-mail is money: whoever has both can charge the card. So no code is ever kept.
What is kept is which payment was made with the card; Paystack is asked for that payment's authorization right before a
charge, and the code lives for the length of that call.
"""

import re

from flask_paystack.payments.model import Payment
from flask_paystack.payments.service import Payments
from flask_paystack.records.payments import PaymentRecords

CODE = re.compile(r"AUTH_[A-Za-z0-9_-]{1,64}", re.ASCII)


class SavedCards:
    """Finds the card that may be charged for a payment."""

    def __init__(self, records: PaymentRecords, payments: Payments) -> None:
        self._records = records
        self._payments = payments

    def paid_with(self, payment: Payment) -> Payment | None:
        """The newest payment whose card may pay for ``payment``: same user, e-mail and currency, and kept by consent."""
        if payment.user_id is None:
            return None
        return self._records.find_saved_card(payment.user_id, payment.email, payment.currency)

    def code(self, reference: str) -> str | None:
        """The authorization code of the card that paid ``reference``; None where it cannot be charged again (CONTRACT §4.1).

        For the very next call only: it must not be logged or kept.

        Raises:
            AskedJustNow, Unavailable, Rejected: as ``Payments.question``.
        """
        transaction = self._payments.question(reference)
        if transaction is None or transaction.status != "success":
            return None
        code = transaction.authorization.get("authorization_code")
        is_reusable = transaction.authorization.get("reusable") is True
        return code if is_reusable and isinstance(code, str) and CODE.fullmatch(code) else None
