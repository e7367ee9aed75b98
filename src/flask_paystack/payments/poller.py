"""Asking Paystack about open payments, so that no webhook is needed to learn what became of them."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from flask_paystack.clock import Clock
from flask_paystack.payments.model import Entry, Payment, Status
from flask_paystack.payments.service import ASK_EVERY, Payments
from flask_paystack.paystack.errors import Rejected, Unavailable
from flask_paystack.records.payments import PaymentRecords

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

SCHEDULE = ((15 * MINUTE, MINUTE), (2 * HOUR, 3 * MINUTE), (24 * HOUR, 9 * MINUTE))
"""Up to this age, ask this often. For a day that is often enough to settle within ten minutes what was paid."""
RARELY = HOUR
PASS = 20
"""Seconds after which one pass asks about nothing more: a slow Paystack must not keep a job from ending."""


class Poller:
    """Works through the payments whose check is due, one at a time, each claimed under a lease.

    Args:
        lease: how long a question may take before it counts as lost.
        least: the least time between two questions about one payment, and before the first.
        give_up_after: the age at which we stop asking. A late success still settles.
        pace: called between two questions; it waits, so that Paystack is asked no more often than is polite.
        at_once: how many questions may run at the same time, each at that pace.
    """

    def __init__(
        self,
        records: PaymentRecords,
        payments: Payments,
        clock: Clock,
        lease: timedelta,
        least: timedelta,
        give_up_after: timedelta,
        pace: Callable[[], object],
        at_once: int = 1,
    ) -> None:
        self._records = records
        self._payments = payments
        self._clock = clock
        self._lease = lease
        self._least = least
        self._give_up_after = give_up_after
        self._pace = pace
        self._at_once = at_once

    def poll(self, limit: int = 50) -> int:
        """Ask about payments that are due, at most ``limit`` for each question that may run; about how many."""
        try:
            self._payments.refuse_to_press()
        except Unavailable:
            return 0
        until = self._clock.monotonic() + PASS
        if self._at_once == 1:
            return self._poll(limit, until)
        with ThreadPoolExecutor(self._at_once) as threads:  # nosemgrep: late-work -- the job waits for them
            return sum(threads.map(lambda _: self._poll(limit, until), range(self._at_once)))

    def _poll(self, limit: int, until: float) -> int:
        for asked in range(limit):
            in_time = self._clock.monotonic() < until
            payment = self._records.claim_next_check(ASK_EVERY, self._lease) if in_time else None
            if payment is None:
                return asked
            if asked:
                self._pace()
            try:
                self._ask(payment)
            except Unavailable as error:
                log.warning("polling stops for now: %s", error)
                return asked + 1
            except Rejected as error:
                log.warning("%s: %s", payment.reference, error, extra={"reference": payment.reference})
        return limit

    def _ask(self, payment: Payment) -> None:
        age = self._clock.now() - payment.created_at
        try:
            found = self._payments.ask(payment, "poller")
        finally:
            # Whatever came of it: the next question keeps its distance.
            next_check = self._clock.now() + max(self._least, _interval(age))
            self._records.reschedule(payment.reference, next_check)
        if found.status is Status.PENDING:
            never_opened = found.never_existed(self._clock.now())
            if age >= self._give_up_after or never_opened:
                self._give_up(found, "Paystack does not know it" if never_opened else "Nobody paid it")

    def _give_up(self, payment: Payment, why: str) -> None:
        entry = Entry("poller", "abandoned", f"{why}, and it is old: we stop asking. A late success still settles.")
        self._records.step(payment.reference, Status.ABANDONED, {"next_check_at": None}, entry)
        log.info("abandoned %s", payment.reference, extra={"reference": payment.reference})


def _interval(age: timedelta) -> timedelta:
    return next((interval for until, interval in SCHEDULE if age < until), RARELY)
