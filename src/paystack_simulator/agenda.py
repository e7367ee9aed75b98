"""What happens later by itself: the steps of refunds, the reminders and deadlines of disputes."""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime

from paystack_simulator.clock import MovableClock

Act = Callable[[datetime], None]
"""Something that happens, told the instant it was due."""


class Agenda:
    """Acts in the order of their time. Callers hold the world's lock."""

    def __init__(self, clock: MovableClock) -> None:
        self._clock = clock
        self._order = itertools.count()
        self._due: list[tuple[datetime, int, Act]] = []

    def plan(self, at: datetime, act: Act) -> None:
        """Let ``act`` happen at an instant; at the same one, in the order of planning."""
        heapq.heappush(self._due, (at, next(self._order), act))

    def clear(self) -> None:
        """Nothing planned happens any more."""
        self._due.clear()

    def advance(self) -> None:
        """Let everything happen that has come due, what it plans in turn included."""
        while self._due and self._due[0][0] <= self._clock.now():
            at, _, act = heapq.heappop(self._due)
            act(at)
