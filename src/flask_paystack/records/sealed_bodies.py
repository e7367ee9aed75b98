"""The bytes of an event as they are kept: sealed, or in clear where a program older than sealing kept them."""

from typing import Any

from sqlalchemy import bindparam, func, select, text, update

from flask_paystack.records.database import Database
from flask_paystack.records.schema import webhook_events
from flask_paystack.sealing import Seal, key_of

IN_CLEAR = webhook_events.c.sealed_with.is_(None)
SEAL = update(webhook_events).where(webhook_events.c.id == bindparam("of"), IN_CLEAR)

BATCH = 100
"""Rows sealed in one transaction: few enough that it ends within 100 ms."""


def sealed_body(seal: Seal, digest: str, body: bytes) -> dict[str, Any]:
    """The values that keep a body of that digest."""
    sealed = seal.seal(body, _about(digest))
    return {"body": sealed, "sealed_with": key_of(sealed)}


def opened_body(seal: Seal, digest: str, body: bytes, sealed_with: int | None) -> bytes:
    """A body as it came. Raises CannotOpen."""
    return body if sealed_with is None else seal.open(body, _about(digest))


def _about(digest: str) -> str:
    return f"webhook_events.body {digest}"


class ClearBodies:
    """Bodies that lie in clear, until they are sealed."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    def seal_some(self) -> int:
        """Seal some of them; how many lay in clear. Safe when others do the same: a body is sealed once."""
        query = select(webhook_events.c.id, webhook_events.c.digest, webhook_events.c.body).where(IN_CLEAR)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(webhook_events.c.id).limit(BATCH)).all()
        sealed = [{"of": row.id, **sealed_body(self._seal, row.digest, bytes(row.body))} for row in rows]
        if sealed:
            with self._database.writing() as connection:
                if self._database.is_sqlite:
                    connection.execute(text("PRAGMA secure_delete=ON"))  # or the file would keep what it lets go of
                connection.execute(SEAL, sealed)
        return len(rows)

    def count(self) -> int:
        """How many there are."""
        with self._database.reading() as connection:
            return int(
                connection.execute(select(func.count()).select_from(webhook_events).where(IN_CLEAR)).scalar_one()
            )

    def count_sealed_with(self, numbers: list[int]) -> int:
        """How many bodies are sealed under the keys of those numbers. It reads all there are."""
        query = select(func.count()).select_from(webhook_events).where(webhook_events.c.sealed_with.in_(numbers))
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())
