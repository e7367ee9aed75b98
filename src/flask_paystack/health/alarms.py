"""Alarms: what goes wrong without any request failing, told to operators once for each incident."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from flask_paystack.clock import Clock
from flask_paystack.health.model import Incident
from flask_paystack.mail.notices import alarm
from flask_paystack.records.incidents import IncidentRecords
from flask_paystack.records.numbers import NumberRecords
from flask_paystack.webhooks.doubts import Doubts

log = logging.getLogger(__name__)

CHECKOUTS = 5
"""So many checkouts without a webhook are no chance any more: customers do leave without paying."""
HANDOVER_TRIES = 3

NAMES = ("no_webhooks", "events_wait", "verify_disagrees", "signatures_refused", "handover_failing")
"""Every alarm there is."""


class Alarms:
    """Looks whether something needs a person; opens an incident where it does, and closes it when that is over.

    Args:
        no_webhook_after, event_waits: how long is too long.
        refused_signatures: how many in ten minutes are too many.
        operators: addresses mailed once for each incident. Of a failing hand-over they are told by its own mail.
        queued: called after mail was queued.
    """

    def __init__(
        self,
        numbers: NumberRecords,
        incidents: IncidentRecords,
        doubts: Doubts,
        clock: Clock,
        no_webhook_after: timedelta,
        event_waits: timedelta,
        refused_signatures: int,
        operators: Sequence[str],
        queued: Callable[[], None],
    ) -> None:
        self._numbers = numbers
        self._incidents = incidents
        self._doubts = doubts
        self._clock = clock
        self._no_webhook_after = no_webhook_after
        self._event_waits = event_waits
        self._refused_signatures = refused_signatures
        self._operators = operators
        self._queued = queued

    def look(self) -> int:
        """Open and close incidents; how many are open then."""
        wrong = self._wrong()
        for incident in self._incidents.list_open():
            if incident.name not in wrong and self._incidents.close(incident.name):
                log.info("alarm over: %s", incident.name)
        for name, sentence in wrong.items():
            incident = Incident(name, sentence, self._clock.now())
            mails = [] if name == "handover_failing" else [alarm(to, incident) for to in self._operators]
            if self._incidents.open(incident, mails):
                log.warning("alarm: %s", sentence)
                self._queued()
        return len(wrong)

    def _wrong(self) -> Mapping[str, str]:
        return dict(self._look_at_events()) | dict(self._look_at_doubts()) | dict(self._look_at_handovers())

    def _look_at_events(self) -> Iterator[tuple[str, str]]:
        now = self._clock.now()
        count, oldest = self._numbers.checkouts_since_last_webhook()
        if count >= CHECKOUTS and oldest is not None and now - oldest >= self._no_webhook_after:
            yield (
                "no_webhooks",
                f"{count} checkouts began and no webhook came: is its URL right on Paystack's dashboard?",
            )
        waiting = self._numbers.oldest_waiting_event()
        if waiting is not None and now - waiting >= self._event_waits:
            yield (
                "events_wait",
                "A webhook event waits long to be processed: look at `flask events list --state waiting`.",
            )

    def _look_at_doubts(self) -> Iterator[tuple[str, str]]:
        disagreements = self._doubts.count_disagreements()
        if disagreements:
            yield (
                "verify_disagrees",
                f"Signed events and Paystack's verify disagreed ({disagreements}): look at quarantine.",
            )
        refused = self._doubts.count_refused()
        if refused >= self._refused_signatures:
            yield (
                "signatures_refused",
                f"{refused} webhooks were refused for their signature: a wrong or rotated key, or somebody forges them.",
            )

    def _look_at_handovers(self) -> Iterator[tuple[str, str]]:
        failing = self._numbers.failing_handovers(HANDOVER_TRIES)
        if failing:
            yield (
                "handover_failing",
                f"{failing} paid orders are not accepted by your own code: `flask handovers list`.",
            )
