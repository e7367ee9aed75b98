"""Removing what is old and done, a little at a time, so that nobody waits for it."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Column, ColumnElement, delete, select

from flask_paystack.records import leases
from flask_paystack.records.database import Database
from flask_paystack.records.schema import idempotency_keys, messages, revoked_tokens, webhook_events
from flask_paystack.records.webhooks import KEPT

BATCH = 500
"""Rows of one transaction: few enough that it ends within 100 ms."""


def prune(database: Database, before: datetime, now: datetime) -> Iterator[tuple[str, int]]:
    """Remove events that came, and messages that were sent, before an instant, and what has expired at ``now``.

    Payments, their timelines, refunds and hand-overs stay: they are what makes a payment settle once, whenever an event of it
    comes again. What waits for a person stays too. Yields each batch's table and size, once it is committed.
    """
    finished_events = webhook_events.c.state.in_([leases.DONE, KEPT])
    yield from _remove(database, webhook_events.c.last_delivery_at, before, finished_events)
    yield from _remove(database, messages.c.finished_at, before, messages.c.state == leases.DONE)
    yield from _remove(database, idempotency_keys.c.expires_at, now)
    yield from _remove(database, revoked_tokens.c.expires_at, now)


def _remove(
    database: Database, at: Column[datetime], until: datetime, *where: ColumnElement[bool]
) -> Iterator[tuple[str, int]]:
    table = at.table
    (key,) = table.primary_key.columns
    # In the order of their index, or each batch would read again over all that those before it left behind.
    old = select(key).where(at < until, *where).order_by(at).limit(BATCH).with_for_update(skip_locked=True)
    while True:
        with database.writing() as connection:
            keys = connection.execute(old).scalars().all()
            removed = connection.execute(delete(table).where(key.in_(keys))).rowcount if keys else 0
        if not removed:
            return
        yield table.name, removed
