"""Removing many rows a few at a time, so that nobody waits long for the lock."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Column, ColumnElement, delete, select

from flask_paystack.records.database import Database

BATCH = 500
"""Rows of one transaction: few enough that it ends within 100 ms."""


def remove_batches(
    database: Database, at: Column[datetime], until: datetime, *where: ColumnElement[bool]
) -> Iterator[tuple[str, int]]:
    """Remove the rows of a table whose ``at`` is not after an instant. Yields each batch, once it is committed."""
    table = at.table
    (key,) = table.primary_key.columns
    # In the order of their index, or each batch would read again over all that those before it left behind.
    old = select(key).where(at <= until, *where).order_by(at).limit(BATCH).with_for_update(skip_locked=True)
    while True:
        with database.writing() as connection:
            keys = connection.execute(old).scalars().all()
            removed = connection.execute(delete(table).where(key.in_(keys))).rowcount if keys else 0
        if not removed:
            return
        yield table.name, removed
