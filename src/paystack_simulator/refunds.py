"""Refunds: refused, opened, and moved through their statuses by the clock (CONTRACT §7)."""

import heapq
from datetime import datetime, timedelta

from paystack_simulator import errors, payloads
from paystack_simulator.cards import RefundOutcome
from paystack_simulator.clock import MovableClock
from paystack_simulator.errors import Refused
from paystack_simulator.model import Refund, RefundStatus, Status, Transaction
from paystack_simulator.settings import Settings
from paystack_simulator.webhooks import Webhooks
from paystack_simulator.world import World, random_text

_ENDS = {
    RefundOutcome.PROCESSED: RefundStatus.PROCESSED,
    RefundOutcome.FAILED: RefundStatus.FAILED,
    RefundOutcome.NEEDS_ATTENTION: RefundStatus.NEEDS_ATTENTION,
}


class Refunds:
    """The refunds of every integration. Callers hold the world's lock."""

    def __init__(self, world: World, webhooks: Webhooks, clock: MovableClock, settings: Settings) -> None:
        self._world = world
        self._webhooks = webhooks
        self._clock = clock
        self._settings = settings
        self._due: list[tuple[datetime, int, Refund]] = []

    def create(
        self,
        transaction: Transaction,
        amount: int | None,
        currency: str | None,
        customer_note: str | None,
        merchant_note: str | None,
    ) -> Refund:
        """Open a refund; without an amount it is of the whole original amount, not of the remainder.

        Raises Refused with one of the rejections of CONTRACT §7.
        """
        amount = transaction.amount if amount is None else amount
        self._check(transaction, amount, currency)
        now = self._clock.now()
        note = f"Refund for transaction {transaction.reference}"
        card = transaction.authorization.card if transaction.authorization else None
        refund = Refund(
            id=next(self._world.refund_ids),
            transaction=transaction,
            amount=amount,
            currency=transaction.currency,
            customer_note=customer_note or note,
            merchant_note=merchant_note or f"{note} by owner@example.com",
            created_at=now,
            updated_at=now,
            due_at=now,
            path=[RefundStatus.PROCESSING, _ENDS[card.refund if card else RefundOutcome.PROCESSED]],
        )
        transaction.refunds.append(refund)
        transaction.integration.refunds[refund.id] = refund
        self._plan(refund, now)
        self._enter(refund, RefundStatus.PENDING, now)
        return refund

    def _check(self, transaction: Transaction, amount: int, currency: str | None) -> None:
        if transaction.status is Status.REVERSED:
            raise Refused(errors.REFUND_FULLY_REVERSED)
        if not transaction.paid:
            raise Refused(errors.REFUND_NOT_PAID)
        if currency is not None and currency != transaction.currency:
            raise Refused(errors.REFUND_CURRENCY_MISMATCH)
        _check_least(amount, transaction.currency)
        if amount > transaction.amount:
            raise Refused(errors.REFUND_ABOVE_TRANSACTION)
        if amount + _returned(transaction) > transaction.amount:
            raise Refused(errors.REFUND_TOTAL_ABOVE_TRANSACTION)
        if self._settings.insufficient_balance:
            raise Refused(errors.REFUND_BALANCE_TOO_LOW)

    def advance(self) -> None:
        """Take every step that has come due, in the order of time, with one webhook each."""
        while self._due and self._due[0][0] <= self._clock.now():
            due_at, _, refund = heapq.heappop(self._due)
            status = refund.path.pop(0)
            if refund.path:
                self._plan(refund, due_at)
            self._enter(refund, status, due_at)

    def _plan(self, refund: Refund, at: datetime) -> None:
        refund.due_at = at + timedelta(seconds=self._settings.refund_step)
        heapq.heappush(self._due, (refund.due_at, refund.id, refund))

    def _enter(self, refund: Refund, status: RefundStatus, at: datetime) -> None:
        refund.status = status
        refund.updated_at = at
        if not refund.path:
            refund.reference = "TRF_" + random_text(16)
        transaction = refund.transaction
        transaction.status = status_after_refunds(transaction)
        data = payloads.refund_event(refund)
        self._webhooks.record(transaction.integration, f"refund.{status}", data, transaction.reference, at)


def _returned(transaction: Transaction) -> int:
    """What has gone back, or may still."""
    return sum(
        refund.amount for refund in transaction.refunds if refund.open or refund.status is RefundStatus.PROCESSED
    )


def status_after_refunds(transaction: Transaction) -> Status:
    """The transaction's status given its refunds (CONTRACT §7).

    After a processed *partial* refund Paystack's answer is not documented; here the transaction is ``success`` again.
    """
    if any(refund.open for refund in transaction.refunds):
        return Status.REVERSAL_PENDING
    if _returned(transaction) >= transaction.amount:
        return Status.REVERSED
    return Status.SUCCESS


def _check_least(amount: int, currency: str) -> None:
    if currency == "GHS" and amount < 50:
        raise Refused(errors.REFUND_BELOW_HALF_CEDI)
    if currency == "GHS" and amount < 100:
        raise Refused(errors.REFUND_BELOW_CEDI)
    if currency == "USD" and amount < 100:
        raise Refused(errors.REFUND_BELOW_DOLLAR)
