"""What a program that knows no sealing leaves behind, before an upgrade and beside it."""

import logging
from collections.abc import Callable
from datetime import timedelta

from flask_paystack.clock import Clock
from flask_paystack.errors import CannotOpen
from flask_paystack.paystack import payloads
from flask_paystack.records.sealed_bodies import ClearBodies
from flask_paystack.records.webhooks import UNREADABLE, WebhookRecords
from flask_paystack.webhooks.model import WebhookEvent

log = logging.getLogger(__name__)

LONGEST = timedelta(seconds=30)
"""One run ends after that; the next goes on."""
MISREAD = 100
"""So many of the newest unreadable events are looked at again in one run. Hardly any shop has that many."""


class Leftovers:
    """Seals bodies that lie in clear, and processes again what an older program took for unreadable since it is sealed.

    Args:
        pace: waits before the next few are sealed, so that webhooks come to their turn to write.
    """

    def __init__(
        self, clear_bodies: ClearBodies, events: WebhookRecords, clock: Clock, pace: Callable[[], object]
    ) -> None:
        self._clear_bodies = clear_bodies
        self._events = events
        self._clock = clock
        self._pace = pace

    def seal(self) -> int:
        """Clear up; how many bodies lay in clear. Several may do so at once."""
        leave_at = self._clock.monotonic() + LONGEST.total_seconds()
        sealed = 0
        while some := self._clear_bodies.seal_some():
            sealed += some
            if self._clock.monotonic() >= leave_at:
                break
            self._pace()
        if sealed:
            log.info("sealed %d events that lay in clear", sealed)
        self._replay_misread()
        return sealed

    def _replay_misread(self) -> None:
        """Whoever reads sealed bytes as JSON learns not even an event's name."""
        for event in self._events.list_page(None, MISREAD, UNREADABLE).items:
            if event.event is None and _is_readable(event) and self._events.replay(event.id):
                log.info("event %d is processed again: it was taken for unreadable, being sealed", event.id)


def _is_readable(event: WebhookEvent) -> bool:
    try:
        payloads.read_event(event.body)
    except (payloads.Unreadable, CannotOpen):
        return False
    return True
