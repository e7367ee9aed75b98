"""Catching up after we were away: events that never reached us, and payments that nobody told us of."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_paystack.clock import Clock
from flask_paystack.mail.notices import payments_unknown
from flask_paystack.payments.model import Status, is_our_reference
from flask_paystack.payments.service import AskedJustNow, Payments
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.paystack.errors import Rejected, Unavailable
from flask_paystack.paystack.model import Transaction
from flask_paystack.paystack.payloads import SentEvent
from flask_paystack.records.cursors import CursorRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.payments import PaymentRecords
from flask_paystack.records.webhooks import WebhookRecords

log = logging.getLogger(__name__)

NAME = "catch-up"
FIRST_LOOK = timedelta(hours=72)
"""How far back the first look goes: as long as Paystack repeats a live event (CONTRACT §6.1)."""
OVERLAP = timedelta(hours=24)
"""How much before the last look the next one begins: lists go by when something was made, not by when it was paid."""
MOST_PAGES = 500
UNDELIVERED = ("Failed", "Pending")
"""Paystack's words for an event that we have not accepted."""
UNPAID = frozenset({Status.PENDING, Status.FAILED, Status.ABANDONED})


@dataclass(frozen=True)
class CaughtUp:
    """What was found; after a dry run, what would have been done."""

    since: datetime
    events: int | None
    """Undelivered events taken up; None where Paystack did not show any."""
    asked: Sequence[str]
    """Payments of ours, unpaid here and paid at Paystack, that Paystack was asked about."""
    unknown: Sequence[Transaction]
    """Paid under references that look like ours, and that we do not know: a restored backup, or another shop's."""


class CatchUp:
    """Reads what Paystack has and we have not. Whatever it finds takes the usual way, so repeating it is safe.

    Events come unsigned, but over our own authenticated call; they are kept with the header ``source: catch-up``.

    Args:
        domain: our key's mode.
        operators: addresses told of payments that we do not know, once for each set of them.
        pace: waits before the next question, so that Paystack is not hurried.
        kept: called after events or mails were queued.
    """

    def __init__(
        self,
        paystack: PaystackClient,
        events: WebhookRecords,
        payment_records: PaymentRecords,
        payments: Payments,
        cursors: CursorRecords,
        messages: MessageRecords,
        clock: Clock,
        domain: str,
        operators: Sequence[str],
        pace: Callable[[], object],
        kept: Callable[[], None],
    ) -> None:
        self._paystack = paystack
        self._events = events
        self._payment_records = payment_records
        self._payments = payments
        self._cursors = cursors
        self._messages = messages
        self._clock = clock
        self._domain = domain
        self._operators = operators
        self._pace = pace
        self._kept = kept

    def run(self, *, dry_run: bool = False, days: int | None = None) -> CaughtUp:
        """Catch up over the last ``days``, or from the last time on. It moves on only once all was seen.

        Raises:
            Unavailable, Rejected: Paystack did not list its transactions, or did not answer about one.
        """
        began = self._clock.now()
        seen = self._cursors.get(NAME)
        since = began - timedelta(days=days) if days else seen - OVERLAP if seen else began - FIRST_LOOK
        filters = {"from": since.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        events = self._take_up_events(filters, dry_run=dry_run)
        asked, unknown = self._read_transactions(filters, dry_run=dry_run)
        if not dry_run:
            self._tell(unknown)
            self._cursors.advance(NAME, began)
            self._kept()
        return CaughtUp(since, events, asked, unknown)

    def run_and_count(self) -> int:
        """``run`` as a job: how many events and payments it found. What Paystack did not tell waits for the next time."""
        try:
            self._paystack.refuse_to_press()
            found = self.run()
        except (Unavailable, Rejected) as error:
            log.warning("catching up stops for now: %s", error)
            return 0
        return (found.events or 0) + len(found.asked)

    def _take_up_events(self, filters: Mapping[str, str], *, dry_run: bool) -> int | None:
        count = 0
        try:
            for status in UNDELIVERED:
                for event in self._sent(status, filters):
                    count += self._is_new(event) if dry_run else self._take_up(event)
        except Rejected as error:
            log.warning("Paystack does not show its undelivered events: %s", error)
            return None
        return count

    def _sent(self, status: str, filters: Mapping[str, str]) -> Iterator[SentEvent]:
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            rows, following = self._paystack.list_sent_events(cursor, status=status, **filters)
            yield from (each for each in rows if each.domain in {None, self._domain})
            if following is None or following == cursor:
                return
            cursor = following
            self._pace()

    def _is_new(self, event: SentEvent) -> bool:
        return not self._events.is_known(event.body)

    def _take_up(self, event: SentEvent) -> bool:
        headers = {"source": NAME, "paystack-event": event.paystack_id or ""}
        return self._is_new(event) and self._events.take_up(event.body, headers)

    def _read_transactions(
        self, filters: Mapping[str, str], *, dry_run: bool
    ) -> tuple[Sequence[str], Sequence[Transaction]]:
        asked: list[str] = []
        unknown: list[Transaction] = []
        for transaction in self._paid(filters):
            payment = self._payment_records.get(transaction.reference)
            if payment is None:
                if is_our_reference(transaction.reference):
                    unknown.append(transaction)
            elif payment.status in UNPAID and (dry_run or self._ask(payment.reference)):
                asked.append(payment.reference)
        return asked, unknown

    def _paid(self, filters: Mapping[str, str]) -> Iterator[Transaction]:
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            rows, following = self._paystack.list_after(cursor, status="success", **filters)
            yield from (each for each in rows if each.status == "success" and each.domain == self._domain)
            if following is None or following == cursor:
                return
            cursor = following
            self._pace()

    def _ask(self, reference: str) -> bool:
        """Ask Paystack about a payment, as its own page would. False where somebody just did."""
        self._pace()
        try:
            self._payments.ask_now(self._payments.get(reference), NAME)
        except AskedJustNow:
            return False
        return True

    def _tell(self, unknown: Sequence[Transaction]) -> None:
        references = sorted(each.reference for each in unknown)
        if references:
            log.warning("%d payments at Paystack are unknown here: %s", len(references), " ".join(references[:20]))
            self._messages.add(*(payments_unknown(to, references) for to in self._operators))
