"""Keys and values as backends keep them."""

import json
from datetime import UTC, datetime, timedelta
from typing import cast

from flask_paystack.expiring.contract import LONGEST_KEY, Json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def check_key(key: str) -> str:
    """The key itself. Raises TypeError if it is no string, ValueError if it is too long."""
    if not isinstance(key, str):
        raise TypeError(f"A key is a string, not {type(key).__name__}.")
    if len(key) > LONGEST_KEY:
        raise ValueError(f"A key has at most {LONGEST_KEY} characters; this one has {len(key)}.")
    return key


def key_bytes(key: str) -> bytes:
    """The key for backends that cannot keep every string: NUL and lone surrogates survive as bytes."""
    return check_key(key).encode("utf-8", "surrogatepass")


def value_text(value: Json) -> str:
    """The value as ASCII JSON. Raises TypeError for what would not come back equal."""
    try:
        text = json.dumps(value, allow_nan=False, separators=(",", ":"))
        same = value is not None and json.loads(text) == value  # nosemgrep: lenient-json -- written by us
    except (ValueError, RecursionError) as cause:
        raise TypeError("The value is not JSON.") from cause
    if not same:
        raise TypeError("The value is not JSON, or would not come back as it is.")
    return text


def text_value(text: str | bytes) -> Json:
    """What ``value_text`` was given."""
    return cast("Json", json.loads(text))  # nosemgrep: lenient-json -- written by us


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def duration_microseconds(duration: timedelta) -> int:
    """The duration in whole microseconds, exactly."""
    return duration // _MICROSECOND
