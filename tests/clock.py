"""A clock that stands still until it is moved."""

import threading
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


class ManualClock:
    """Time for tests: it is always ``START`` until ``advance`` moves it."""

    def __init__(self, start: datetime = START) -> None:
        self._lock = threading.Lock()
        self._elapsed = timedelta()
        self._start = start

    def now(self) -> datetime:
        with self._lock:
            return self._start + self._elapsed

    def monotonic(self) -> float:
        with self._lock:
            return self._elapsed.total_seconds()

    def advance(self, seconds: float) -> None:
        """Move time forward by ``seconds``."""
        with self._lock:
            self._elapsed += timedelta(seconds=seconds)
