"""Hand-overs waiting, accepted and given up."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from flask_paystack.clock import Clock
from flask_paystack.handover.model import Handover
from flask_paystack.records import leases
from flask_paystack.records.database import Database
from flask_paystack.records.leases import Claim
from flask_paystack.records.pages import Page, read_page
from flask_paystack.records.schema import handovers

_ADD = insert(handovers)


def queue(connection: Connection, reference: str, now: datetime) -> None:
    """Add the hand-over of a payment within the transaction that settles it."""
    connection.execute(
        _ADD,
        {
            "id": f"evt_{secrets.token_hex(16)}",
            "reference": reference,
            "created_at": now,
            "accepted_by": [],
            **leases.new_work(now),
        },
    )


class HandoverRecords:
    """One hand-over for each settled payment."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def claim(self, limit: int, lease: timedelta) -> list[tuple[Claim, Handover]]:
        """Claim at most ``limit`` hand-overs that are due."""
        with self._database.writing() as connection:
            rows = leases.claim_rows(connection, handovers, self._clock.now(), lease, limit)
        return [(leases.claim_of(handovers, row), _handover(row)) for row in rows]

    def pass_over(self, limit: int) -> list[str]:
        """End at most ``limit`` hand-overs that are due, as accepted by nobody; the references of their payments."""
        with self._database.writing() as connection:
            return [row.reference for row in leases.finish_due(connection, handovers, self._clock.now(), limit)]

    def next_lease_end(self) -> datetime | None:
        """When the first claim that holds will end; None where none does."""
        with self._database.reading() as connection:
            return leases.next_lease_end(connection, handovers, self._clock.now())

    def accepted(self, claim: Claim, accepted_by: Sequence[str]) -> None:
        """Every receiver said yes. Raises LeaseLost."""
        with self._database.writing() as connection:
            leases.finish(
                connection,
                handovers,
                claim,
                self._clock.now(),
                leases.DONE,
                error=None,
                accepted_by=list(accepted_by),
            )

    def refused(self, claim: Claim, accepted_by: Sequence[str], error: str, retry_at: datetime | None) -> None:
        """Some receiver did not say yes: try the rest again at ``retry_at``, or never. Raises LeaseLost."""
        told = {"error": error, "accepted_by": list(accepted_by)}
        with self._database.writing() as connection:
            if retry_at is None:
                leases.finish(connection, handovers, claim, self._clock.now(), leases.DEAD, **told)
            else:
                leases.put_back(connection, handovers, claim, retry_at, **told)

    def repeat(self, id: str) -> bool:  # noqa: A002
        """Tell every receiver of an ended hand-over once more, those too that accepted it, as they may have lost it since.

        False where there is none, or it waits already.
        """
        with self._database.writing() as connection:
            return leases.send_round_again(connection, handovers, id, self._clock.now(), accepted_by=[])

    def get_by_reference(self, reference: str) -> Handover | None:
        """The hand-over of a settled payment."""
        with self._database.reading() as connection:
            row = connection.execute(select(handovers).where(handovers.c.reference == reference)).one_or_none()
        return None if row is None else _handover(row)

    def list_page(self, after: str | None, limit: int, state: str | None = None) -> Page[Handover]:
        """Hand-overs, newest first."""
        query = select(handovers)
        if state is not None:
            query = query.where(handovers.c.state == state)
        with self._database.reading() as connection:
            return read_page(connection, query, [handovers.c.created_at, handovers.c.id], _handover, after, limit)


def _handover(row: Row[Any]) -> Handover:
    return Handover(
        id=row.id,
        reference=row.reference,
        created_at=row.created_at,
        accepted_by=tuple(row.accepted_by),
        state=row.state,
        attempts=row.attempts,
        error=row.error,
        next_attempt_at=row.next_attempt_at,
        finished_at=row.finished_at,
    )
