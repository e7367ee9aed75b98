"""Giving money back: asked for once, followed to its end."""

import logging
from collections.abc import Mapping

from flask_paystack.clock import Clock
from flask_paystack.errors import NotAllowed
from flask_paystack.money import Money
from flask_paystack.payments.model import Entry, Payment, RefundRow, Status
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.paystack.errors import Rejected, Unavailable
from flask_paystack.records.payments import Outcome, PaymentRecords
from flask_paystack.records.refunds import NOT_MADE, REQUESTED, RefundRecords, Totals, totals
from flask_paystack.records.webhooks import Finished

log = logging.getLogger(__name__)

REFUNDABLE = {Status.SUCCESS, Status.QUARANTINED}
MOST = 200
"""Payments whose refunds one pass follows."""
PASS = 20
"""Seconds after which it follows nothing more: a slow Paystack must not keep a job from ending."""


class Refunds:
    """Refunds, full and partial.

    Paystack knows no idempotent refund, so one is sent once; where no answer came, its list is read before anything else is
    asked for. What Paystack lists is the truth, whoever asked for it.
    """

    def __init__(
        self, payments: PaymentRecords, records: RefundRecords, paystack: PaystackClient, clock: Clock
    ) -> None:
        self._payments = payments
        self._records = records
        self._paystack = paystack
        self._clock = clock

    def refund(self, payment: Payment, amount: int | None, actor: str) -> Payment:
        """Ask Paystack to give ``amount`` subunits back; None is all that is left.

        Raises:
            NotAllowed: its state forbids it, too little is left, or an earlier refund is unclear.
            Rejected: Paystack refused.
            Unavailable: no answer came; whether the refund was made will be read from Paystack's list.
        """
        if payment.status not in REFUNDABLE:
            raise NotAllowed(f"A payment that is {payment.status.value} cannot be refunded.")
        if any(row.status == REQUESTED for row in self._records.list_refunds(payment.reference)):
            self.read_again(payment, actor)
            payment = self._again(payment)
            if payment.status not in REFUNDABLE:
                raise NotAllowed(f"The earlier refund was made after all: the payment is {payment.status.value} now.")
        row = self._records.request(payment.reference, amount, _paid(payment), actor)
        self._send(payment, row, actor)
        self._apply(payment, totals(self._records.list_refunds(payment.reference)), actor)
        return self._again(payment)

    def _again(self, payment: Payment) -> Payment:
        return self._payments.get(payment.reference) or payment

    def _send(self, payment: Payment, row: RefundRow, actor: str) -> None:
        # Of a quarantined payment we know less than Paystack does: it may have been paid in another currency.
        currency = None if payment.status is Status.QUARANTINED else row.currency
        try:
            found = self._paystack.refund(payment.reference, row.amount, currency, f"Refunded by {actor}")
        except Rejected as error:
            entry = Entry("paystack", "refund", f"Paystack refused the refund: {error.message}", {"code": error.code})
            self._records.answered(row, NOT_MADE, entry)
            raise
        except Unavailable as error:
            entry = Entry("paystack", "refund", "Paystack did not answer; its list of refunds will tell.")
            self._records.answered(row, REQUESTED, entry)
            error.details.setdefault("reference", payment.reference)
            raise
        money = Money(row.amount, found.currency or row.currency)
        entry = Entry("paystack", "refund", f"Paystack took the refund of {money}: {found.status}.")
        self._records.answered(row, found.status, entry, found)

    def read_again(self, payment: Payment, teller: str, finished: Finished | None = None) -> None:
        """Read the payment's refunds at Paystack, and bring ours in line. Raises Unavailable, Rejected, LeaseLost."""
        if finished is not None:
            self._paystack.refuse_to_press()
        paystack_id = payment.paystack_id or self._paystack.verify(payment.reference).paystack_id
        found = self._paystack.list_refunds(paystack_id) if paystack_id else []
        amounts = self._records.take_in(payment.reference, found, payment.currency, teller)
        self._apply(payment, amounts, teller, finished)

    def follow(self) -> int:
        """Read again every refund that has not come to its end, since its events may have been lost; of how many payments."""
        until = self._clock.monotonic() + PASS
        asked = 0
        for reference in self._records.list_unended(MOST):
            payment = self._payments.get(reference)
            if payment is None or self._clock.monotonic() >= until:
                break
            asked += 1
            try:
                self._paystack.refuse_to_press()
                self.read_again(payment, "refund follow-up")
            except Unavailable as error:
                log.warning("following refunds stops for now: %s", error)
                break
            except Rejected as error:
                log.warning("%s: %s", payment.reference, error, extra={"reference": payment.reference})
        return asked

    def _apply(self, payment: Payment, amounts: Totals, teller: str, finished: Finished | None = None) -> None:
        """Take the step that the refunds amount to, if there is one."""
        to = self._aim(payment, amounts)
        # One that is quarantined again may be right: it was not settled only since its money was going back.
        next_check = self._clock.now() if to is Status.QUARANTINED else None
        entry = Entry(teller, "refund", _SENTENCES[to])
        taken = to is not payment.status and self._payments.step(
            payment.reference, to, {"next_check_at": next_check}, entry, finished=finished
        )
        if taken is not Outcome.TAKEN and finished is not None:
            self._payments.note(payment.reference, finished=finished)

    def _aim(self, payment: Payment, amounts: Totals) -> Status:
        if payment.status is Status.REVERSED:
            return payment.status
        if amounts.processed >= _paid(payment):
            return Status.REVERSED
        if amounts.under_way >= _paid(payment):
            return Status.REVERSAL_PENDING
        if payment.status is Status.REVERSAL_PENDING:
            return self._records.restore(payment.reference)
        return payment.status


_SENTENCES: Mapping[Status, str] = {
    Status.REVERSED: "All of it was given back.",
    Status.REVERSAL_PENDING: "All of it is being given back.",
    Status.SUCCESS: "Not all of it is given back after all: it stays paid.",
    Status.QUARANTINED: "Not all of it is given back after all: Paystack is asked once more, else a person decides.",
}


def _paid(payment: Payment) -> int:
    return payment.amount if payment.paid_amount is None else payment.paid_amount
