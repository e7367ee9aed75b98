"""When to try again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom

_random = SystemRandom()


@dataclass(frozen=True)
class Backoff:
    """A timetable of tries: after the n-th failed one, wait the n-th number of ``seconds``, give or take ``jitter``."""

    seconds: Sequence[float]
    jitter: float = 0.1

    def next(self, attempt: int, now: datetime) -> datetime | None:
        """When to try again after try number ``attempt`` (from 1) failed; None when it was the last."""
        if attempt > len(self.seconds):
            return None
        return now + timedelta(seconds=self.seconds[attempt - 1] * _random.uniform(1 - self.jitter, 1 + self.jitter))
