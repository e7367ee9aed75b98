"""Webhooks: kept at once, understood later."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from flask_paystack.backoff import Backoff
from flask_paystack.clock import Clock
from flask_paystack.errors import CannotOpen, InvalidSignature, LeaseLost, StorageUnavailable
from flask_paystack.mail.model import Message
from flask_paystack.mail.notices import event_dead
from flask_paystack.payments.disputes import Disputes
from flask_paystack.payments.model import FINAL, Status
from flask_paystack.payments.refunds import Refunds
from flask_paystack.payments.service import ASK_EVERY, AskedJustNow, Payments
from flask_paystack.payments.settling import Settling
from flask_paystack.paystack import payloads
from flask_paystack.paystack.errors import Unavailable
from flask_paystack.paystack.model import Transaction
from flask_paystack.paystack.payloads import Event, Unreadable
from flask_paystack.records.leases import DEAD, Claim
from flask_paystack.records.payments import PaymentRecords
from flask_paystack.records.webhooks import KEPT, UNMATCHED, UNREADABLE, Finished, WebhookRecords
from flask_paystack.webhooks.doubts import Doubts
from flask_paystack.webhooks.model import WebhookEvent
from flask_paystack.webhooks.signature import Verifier

log = logging.getLogger(__name__)

TRIES = Backoff(seconds=(5, 15, 60, 300, 900, 3600, 4 * 3600))
"""Eight tries over some five hours, then a person is mailed."""


REFUND_EVENTS = tuple(f"refund.{step}" for step in ("pending", "processing", "processed", "failed", "needs-attention"))
DISPUTE_EVENTS = tuple(f"charge.dispute.{step}" for step in ("create", "remind", "resolve"))
UNPAID = {Status.PENDING, Status.FAILED, Status.ABANDONED}


class Webhooks:
    """The inbox.

    Args:
        is_signed: whether Paystack signed a body.
        domain: our keys' mode, ``test`` or ``live``. Events of the other mode touch nothing of ours.
        operators: addresses told of an event that was given up.
        kept: called after an event was committed, so that its processing starts at once.
    """

    def __init__(
        self,
        records: WebhookRecords,
        payment_records: PaymentRecords,
        payments: Payments,
        settling: Settling,
        refunds: Refunds,
        disputes: Disputes,
        clock: Clock,
        is_signed: Verifier,
        domain: str,
        lease: timedelta,
        operators: Sequence[str],
        kept: Callable[[], None],
        doubts: Doubts,
    ) -> None:
        self._records = records
        self._payment_records = payment_records
        self._payments = payments
        self._settling = settling
        self._refunds = refunds
        self._disputes = disputes
        self._clock = clock
        self._is_signed = is_signed
        self._domain = domain
        self._lease = lease
        self._operators = operators
        self._kept = kept
        self._doubts = doubts
        self._handlers: Mapping[str, Callable[[Event, Finished], None]] = {
            "charge.success": self._on_charge,
            "charge.failed": self._on_charge,  # not documented (CONTRACT §6.3); taken where it comes
            **dict.fromkeys(REFUND_EVENTS, self._on_refund),
            **dict.fromkeys(DISPUTE_EVENTS, self._on_dispute),
        }

    def receive(self, body: bytes, signature: str | None, headers: Mapping[str, str]) -> None:
        """Keep a delivery. When this returns, its bytes are on disk.

        Raises:
            InvalidSignature: Paystack did not sign these bytes.
            StorageUnavailable: they could not be kept; Paystack will try again.
        """
        if not self._is_signed(body, signature):
            self._doubts.refused()
            raise InvalidSignature("Invalid signature")
        if not self._records.keep(body, headers):
            # Refund events carry no id (CONTRACT §6.2): the same bytes may tell of another refund.
            self._records.replay_repeated(body, REFUND_EVENTS)
        self._kept()

    def process_due(self, limit: int = 20) -> int:
        """Work on at most ``limit`` events that are due; how many were claimed."""
        claimed = self._records.claim(limit, self._lease)
        leave_at = self._clock.monotonic() + self._lease.total_seconds() / 2
        for claim, event in claimed:
            if self._clock.monotonic() >= leave_at:
                break  # the rest is taken up again when its lease ends
            self._process(claim, event)
        return len(claimed)

    def next_lease_end(self) -> datetime | None:
        """When the first piece of work that is in somebody's hands comes back, should that one be dead; None where none is."""
        return self._records.next_lease_end()

    def _process(self, claim: Claim, event: WebhookEvent) -> None:
        try:
            self._understand(claim, event)
        except LeaseLost as lost:
            log.warning("%s", lost, extra={"event_id": event.id})
        except AskedJustNow:
            self._records.wait(claim, "waits for its turn to ask Paystack", self._clock.now() + ASK_EVERY)
        except StorageUnavailable:
            raise  # nothing can be written down; the lease ends by itself
        except Unavailable as error:
            self._wait_for_paystack(claim, event, error)
        except CannotOpen as error:
            log.error("event %d waits: %s", event.id, error, extra={"event_id": event.id})
            self._try_again(claim, event, str(error))
        except Exception as error:
            log.warning("event %d failed: %s", event.id, error, exc_info=error, extra={"event_id": event.id})
            self._try_again(claim, event, f"{type(error).__name__}: {error}")

    def _understand(self, claim: Claim, event: WebhookEvent) -> None:
        finished = Finished(claim)
        try:
            read = payloads.read_event(event.body)
            finished = replace(finished, event=read.name, reference=payloads.correlation(read))
            if read.domain not in {None, self._domain}:
                self._leave_unmatched(finished, f"It is of {read.domain} mode, and our key is a {self._domain} key.")
                return
            handler = self._handlers.get(read.name)
            if handler is None:
                log.info("kept %s", read.name, extra={"event_id": event.id})
                self._records.finish(replace(finished, state=KEPT))
                return
            handler(read, finished)
        except Unreadable as error:
            log.warning("event %d cannot be read: %s", event.id, error, extra={"event_id": event.id})
            self._records.finish(replace(finished, state=UNREADABLE, error=str(error)))

    def _on_charge(self, event: Event, finished: Finished) -> None:
        """Settle at once what fits in full; ask Paystack about everything else, outside any transaction."""
        transaction = payloads.read_transaction(event.data)
        payment = self._payment_records.get(transaction.reference)
        teller = f"webhook {finished.claim.id}"
        if payment is None:
            self._leave_unmatched(finished)
        elif payment.status in FINAL or self._settling.fits(payment, transaction):
            self._settling.take_in(payment, transaction, teller, finished)
        else:
            verified = self._payments.question(payment.reference)
            if verified is None or not _agree(transaction, verified):
                self._doubts.disagreed()
            self._settling.judge(payment, transaction, verified, teller, finished)

    def _on_refund(self, event: Event, finished: Finished) -> None:
        """Read that transaction's refunds again: the event says that something happened, Paystack's list says what."""
        payment = self._payment_records.get(finished.reference or "")
        if payment is None:
            self._leave_unmatched(finished)
            return
        teller = f"webhook {finished.claim.id}"
        if payment.status in UNPAID:
            verified = self._payments.question(payment.reference)
            if verified is not None:
                payment = self._settling.learn(payment, verified, teller)
        self._refunds.read_again(payment, teller, finished)

    def _on_dispute(self, event: Event, finished: Finished) -> None:
        dispute = payloads.read_dispute(event.data)
        payment = self._payment_records.get(finished.reference or "")
        if payment is None:
            self._leave_unmatched(finished)
        else:
            self._disputes.take_in(payment, dispute, f"webhook {finished.claim.id}", finished)

    def _leave_unmatched(self, finished: Finished, error: str = "No payment of ours has this reference.") -> None:
        self._records.finish(replace(finished, state=UNMATCHED, error=error))
        log.warning("event %s: %s", finished.claim.id, error, extra={"event_id": finished.claim.id})

    def _wait_for_paystack(self, claim: Claim, event: WebhookEvent, error: Unavailable) -> None:
        """For as long as Paystack asks us to, without spending a try; by the timetable where it gives no answer at all."""
        wait = error.details.get("retry_after")
        if wait is None:
            log.warning("event %d waits: %s", event.id, error, extra={"event_id": event.id})
            self._try_again(claim, event, f"{type(error).__name__}: {error}")
            return
        try:
            self._records.wait(claim, str(error), self._clock.now() + timedelta(seconds=wait))
        except LeaseLost as lost:
            log.warning("%s", lost, extra={"event_id": event.id})

    def _try_again(self, claim: Claim, event: WebhookEvent, error: str) -> None:
        try:
            retry_at = TRIES.next(claim.attempt, self._clock.now())
            if retry_at is not None:
                self._records.put_back(claim, error, retry_at)
                return
            name, reference = _about(event)
            mails: list[Message] = [event_dead(to, event.id, name, error) for to in self._operators]
            self._records.give_up(Finished(claim, DEAD, name, reference, error), mails)
        except LeaseLost as lost:
            log.warning("%s", lost, extra={"event_id": event.id})


def _agree(told: Transaction, verified: Transaction) -> bool:
    """Whether an event and verify tell of the same money. Verify may know of a later step, and events leave fields out."""
    if told.status == "success" and verified.status not in {"success", "reversed", "reversal-pending"}:
        return False
    return (told.amount, told.currency) == (verified.amount, verified.currency)


def _about(event: WebhookEvent) -> tuple[str | None, str | None]:
    """Its name and the reference it is about, so that a person finds what was given up."""
    try:
        read = payloads.read_event(event.body)
    except (Unreadable, CannotOpen):
        return event.event, event.reference
    return read.name, payloads.correlation(read)
