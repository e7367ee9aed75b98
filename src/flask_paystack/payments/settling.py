"""What we do with what Paystack says: one way for webhook, verify, poller and operator alike."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_paystack.mail.model import Message
from flask_paystack.mail.notices import order_paid_twice, payment_quarantined, receipt_for
from flask_paystack.money import Money
from flask_paystack.payments.model import Entry, Payment, Status, is_legal, mismatches
from flask_paystack.payments.products import Product
from flask_paystack.paystack.model import Transaction
from flask_paystack.records.payments import Outcome, PaymentRecords
from flask_paystack.records.webhooks import Finished

log = logging.getLogger(__name__)

UNDER_WAY = {"abandoned", "ongoing", "pending", "processing", "queued"}
"""Paystack's words for a payment that may still succeed (CONTRACT §3.2)."""


class Settling:
    """Turns Paystack's account of a transaction into a payment's next step, if there is one.

    Args:
        domain: our key's mode, ``test`` or ``live``.
        operators: addresses told when a person has to look.
        settled, failed: called after such a step was committed.
        queued: called after a commit that queued mail or a hand-over, so that it is worked on at once.
    """

    def __init__(
        self,
        records: PaymentRecords,
        products: Mapping[str, Product],
        domain: str,
        operators: Sequence[str],
        settled: Callable[[Payment], None],
        failed: Callable[[Payment], None],
        queued: Callable[[], None],
    ) -> None:
        self._records = records
        self._products = products
        self._domain = domain
        self._operators = operators
        self._settled = settled
        self._failed = failed
        self._queued = queued

    def fits(self, payment: Payment, transaction: Transaction) -> bool:
        """Whether this is the expected money, in full, so that no further question is needed."""
        return transaction.status == "success" and not mismatches(payment, transaction, self._domain)

    def learn(
        self, payment: Payment, transaction: Transaction, teller: str, finished: Finished | None = None
    ) -> Payment:
        """``take_in``, and return the payment as it then is."""
        self.take_in(payment, transaction, teller, finished)
        return self._records.get(payment.reference) or payment

    def take_in(
        self, payment: Payment, transaction: Transaction, teller: str, finished: Finished | None = None
    ) -> None:
        """Take what Paystack says about ``payment`` into the records.

        Args:
            teller: who brought it, for the timeline: ``webhook 12``, ``verify``, ``poller``, ``admin1``.
            finished: the claimed event that told of it, ended in the same transaction.

        Raises:
            LeaseLost: the event is no longer the caller's; nothing was kept.
        """
        if transaction.status == "success":
            self._on_success(payment, transaction, teller, finished)
        elif transaction.status == "failed":
            self._on_failure(payment, transaction, teller, finished)
        elif transaction.status in {"reversed", "reversal-pending"}:
            self._on_reversal(payment, transaction, teller, finished)
        else:
            self._note(payment, transaction, teller, finished)

    def judge(
        self, payment: Payment, told: Transaction, verified: Transaction | None, teller: str, finished: Finished
    ) -> None:
        """An event did not fit, so Paystack was asked. Its answer counts where it says paid; else the event stands, and
        sets the payment aside. ``verified`` is None where Paystack knows no such reference."""
        trust_answer = told.status != "success" or (verified is not None and verified.status == "success")
        self.take_in(payment, verified if verified is not None and trust_answer else told, teller, finished)

    def _on_success(self, payment: Payment, transaction: Transaction, teller: str, finished: Finished | None) -> None:
        wrong = mismatches(payment, transaction, self._domain)
        if wrong:
            self._quarantine(payment, transaction, teller, " ".join(wrong), finished)
            return
        outcome = self.settle(
            payment, _paid(transaction), _entry(teller, "settled", _how_paid(transaction), transaction), finished
        )
        if outcome is Outcome.NOT_LEGAL:
            self._note(payment, transaction, teller, finished)
        elif outcome is Outcome.ORDER_PAID:
            self._flag_second(payment, transaction, teller, finished)

    def settle(
        self, payment: Payment, changes: Mapping[str, Any], entry: Entry, finished: Finished | None = None
    ) -> Outcome:
        """Settle a payment whose money was found right, by Paystack's word or a person's. The one door to ``success``."""
        paid = {**vars(payment), **changes}
        receipt = receipt_for(Payment(**paid), self._name_of(payment.product))
        outcome = self._records.settle(payment.reference, changes, entry, receipt, finished)
        if outcome is Outcome.TAKEN:
            log.info("settled %s", payment.reference, extra={"reference": payment.reference})
            self._settled(payment)
            self._queued()
        return outcome

    def _name_of(self, slug: str) -> str:
        product = self._products.get(slug)
        return product.name if product else slug

    def _quarantine(
        self, payment: Payment, transaction: Transaction, teller: str, why: str, finished: Finished | None
    ) -> None:
        if payment.status is Status.QUARANTINED or payment.settled_at is not None:
            # Told already; or granted already, by Paystack's word or a person's: its refund must not bring the doubt back.
            self._note(payment, transaction, teller, finished)
            return
        name = self._name_of(payment.product)
        mails = [payment_quarantined(to, payment, name, why) for to in self._operators]
        self._set_aside(payment, transaction, teller, why, finished, mails)

    def _flag_second(self, payment: Payment, transaction: Transaction, teller: str, finished: Finished | None) -> None:
        """Another payment of this order has settled: the customer paid twice, and a person must know."""
        first = self._records.paid_reference(payment.product, payment.order) or "another payment"
        why = f"The order {payment.order} was paid already."
        name = self._name_of(payment.product)
        mails = [order_paid_twice(to, payment, name, first) for to in self._operators]
        self._set_aside(payment, transaction, teller, why, finished, mails)

    def _set_aside(
        self,
        payment: Payment,
        transaction: Transaction,
        teller: str,
        why: str,
        finished: Finished | None,
        mails: Sequence[Message],
    ) -> None:
        changes = {**_paid(transaction), "message": why, "answer": _short(transaction), "next_check_at": None}
        entry = _entry(teller, "quarantined", f"Set aside for a person. {why}", transaction)
        outcome = self._records.step(payment.reference, Status.QUARANTINED, changes, entry, mails, finished)
        if outcome is Outcome.TAKEN:
            log.warning("quarantined %s: %s", payment.reference, why, extra={"reference": payment.reference})
            self._queued()
        else:
            self._note(payment, transaction, teller, finished)

    def _on_failure(self, payment: Payment, transaction: Transaction, teller: str, finished: Finished | None) -> None:
        reason = transaction.gateway_response or transaction.message or "The payment failed."
        changes = {
            "message": reason,
            "channel": transaction.channel,
            "paystack_id": transaction.paystack_id,
            "declined_at": self._stands_since(transaction),
            "decline_code": transaction.decline_code,
            "answer": _short(transaction),
            "asking_until": None,
            "next_check_at": None,
        }
        entry = _entry(teller, "failed", f"Paystack says that it failed: {reason}", transaction)
        outcome = self._records.step(payment.reference, Status.FAILED, changes, entry, finished=finished)
        if outcome is Outcome.TAKEN:
            log.info("failed %s", payment.reference, extra={"reference": payment.reference})
            self._failed(payment)
        else:
            self._note(payment, transaction, teller, finished)

    def _on_reversal(self, payment: Payment, transaction: Transaction, teller: str, finished: Finished | None) -> None:
        to = Status(transaction.status)
        changes = {"answer": _short(transaction), "asking_until": None, "next_check_at": None}
        if payment.paid_amount is None and transaction.amount is not None:
            # We hear of the money only now that it goes back, and its refunds are measured against what was really paid.
            changes |= _paid(transaction)
        entry = _entry(teller, "reversal", f"Paystack says {transaction.status}.", transaction)
        if (
            not is_legal(payment.status, to)
            or self._records.step(payment.reference, to, changes, entry, finished=finished) is not Outcome.TAKEN
        ):
            self._note(payment, transaction, teller, finished)

    def _note(self, payment: Payment, transaction: Transaction, teller: str, finished: Finished | None) -> None:
        """Keep an answer that changes no status; the timeline tells it when it is news, or when an event brought it."""
        short = _short(transaction)
        changes: dict[str, Any] = {"asking_until": None, "answer": short}
        if payment.status in {Status.PENDING, Status.ABANDONED} and transaction.status in UNDER_WAY:
            changes["message"] = transaction.gateway_response or transaction.message
            changes["paystack_id"] = transaction.paystack_id
            changes |= self._decline_of(payment, transaction)
        elif payment.status is Status.QUARANTINED:
            changes["next_check_at"] = None  # it is for a person to decide
        news = finished is not None or short != payment.answer
        told = f"Paystack says {transaction.status}" + (
            f": {transaction.gateway_response}." if transaction.gateway_response else "."
        )
        entry = _entry(teller, "answer", told, transaction) if news else None
        self._records.note(payment.reference, entry, changes, finished=finished, seen=payment.status)

    def _decline_of(self, payment: Payment, transaction: Transaction) -> dict[str, Any]:
        """Whether a decline stands, and since when. A customer who is at it again (``ongoing``…) has none that stands."""
        if not (transaction.declined and transaction.status == "abandoned"):
            return {"declined_at": None, "decline_code": None}
        since = self._stands_since(transaction)
        is_repeat = payment.declined_at is not None and _short(transaction) == payment.answer
        if is_repeat and since != transaction.attempted_at:  # Paystack gives no time, and we have seen it before
            return {}
        return {"declined_at": since, "decline_code": transaction.decline_code}

    def _stands_since(self, transaction: Transaction) -> datetime:
        """The customer's last act. Never later than now, whatever Paystack's clock says."""
        now = self._records.now()
        return min(transaction.attempted_at or now, now)


def _paid(transaction: Transaction) -> dict[str, Any]:
    return {
        "paystack_id": transaction.paystack_id,
        "channel": transaction.channel,
        "paid_amount": transaction.amount,
        "paid_at": transaction.paid_at,
        "message": transaction.gateway_response or transaction.message,
        "answer": _short(transaction),
        "asking_until": None,
    }


def _how_paid(transaction: Transaction) -> str:
    amount = Money(transaction.amount or 0, transaction.currency or "")
    return f"Paid {amount} by {transaction.channel or 'an unnamed channel'}: settled, receipt and hand-over queued."


def _short(transaction: Transaction) -> str:
    """An answer in a line, by which a repeat of it is known."""
    parts = (
        transaction.status,
        transaction.amount,
        transaction.requested_amount,
        transaction.currency,
        transaction.gateway_response,
    )
    return "|".join("" if part is None else str(part) for part in parts)


def _entry(teller: str, kind: str, sentence: str, transaction: Transaction) -> Entry:
    facts = {
        "status": transaction.status,
        "amount": transaction.amount,
        "requested_amount": transaction.requested_amount,
        "currency": transaction.currency,
        "channel": transaction.channel,
        "domain": transaction.domain,
        "gateway_response": transaction.gateway_response,
    }
    return Entry(teller, kind, sentence, {name: value for name, value in facts.items() if value is not None})
