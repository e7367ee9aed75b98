"""The simulator's time: that of the machine, or of a clock handed in, moved forward at will."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of time."""

    def now(self) -> datetime:
        """This instant, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """Another clock's time plus an offset that ``advance`` adds to."""

    def __init__(self, source: Clock | None = None) -> None:
        self._source = source or SystemClock()
        self._offset = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._source.now() + self._offset

    def advance(self, seconds: float) -> None:
        """Move time forward by ``seconds``. Raises ValueError for a negative or absurd number: time never goes back."""
        if not 0 <= seconds <= 100 * 366 * 86400:
            raise ValueError("The clock moves forward only, and by at most a hundred years at a time.")
        with self._lock:
            self._offset += timedelta(seconds=seconds)


def iso(instant: datetime) -> str:
    """An instant as Paystack writes it: ISO 8601 in UTC with milliseconds and ``Z`` (CONTRACT §3.1)."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"
