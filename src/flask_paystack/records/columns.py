"""Column types that mean the same on SQLite and PostgreSQL."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from flask_paystack.card_codes import without_codes

RowId = BigInteger().with_variant(Integer, "sqlite")
"""A key that the database counts up itself."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Timezone-aware and in UTC on our side, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without a timezone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL and lone surrogates, which PostgreSQL refuses in text."""


class Name(TypeDecorator[str]):
    """Text by which rows are found. One with characters that cannot be kept is not found, instead of failing."""

    impl: TypeEngine[str] | type[TypeEngine[str]] = String
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__(length)
        self.length = length

    @property
    def python_type(self) -> type[str]:
        return str

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else UNKEEPABLE.sub("\N{REPLACEMENT CHARACTER}", value)


class Words(Name):
    """Text whose author we do not choose. It is kept as far as it can be: what it tells must not fail over how it is told.

    Characters that cannot be kept are replaced, authorization codes are taken out, and what is longer than the column is cut.
    """

    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__(length)
        if length is None:
            self.impl = Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        kept = super().process_bind_param(value, dialect)
        return None if kept is None else without_codes(kept)[: self.length]


_JSON = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))


class JsonText(TypeDecorator[Any]):
    """JSON kept as ASCII text: PostgreSQL's own JSON types refuse NUL and lone surrogates, which JSON may carry."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else _JSON.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)  # nosemgrep: lenient-json -- written by us
