"""What an API call gets instead of the truth (CONTRACT §13.6).

A mode is one row in ``BEFORE`` (answered without doing anything) or in ``AFTER`` (done, and then the answer is spoilt).
Those in ``ONLY`` are read by the operations they name.
"""

from collections.abc import Callable

from flask import Response, jsonify

from paystack_simulator import errors
from paystack_simulator.errors import Refusal

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
PROCESSING = "processing"
DECLINED = "declined"
ONLY: dict[str, frozenset[str]] = {
    WEBHOOK_FIRST: frozenset({"initialize", "charge_authorization"}),
    PAUSED: frozenset({"charge_authorization"}),
    PROCESSING: frozenset({"charge_authorization"}),
    DECLINED: frozenset({"charge_authorization", "partial_debit"}),
}
"""The operations that read a mode; to the others it means nothing."""

MODES = frozenset(BEFORE) | frozenset(AFTER) | frozenset(ONLY)


def modes_of(operation: str) -> list[str]:
    """Every mode that changes something about an operation, in alphabetical order."""
    return sorted(mode for mode in MODES if mode not in ONLY or operation in ONLY[mode])
