"""Telling the merchant's code of settled payments, until it accepts them."""

import logging
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from flask_paystack.backoff import Backoff
from flask_paystack.clock import Clock
from flask_paystack.errors import LeaseLost, NotFound
from flask_paystack.handover.model import Handover
from flask_paystack.handover.receivers import NotAccepted, Receiver
from flask_paystack.payments.model import Payment
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.leases import Claim
from flask_paystack.records.payments import PaymentRecords

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long a hand-over is in one worker's hands; one that takes longer may be told by another meanwhile, under its same id."""
MINUTE, HOUR = 60, 3600
TRIES = Backoff(seconds=(5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR))
"""Three days in all, as Standard Webhooks has it."""
ALARM_FROM = 3
"""The failed try from which on an operator is told."""


class HandoverService:
    """Delivers hand-overs at least once to every receiver, under one id, with three days of patience.

    With no receiver at all a hand-over ends as accepted by nobody: a shop without code of its own owes nobody a word, and
    one that adds a receiver later is not flooded with its past. A try that a crash cut short counts as a try.
    """

    def __init__(
        self,
        records: HandoverRecords,
        payments: PaymentRecords,
        receivers: Iterable[Receiver],
        describe: Callable[[Payment], Mapping[str, Any]],
        clock: Clock,
        alarm: Callable[[Handover, str], None],
    ) -> None:
        """Args:

        receivers: looked through anew for each hand-over, so that it may grow.
        describe: a payment as ``/admin`` shows it, in JSON's own types.
        alarm: tells an operator that a hand-over keeps failing, and why. It is called at the third failed try and at each
            later one, lest a crash swallow it: it has to tell once for each ``handover.id``.
        """
        self._records = records
        self._payments = payments
        self._receivers = receivers
        self._describe = describe
        self._clock = clock
        self._alarm = alarm

    def deliver_due(self, limit: int = 20) -> int:
        """Try at most ``limit`` hand-overs that are due; how many were tried.

        Each is claimed only when its turn comes, so that none waits out its lease behind a slow receiver.
        """
        if not any(True for _ in self._receivers):
            passed = self._records.pass_over(limit)
            for reference in passed:
                log.info("The payment %s was handed over to nobody.", reference)
            return len(passed)
        for tried in range(limit):
            claimed = self._records.claim(1, LEASE)
            if not claimed:
                return tried
            try:
                self._deliver(*claimed[0])
            except LeaseLost as lost:
                log.warning("%s Its receivers may have been told twice.", lost)
        return limit

    def next_lease_end(self) -> datetime | None:
        """When the first piece of work that is in somebody's hands comes back, should that one be dead; None where none is."""
        return self._records.next_lease_end()

    def _deliver(self, claim: Claim, handover: Handover) -> None:
        accepted, problems = self._tell(handover)
        if not problems:
            self._records.accepted(claim, accepted)
            log.info("The payment %s was handed over to %s.", handover.reference, ", ".join(accepted) or "nobody")
            return
        error = " ".join(problems)
        retry_at = TRIES.next(claim.attempt, self._clock.now())
        self._records.refused(claim, accepted, error, retry_at)
        log.warning(
            "Try %d to hand over the payment %s failed; next %s. %s",
            claim.attempt,
            handover.reference,
            retry_at.isoformat() if retry_at else "never",
            error,
        )
        if claim.attempt >= ALARM_FROM:
            self._alarm(handover, error)

    def _tell(self, handover: Handover) -> tuple[list[str], list[str]]:
        """Tell every receiver that has not accepted yet: the names of those that now have, and the others' problems."""
        accepted = list(handover.accepted_by)
        waiting = [receiver for receiver in self._receivers if receiver.name not in accepted]
        problems: list[str] = []
        if not waiting:
            return accepted, problems
        try:
            facts = self._facts(handover)
        except Exception as error:
            log.exception("The payment %s could not be described.", handover.reference)
            return accepted, [f"The payment could not be described ({type(error).__name__})."]
        for receiver in waiting:
            try:
                receiver.deliver(handover, deepcopy(facts))
            except NotAccepted as refusal:
                problems.append(f"{receiver.name}: {refusal}")
            except Exception as error:
                log.exception("%s could not be told of the payment %s.", receiver.name, handover.reference)
                problems.append(f"{receiver.name}: It could not be told ({type(error).__name__}).")
            else:
                accepted.append(receiver.name)
        return accepted, problems

    def _facts(self, handover: Handover) -> Mapping[str, Any]:
        payment = self._payments.get(handover.reference)
        if payment is None:
            raise NotFound("There is no payment with that reference.")
        return self._describe(payment)
