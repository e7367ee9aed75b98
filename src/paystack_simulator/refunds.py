"""Refunds: refused, opened, and moved through their statuses by the clock (CONTRACT §7)."""

from datetime import datetime, timedelta

from paystack_simulator import errors, payloads
from paystack_simulator.agenda import Agenda
from paystack_simulator.cards import RefundOutcome
from paystack_simulator.clock import MovableClock
from paystack_simulator.errors import Refused
from paystack_simulator.faults import REFUND, Faults
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

    def __init__(
        self,
        world: World,
        webhooks: Webhooks,
        clock: MovableClock,
        settings: Settings,
        faults: Faults,
        agenda: Agenda,
    ) -> None:
        self._world = world
        self._webhooks = webhooks
        self._clock = clock
        self._settings = settings
        self._faults = faults
        self._agenda = agenda

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
            path=[RefundStatus.PROCESSING, _ENDS[self._outcome(transaction)]],
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

    def _outcome(self, transaction: Transaction) -> RefundOutcome:
        """How the refund will end: as the card says, unless a fault has another end for it."""
        mode = self._faults.take(REFUND)
        if mode is not None:
            return RefundOutcome(mode)
        return transaction.authorization.card.refund if transaction.authorization else RefundOutcome.PROCESSED

    def retry_with_customer_details(self, refund: Refund) -> None:
        """The customer's bank details are here: the refund is processed after all. Raises Refused (CONTRACT §7)."""
        if refund.status is not RefundStatus.NEEDS_ATTENTION:
            raise Refused(errors.REFUND_NEEDS_NO_ATTENTION)
        now = self._clock.now()
        refund.path = [RefundStatus.PROCESSED]
        self._plan(refund, now)
        self._enter(refund, RefundStatus.PROCESSING, now)

    def _plan(self, refund: Refund, at: datetime) -> None:
        refund.due_at = at + timedelta(seconds=self._settings.refund_step)
        self._agenda.plan(refund.due_at, lambda due_at: self._step(refund, due_at))

    def _step(self, refund: Refund, at: datetime) -> None:
        status = refund.path.pop(0)
        if refund.path:
            self._plan(refund, at)
        self._enter(refund, status, at)

    def _enter(self, refund: Refund, status: RefundStatus, at: datetime) -> None:
        refund.status = status
        refund.updated_at = at
        if not refund.path:
            refund.reference = "TRF_" + random_text(16)
        transaction = refund.transaction
        transaction.status = status_after_refunds(transaction)
        data = payloads.refund_event(refund)
        self._webhooks.record(transaction.integration, f"refund.{status}", data, transaction.reference, refund.id, at)


def _returned(transaction: Transaction) -> int:
    """What has gone back, or may still."""
    return sum(
        refund.amount for refund in transaction.refunds if refund.open or refund.status is RefundStatus.PROCESSED
    )


def status_after_refunds(transaction: Transaction) -> Status:
    """The transaction's status given its refunds (CONTRACT §7).

    After a processed *partial* refund Paystack's answer is not documented; here the transaction is ``success`` again.
    """
    if transaction.charged_back:
        return Status.REVERSED
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
