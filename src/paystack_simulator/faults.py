"""What goes wrong, and when: planned by hand for the next times, or drawn from a seed (CONTRACT §13.6).

A fault befalls an *operation*: an API view by its name (``verify``; ``*`` is any), the ``webhook`` of any event or of one
(``charge.success``), the outcome of a ``payment``, or that of a ``refund``. The modes of each kind are tables of their own.
"""

import random
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

from paystack_simulator import api_faults, payment_faults, webhook_faults
from paystack_simulator.cards import RefundOutcome
from paystack_simulator.settings import Settings

ANY = "*"
"""Stands for every operation of the API."""

WEBHOOK = "webhook"
"""Stands for every event."""

PAYMENT = "payment"
REFUND = "refund"

REMEMBERED = 10_000
"""How many lines of the story are kept."""


def is_event(operation: str) -> bool:
    """Whether a name is that of an event, as in ``charge.success``; views have no dot in theirs."""
    return "." in operation


def modes_of(operation: str) -> list[str]:
    """The modes an operation can meet, in alphabetical order."""
    if operation == WEBHOOK or is_event(operation):
        return sorted(webhook_faults.MODES)
    if operation == PAYMENT:
        return sorted(payment_faults.MODES)
    if operation == REFUND:
        return sorted(RefundOutcome)
    return sorted(api_faults.MODES) if operation == ANY else api_faults.modes_of(operation)


def _wider(operation: str) -> str | None:
    """The name that stands for this operation and its like."""
    if is_event(operation):
        return WEBHOOK
    return None if operation in {WEBHOOK, PAYMENT, REFUND} else ANY


@dataclass(slots=True)
class Fault:
    """A mode and for how many more times it holds."""

    mode: str
    times: int


class Faults:
    """What is still to go wrong, first in first out for each operation, and the story of what has.

    With a ``seed`` in the settings each occurrence of an operation draws its fate at the rates of ``fault_rates``. The fate of
    the n-th occurrence follows from seed, operation and n alone, so the same seed gives the same story however threads race.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._planned: dict[str, deque[Fault]] = {}
        self._story: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self._seen: dict[str, int] = {}
        self._seed = settings.seed

    def add(self, operation: str, mode: str, times: int = 1) -> None:
        """Let the next ``times`` of an operation meet a mode. Raises ValueError for a mode it cannot meet."""
        known = api_faults.MODES if _wider(operation) == ANY else modes_of(operation)
        if mode not in known:
            raise ValueError(f"Unknown mode {mode!r}: it is one of {', '.join(sorted(known))}.")
        if times < 1:
            raise ValueError("A fault happens at least once.")
        with self._lock:
            self._planned.setdefault(operation, deque()).append(Fault(mode, times))

    def clear(self) -> None:
        """Nothing planned goes wrong any more, and a seed's story begins anew."""
        with self._lock:
            self._planned.clear()
            self._begin()

    def _begin(self) -> None:
        self._seed = self._settings.seed
        self._seen.clear()
        self._story.clear()

    def take(self, operation: str) -> str | None:
        """The mode this occurrence meets, used up by asking; None if all goes well."""
        with self._lock:
            if self._settings.seed != self._seed:
                self._begin()
            occurrence = self._seen[operation] = self._seen.get(operation, 0) + 1
            planned = self._take_planned(operation)
            mode = planned or self._draw(operation, occurrence)
            if mode is not None:
                line = {"operation": operation, "occurrence": occurrence, "mode": mode, "drawn": planned is None}
                self._story.append(line)
            return mode

    def _take_planned(self, operation: str) -> str | None:
        planned = self._planned.get(operation) or self._planned.get(_wider(operation) or "")
        if not planned:
            return None
        fault = planned[0]
        fault.times -= 1
        if fault.times == 0:
            planned.popleft()
        return fault.mode

    def _draw(self, operation: str, occurrence: int) -> str | None:
        """A rate is looked up by operation, then by the name that stands for its like; one mode of it, alike likely."""
        if self._settings.seed is None:
            return None
        rates = self._settings.fault_rates
        rate = rates.get(operation, rates.get(_wider(operation) or "", 0))
        # Seeded from text, which random turns into the same numbers on every machine and in every process.
        dice = random.Random(f"{self._settings.seed}:{operation}:{occurrence}")  # noqa: S311  a story, and no secret
        return dice.choice(modes_of(operation)) if dice.random() < rate else None

    def planned(self) -> dict[str, list[dict[str, object]]]:
        """What is still to come, for people to look at."""
        with self._lock:
            return {
                operation: [{"mode": fault.mode, "times": fault.times} for fault in faults]
                for operation, faults in self._planned.items()
                if faults
            }

    def story(self) -> list[dict[str, Any]]:
        """What went wrong so far, oldest first: operation, which occurrence of it, mode, and whether it was drawn."""
        with self._lock:
            return list(self._story)
