"""Keyset pages: the next page starts after a row, not at a count, so rows that arrive meanwhile move nothing."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Connection, Row, Select, tuple_

from flask_paystack import strict_json
from flask_paystack.errors import Invalid

Item = TypeVar("Item")

LONGEST = 100
USUAL = 20


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items, newest first, and the cursor of the next page; None on the last."""

    items: Sequence[Item]
    next: str | None


def read_page(
    connection: Connection,
    query: Select[Any],
    keys: Sequence[Column[Any]],
    make: Callable[[Row[Any]], Item],
    after: str | None,
    limit: int,
) -> Page[Item]:
    """The rows of ``query`` in descending order of ``keys`` (together unique), behind the cursor ``after``.

    Raises:
        Invalid: ``after`` is no cursor of ours.
    """
    if after is not None:
        query = query.where(tuple_(*keys) < tuple_(*_read_cursor(after, keys)))
    rows = connection.execute(query.order_by(*(key.desc() for key in keys)).limit(limit + 1)).all()
    shown = rows[:limit]
    more = _cursor([shown[-1]._mapping[key] for key in keys]) if len(rows) > limit else None
    return Page([make(row) for row in shown], more)


def _cursor(values: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, keys: Sequence[Column[Any]]) -> list[Any]:
    try:
        plain = strict_json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=="))
        return [_typed(value, key.type.python_type) for value, key in zip(plain, keys, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise Invalid("That is not a page.", {"after": "Pass on the `next` of the page before, as it is."}) from None


def _typed(value: Any, kind: type) -> Any:
    if kind is datetime:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise ValueError("an instant without a timezone")
        return found.astimezone(UTC)
    if kind is int and type(value) is int and 0 <= value < 2**63:
        return value
    if kind is str and isinstance(value, str) and value.isascii() and value.isprintable():
        return value
    raise TypeError("not a key of ours")
