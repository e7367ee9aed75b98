"""What callers send: bodies, amounts, references, metadata, dates (CONTRACT §1, §2)."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from flask import Request

from paystack_simulator import errors
from paystack_simulator.errors import Refused

MOST = 10_000_000 * 100
"""The largest amount, in subunits. The contract gives 10,000,000 without its unit; we read whole units (CONTRACT §9)."""

DEEPEST = 100
"""How deep metadata may nest. Paystack's own limit is not documented; ours keeps Python able to write it out again."""

DEEPEST_BODY = 2 * DEEPEST
"""How deep a body may nest at all. How much of that Python's reader bears depends on its version; this does not."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_REFERENCE = re.compile(r"[A-Za-z0-9.=_-]+")
_TOO_LARGE = 10**30
_INTEGER = re.compile(r"-?[0-9]+")


def body(request: Request) -> dict[str, Any]:
    """The fields of a request body, JSON or form-encoded (CONTRACT §1)."""
    if request.mimetype == "application/x-www-form-urlencoded":
        return dict(request.form.items())
    raw = request.get_data()
    if not raw:
        return {}
    try:
        fields = json.loads(raw)
        # A lone surrogate can be read but never written again.
        json.dumps(fields, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused(errors.INVALID_BODY) from None
    if not isinstance(fields, dict) or _nests_deeper(fields, DEEPEST_BODY):
        raise Refused(errors.INVALID_BODY)
    return fields


def _nests_deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects lie in one another more than ``levels`` deep."""
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for each in layer
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return any(isinstance(each, dict | list) for each in layer)


def email(fields: dict[str, Any]) -> str:
    """The payer's address."""
    value = fields.get("email")
    if value is None:
        raise Refused(errors.EMAIL_REQUIRED)
    if value == "":
        raise Refused(errors.EMAIL_EMPTY)
    if not isinstance(value, str) or not _EMAIL.fullmatch(value):
        raise Refused(errors.INVALID_EMAIL)
    return value


def is_missing(value: object) -> bool:
    """Whether a field was left out, or sent as null or an empty string."""
    return value is None or value == ""


def amount(fields: dict[str, Any]) -> int:
    """The amount in subunits: 100, "100" and 100.0 pass; 100.5 and "100.50" do not (CONTRACT §2)."""
    value = fields.get("amount")
    if is_missing(value):
        raise Refused(errors.INVALID_AMOUNT)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str) or not _INTEGER.fullmatch(text_of(value)):
        raise Refused(errors.AMOUNT_NOT_INTEGER)
    digits = text_of(value)
    if digits.startswith("-") or not digits.strip("0"):
        raise Refused(errors.INVALID_AMOUNT)
    if len(digits.lstrip("0")) > 19 or int(digits) > MOST:
        raise Refused(errors.AMOUNT_LIMIT_EXCEEDED)
    return int(digits)


def text_of(value: int | str) -> str:
    """The digits of an integer. Python refuses to write out very long ones, so those become one too large for any use."""
    if isinstance(value, str):
        return value
    return str(value) if abs(value) < _TOO_LARGE else str(_TOO_LARGE) if value > 0 else "-1"


def currency(fields: dict[str, Any], supported: list[str]) -> str:
    """The currency asked for, or the integration's own: the first it supports."""
    value = fields.get("currency")
    if is_missing(value):
        return supported[0]
    if value not in supported:
        raise Refused(errors.CURRENCY_NOT_SUPPORTED)
    return str(value)


def reference(fields: dict[str, Any]) -> str | None:
    """The caller's own reference. ``_`` passes too, as the test API lets it (CONTRACT §2)."""
    value = fields.get("reference")
    if is_missing(value):
        return None
    if isinstance(value, bool) or not isinstance(value, int | str) or not _REFERENCE.fullmatch(text_of(value)):
        raise Refused(errors.INVALID_REFERENCE)
    return text_of(value)


def metadata(fields: dict[str, Any]) -> Any:
    """Metadata as it will come back: numbers as strings, None if none was sent (CONTRACT §2).

    Malformed metadata draws the misleading ``Invalid Amount Sent``, as it has been seen to.
    """
    value = fields.get("metadata")
    if is_missing(value):
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise Refused(errors.INVALID_AMOUNT) from None
    return _numbers_as_text(value)


def _numbers_as_text(value: Any, depth: int = 0) -> Any:
    if isinstance(value, dict | list) and depth >= DEEPEST:
        raise Refused(errors.INVALID_AMOUNT)
    if isinstance(value, dict):
        return {key: _numbers_as_text(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers_as_text(item, depth + 1) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return json.dumps(value)
    return value


def text(fields: dict[str, Any], name: str) -> str | None:
    """A field that is text, or None."""
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def date(arguments: dict[str, str], name: str) -> datetime | None:
    """A date of a list's filter, in UTC where it names no zone."""
    value = arguments.get(name)
    if not value:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise Refused(errors.invalid_date(name)) from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def count(arguments: dict[str, str], name: str, default: int) -> int:
    """A positive number of a query; anything else means the default."""
    value = arguments.get(name, "")
    if value.isascii() and value.isdigit() and 0 < len(value) < 10 and int(value) > 0:
        return int(value)
    return default


def identifier(value: str) -> int:
    """A numeric id, or 0, which nothing has."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 20 else 0
