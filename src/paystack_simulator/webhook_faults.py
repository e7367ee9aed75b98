"""What becomes of an event on its way to the merchant (CONTRACT §6.2, §12).

A mode is one row: in ``CHANGES`` (other words in the event), in ``ENCODINGS`` (other bytes for the same words), or in
``COURIER`` (the courier's mistakes, made by ``webhooks``).
"""

import json
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]


def compact(event: Json) -> bytes:
    """The body of a webhook as Paystack most likely writes it: compact JSON in raw UTF-8 (CONTRACT §12.1)."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _escaped(event: Json) -> bytes:
    """ASCII only and with ``\\/``, as PHP and older encoders write it."""
    return json.dumps(event, separators=(",", ":")).replace("/", "\\/").encode()


def _pretty(event: Json) -> bytes:
    return json.dumps(event, ensure_ascii=False, indent=2).encode()


def _without_ids(data: Json) -> Json:
    return {name: value for name, value in data.items() if name != "id"}


def _amounts_as_text(data: Json) -> Json:
    amounts = {"amount", "requested_amount", "fees", "refund_amount"}
    return {name: str(value) if name in amounts and value is not None else value for name, value in data.items()}


CHANGES: dict[str, Callable[[Json], Json]] = {
    "missing-ids": _without_ids,
    "string-amounts": _amounts_as_text,
    "metadata-zero": lambda data: data | {"metadata": 0},
}
ENCODINGS: dict[str, Callable[[Json], bytes]] = {"escaped": _escaped, "pretty": _pretty}

DUPLICATED = "duplicated"
DELAYED = "delayed"
REORDERED = "reordered"
"""Held back until the next event has been tried, or for ``fault_delay`` seconds where no other comes."""
DROPPED = "dropped"
WRONG_KEY = "wrong-key"
"""The first attempt is signed with a stranger's key."""
COURIER = frozenset({DUPLICATED, DELAYED, REORDERED, DROPPED, WRONG_KEY})

MODES = frozenset(CHANGES) | frozenset(ENCODINGS) | COURIER


def encode(event: str, data: Json, mode: str | None = None) -> bytes:
    """The bytes of an event, spoilt if the mode says so."""
    if mode in CHANGES:
        data = CHANGES[mode](data)
    return ENCODINGS.get(mode or "", compact)({"event": event, "data": data})
