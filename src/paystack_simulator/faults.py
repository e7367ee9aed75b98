"""Misbehaviour on demand: what the next calls of an operation get instead of the truth (CONTRACT §13.6).

A mode is one row in ``BEFORE`` (answered without doing anything) or in ``AFTER`` (done, and then the answer is spoilt). The
others, ``paused``, ``declined`` and ``webhook-first``, are read by the operations themselves.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, jsonify

from paystack_simulator import errors
from paystack_simulator.errors import Refusal

ANY = "*"
"""Stands for every operation."""

OUTCOME_HEADER = "X-Simulator-Outcome"
"""Tells whoever carries the answer to break the connection instead: ``timeout`` or ``reset``."""


def refuse(refusal: Refusal) -> Response:
    """An error in Paystack's envelope."""
    response = jsonify(refusal.body())
    response.status_code = refusal.http_status
    return response


def _html() -> Response:
    return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, mimetype="text/html")


def _rate_limited() -> Response:
    # The body and headers of a 429 are not documented (CONTRACT §9); the limit is lifted after a minute.
    response = refuse(errors.RATE_LIMITED)
    response.headers["Retry-After"] = "60"
    response.headers["x-ratelimit-reset"] = "60"
    return response


def _half() -> Response:
    return Response('{"status": true, "message": "Verificat', 200, mimetype="application/json")


def _silence() -> Response:
    return Response(status=504, headers={OUTCOME_HEADER: "timeout"})


def _reset() -> Response:
    return Response(status=502, headers={OUTCOME_HEADER: "reset"})


BEFORE: dict[str, Callable[[], Response]] = {
    "401": lambda: refuse(errors.INVALID_KEY),
    "429": _rate_limited,
    "500": lambda: refuse(errors.SERVER_ERROR),
    "html": _html,
    "half-json": _half,
    "hang": _silence,
    "reset": _reset,
}
AFTER: dict[str, Callable[[], Response]] = {
    "timeout-after-commit": _silence,
    "reset-after-commit": _reset,
    "500-after-commit": lambda: refuse(errors.SERVER_ERROR),
}
WEBHOOK_FIRST = "webhook-first"
"""The payment succeeds and its webhook is delivered before the caller has the answer (CONTRACT §12.9)."""

PAUSED = "paused"
DECLINED = "declined"
MODES = frozenset(BEFORE) | frozenset(AFTER) | {WEBHOOK_FIRST, PAUSED, DECLINED}


@dataclass(slots=True)
class Fault:
    """A mode and for how many more calls it holds."""

    mode: str
    times: int


class Faults:
    """What is still to go wrong, first in first out for each operation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[str, deque[Fault]] = {}

    def add(self, operation: str, mode: str, times: int = 1) -> None:
        """Let the next ``times`` calls of an operation, or of ``*``, meet a mode. Raises ValueError for an unknown mode."""
        if mode not in MODES:
            raise ValueError(f"Unknown mode {mode!r}: it is one of {', '.join(sorted(MODES))}.")
        if times < 1:
            raise ValueError("A fault happens at least once.")
        with self._lock:
            self._planned.setdefault(operation, deque()).append(Fault(mode, times))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._planned.clear()

    def take(self, operation: str) -> str | None:
        """The mode this call meets, used up by asking; None for a call that goes well."""
        with self._lock:
            planned = self._planned.get(operation) or self._planned.get(ANY)
            if not planned:
                return None
            fault = planned[0]
            fault.times -= 1
            if fault.times == 0:
                planned.popleft()
            return fault.mode

    def planned(self) -> dict[str, list[dict[str, object]]]:
        """What is still to come, for people to look at."""
        with self._lock:
            return {
                operation: [{"mode": fault.mode, "times": fault.times} for fault in faults]
                for operation, faults in self._planned.items()
                if faults
            }
