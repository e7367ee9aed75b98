"""Removing what is old and done, a little at a time, so that nobody waits for it."""

from collections.abc import Iterator
from datetime import datetime

from flask_paystack.records import leases
from flask_paystack.records.database import Database
from flask_paystack.records.removing import remove_batches
from flask_paystack.records.schema import idempotency_keys, logins, messages, revoked_tokens, webhook_events
from flask_paystack.records.webhooks import KEPT


def prune(database: Database, before: datetime, now: datetime) -> Iterator[tuple[str, int]]:
    """Remove events that came, and messages that were sent, before an instant, and what has expired at ``now``.

    Payments, their timelines, refunds and hand-overs stay: they are what makes a payment settle once, whenever an event of it
    comes again. What waits for a person stays too. Yields each batch's table and size, once it is committed.
    """
    finished_events = webhook_events.c.state.in_([leases.DONE, KEPT])
    yield from remove_batches(database, webhook_events.c.last_delivery_at, before, finished_events)
    yield from remove_batches(database, messages.c.finished_at, before, messages.c.state == leases.DONE)
    yield from remove_batches(database, idempotency_keys.c.expires_at, now)
    yield from remove_batches(database, revoked_tokens.c.expires_at, now)
    yield from remove_batches(database, logins.c.expires_at, now)
