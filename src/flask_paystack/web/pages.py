"""Query parameters of lists: ``after``, ``limit`` and instants."""

import re
from datetime import UTC, datetime

from flask import request

from flask_paystack.errors import Invalid

LONGEST = 100
USUAL = 20
LOST_PLUS = re.compile(r"(:\S*) (\d\d:?\d\d)$", re.ASCII)
"""A time and its offset, whose plus nobody escaped: in an address it means a space."""


def after() -> str | None:
    """The cursor of the page asked for."""
    return request.args.get("after") or None


def limit() -> int:
    """How many items are asked for: 1 to 100, usually 20."""
    text = request.args.get("limit", str(USUAL))
    if not re.fullmatch(r"[0-9]{1,3}", text, re.ASCII) or not 1 <= int(text) <= LONGEST:
        raise Invalid("That is no page length.", {"limit": f"A whole number from 1 to {LONGEST}."})
    return int(text)


def instant(name: str) -> datetime | None:
    """A moment in ISO 8601; without a timezone it is read as UTC."""
    text = request.args.get(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(LOST_PLUS.sub(r"\1+\2", text))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("That is no moment.", {name: "Write ISO 8601, like 2026-03-01T10:00:00Z."}) from None
