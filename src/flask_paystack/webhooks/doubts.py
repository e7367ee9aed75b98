"""Counts of what makes webhooks doubtful, shared by every process."""

import logging
from datetime import timedelta

from flask_paystack.errors import StorageUnavailable
from flask_paystack.expiring import ExpiringMap, ExpiringStore

log = logging.getLogger(__name__)

REFUSALS_LAST = timedelta(minutes=10)
DISAGREEMENTS_LAST = timedelta(hours=24)


class Doubts:
    """Refused signatures of ten minutes, and disagreements of a day. A store that is down loses counts and stops nothing."""

    def __init__(self, store: ExpiringStore) -> None:
        self._refused = store.map("webhook_refusals", REFUSALS_LAST)
        self._disagreements = store.map("webhook_disagreements", DISAGREEMENTS_LAST)

    @property
    def counters(self) -> tuple[ExpiringMap, ...]:
        """The expiring maps to sweep."""
        return (self._refused, self._disagreements)

    def refused(self) -> None:
        """A webhook's signature was wrong."""
        _hit(self._refused)

    def disagreed(self) -> None:
        """Paystack's verify contradicted a signed event."""
        _hit(self._disagreements)

    def count_refused(self) -> int:
        """In the window that runs. Raises StorageUnavailable."""
        return _count(self._refused)

    def count_disagreements(self) -> int:
        """In the window that runs. Raises StorageUnavailable."""
        return _count(self._disagreements)


def _hit(counter: ExpiringMap) -> None:
    try:
        counter.hit("all")
    except StorageUnavailable as error:
        log.warning("a count was lost: %s", error)


def _count(counter: ExpiringMap) -> int:
    found = counter.get("all")
    return found if isinstance(found, int) else 0
