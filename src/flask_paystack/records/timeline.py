"""A payment's timeline: append-only."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from flask_paystack.payments.model import Entry
from flask_paystack.records.schema import payment_timeline

_ADD = insert(payment_timeline)


def write(connection: Connection, reference: str, entry: Entry, now: datetime) -> None:
    """Add a line within somebody's transaction."""
    connection.execute(
        _ADD,
        {
            "reference": reference,
            "at": now,
            "actor": entry.actor,
            "kind": entry.kind,
            "sentence": entry.sentence,
            "facts": dict(entry.facts),
        },
    )


def read(connection: Connection, reference: str) -> list[Entry]:
    """Every line, oldest first."""
    rows = connection.execute(
        select(payment_timeline).where(payment_timeline.c.reference == reference).order_by(payment_timeline.c.id)
    )
    return [Entry(actor=row.actor, kind=row.kind, sentence=row.sentence, facts=row.facts, at=row.at) for row in rows]
