"""Reading what happened: in our database, past our own code, and at Paystack."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paystack_simulator.model import Transaction
from tests.state_machine.model import Attempt, Told

TRIGGER = """
CREATE TABLE steps (id INTEGER PRIMARY KEY, reference TEXT, order_id TEXT, before TEXT, after TEXT, settled BOOLEAN);
CREATE TRIGGER note_steps AFTER UPDATE ON payments WHEN old.status <> new.status
BEGIN
    INSERT INTO steps (reference, order_id, before, after, settled)
    VALUES (new.reference, new.order_id, old.status, new.status, new.settled_at IS NOT NULL);
END;
"""
WARNINGS = ("order_paid_twice", "payment_quarantined")


@dataclass(frozen=True)
class Step:
    """A change of a payment's status, as the database itself saw it committed."""

    reference: str
    order: str
    before: str
    after: str
    settled: bool


@dataclass(frozen=True)
class Opened:
    """What stays of a payment from its opening on."""

    reference: str
    order: str
    amount: int
    currency: str
    by_us: bool


class Books:
    """The database of a shop, with a trigger that notes every step."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(TRIGGER)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def begin_anew(self) -> None:
        """Forget the steps."""
        self._rows("DELETE FROM steps")

    def _rows(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, given).fetchall()

    def steps(self) -> list[Step]:
        """Every step so far, in the order of their commits."""
        return [
            Step(*row)
            for row in self._rows("SELECT reference, order_id, before, after, settled FROM steps ORDER BY id")
        ]

    def opened(self) -> list[Opened]:
        """Every payment, oldest first."""
        query = "SELECT reference, order_id, amount, currency, retry_of IS NOT NULL FROM payments ORDER BY rowid"
        return [Opened(*row) for row in self._rows(query)]

    def waiting_events(self) -> int:
        """How many events are not done with."""
        return int(self._rows("SELECT count(*) FROM webhook_events WHERE state NOT IN ('done', 'kept')")[0][0])

    def told(self) -> dict[str, Told]:
        """What we made of each payment."""
        settled = self._counts(
            "SELECT reference, count(*) FROM payment_timeline WHERE kind IN ('settled', 'accepted') GROUP BY 1"
        )
        handovers = self._counts("SELECT reference, count(*) FROM handovers GROUP BY 1")
        taken = self._counts(
            "SELECT reference, sum(amount) FROM refunds WHERE status NOT IN ('requested', 'failed', 'not made')"
            " GROUP BY 1"
        )
        processed = self._counts("SELECT reference, sum(amount) FROM refunds WHERE status = 'processed' GROUP BY 1")
        mails: dict[tuple[str, str], int] = {}
        for kind, identity, reference in self._rows("SELECT kind, identity, reference FROM messages"):
            # A letter that we try no more, or that an operator sends again, is told for another reason than failing.
            name = "failed" if identity.startswith("failed.") else kind
            mails[name, reference] = mails.get((name, reference), 0) + 1
        return {
            reference: Told(
                reference=reference,
                order=order,
                status=status,
                settled=settled.get(reference, 0),
                receipts=mails.get(("receipt", reference), 0),
                handovers=handovers.get(reference, 0),
                notices=mails.get(("failed", reference), 0),
                warnings=sum(mails.get((kind, reference), 0) for kind in WARNINGS),
                taken_back=taken.get(reference, 0),
                processed=processed.get(reference, 0),
            )
            for reference, order, status in self._rows("SELECT reference, order_id, status FROM payments")
        }

    def _counts(self, query: str) -> Mapping[str, int]:
        return dict(self._rows(query))


def take_in(attempt: Attempt, there: Transaction | None) -> None:
    """What the bank did, by Paystack's own books."""
    if there is None:
        return
    attempt.is_dead = there.status == "failed"
    if there.paid:
        attempt.paid = there.amount
        whole = there.requested_amount == attempt.due and there.amount >= attempt.due
        attempt.paid_as_asked = whole and there.currency == attempt.currency
    attempt.refunds = {each.id: (each.amount, str(each.status)) for each in there.refunds}
