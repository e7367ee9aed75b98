"""Payments, as views, jobs and operators ask for them."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask_paystack.errors import NotFound
from flask_paystack.payments import facts
from flask_paystack.payments.model import FINAL, Entry, Payment, Wanted, new_reference
from flask_paystack.payments.opening import Opener, Opening
from flask_paystack.payments.settling import Settling
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.paystack.errors import Rejected, Unavailable, UnknownTransaction
from flask_paystack.paystack.model import Transaction
from flask_paystack.records.idempotency import IdempotencyRecords
from flask_paystack.records.pages import Page
from flask_paystack.records.payments import PaymentRecords

log = logging.getLogger(__name__)

ASK_EVERY = timedelta(seconds=3)
"""Paystack is asked about a payment at most once in this time, whoever asks."""


class AskedJustNow(Exception):
    """Paystack may be asked again ``ASK_EVERY`` later."""


class Payments:
    """Open a payment, and find out what became of it.

    Args:
        lease: how long a question to Paystack may take before it counts as lost.
    """

    def __init__(
        self,
        records: PaymentRecords,
        idempotency: IdempotencyRecords,
        paystack: PaystackClient,
        opener: Opener,
        settling: Settling,
        lease: timedelta,
    ) -> None:
        self._records = records
        self._idempotency = idempotency
        self._paystack = paystack
        self._opener = opener
        self._settling = settling
        self._lease = lease

    def open(self, wanted: Opening, key: str | None = None) -> Mapping[str, Any]:
        """Open a payment and return the answer for the customer (``facts.opened``).

        Args:
            key: the caller's idempotency key. The same key and request, within a day, get the same answer and open nothing;
                after a try that ended without an answer they open a new payment in the same order.

        Raises:
            What ``Opener.open`` raises; IdempotencyKeyReused, IdempotencyKeyRunning.
        """
        if key is None:
            return facts.opened(self._opener.open(wanted))
        scope = _digest([wanted.user_id or "anonymous", f"/pay/{wanted.product}", key])
        begun = self._idempotency.begin(scope, _digest(asdict(wanted)), wanted.order or new_reference())
        if begun.answer is not None:
            return begun.answer
        try:
            answer = facts.opened(self._opener.open(wanted, order=begun.order))
        except Exception:
            self._idempotency.gave_up(scope)
            raise
        self._idempotency.answered(scope, answer)
        return answer

    def verify(self, reference: str, teller: str = "verify") -> Payment:
        """The payment, after asking Paystack where that is due; otherwise as we know it.

        Raises:
            NotFound: no such payment of ours.
            Unavailable: Paystack gave no answer; it carries the payment's public facts.
        """
        payment = self.get(reference)
        if payment.status in FINAL or payment.refused:
            return payment
        try:
            self._claim_question(reference)
        except AskedJustNow:
            return self.get(reference)
        return self.ask(payment, teller)

    def ask_now(self, payment: Payment, teller: str) -> Payment:
        """Ask Paystack about a payment, for a job. Raises AskedJustNow; what ``ask`` and ``refuse_to_press`` raise."""
        self.refuse_to_press()
        self._claim_question(payment.reference)
        return self.ask(payment, teller)

    def refuse_to_press(self) -> None:
        """Raise Unavailable while Paystack asks us to wait: for jobs, which can."""
        self._paystack.refuse_to_press()

    def ask(self, payment: Payment, teller: str) -> Payment:
        """Ask Paystack about a payment, and take in what it says. The caller holds the right to ask."""
        try:
            transaction = self._paystack.verify(payment.reference)
        except UnknownTransaction:
            self._records.note(
                payment.reference, self._news(payment, teller), {"asking_until": None, "answer": "unknown"}
            )
            return self.get(payment.reference)
        except Rejected:
            self._records.note(payment.reference, changes={"asking_until": None})
            raise
        except Unavailable as error:
            self._records.note(payment.reference, changes={"asking_until": None})
            error.details = {"retry_after": 5, **facts.public(self.get(payment.reference)), **error.details}
            raise
        return self._settling.learn(payment, transaction, teller)

    def question(self, reference: str) -> Transaction | None:
        """What Paystack says of a reference, for a job that weighs it itself; None where it knows nothing.

        Raises:
            AskedJustNow: somebody asked within the last three seconds, or is asking.
            Unavailable, Rejected: as Paystack has it, and as ``refuse_to_press`` raises.
        """
        self.refuse_to_press()
        self._claim_question(reference)
        try:
            return self._paystack.verify(reference)
        except UnknownTransaction:
            return None
        finally:
            self._records.note(reference, changes={"asking_until": None})

    def _claim_question(self, reference: str) -> None:
        if not self._records.claim_question(reference, ASK_EVERY, self._lease):
            raise AskedJustNow("Paystack was asked about this payment moments ago.")

    @staticmethod
    def _news(payment: Payment, teller: str) -> Entry | None:
        if payment.answer == "unknown":
            return None
        return Entry(teller, "answer", "Paystack does not know this reference (yet).")

    def list_of(self, user_id: str, after: str | None, limit: int) -> Page[Payment]:
        """The payments that a user opened, newest first."""
        return self._records.list_page(after, limit, Wanted(user_id=user_id))

    def get(self, reference: str) -> Payment:
        """The payment as we know it. Raises NotFound."""
        payment = self._records.get(reference)
        if payment is None:
            raise NotFound("There is no payment with that reference.")
        return payment


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
