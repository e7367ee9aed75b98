"""Where the time comes from.

Nothing else in this package asks the machine for the time: a clock is handed in, so that tests move it.
"""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of time."""

    def now(self) -> datetime:
        """This instant, timezone-aware, in UTC. May step when the machine's clock is set."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed point. Never steps, never goes back; means nothing in another process."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()
