"""Incidents: opened once, however many processes notice, and closed when they are over."""

from collections.abc import Iterable

from sqlalchemy import select, update

from flask_paystack.clock import Clock
from flask_paystack.health.model import Incident
from flask_paystack.mail.model import Message
from flask_paystack.records import messages
from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.schema import incidents


class IncidentRecords:
    """At most one open incident of each name."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def open(self, incident: Incident, queued: Iterable[Message]) -> bool:
        """Open an incident and queue its mails. False, and nothing queued, where one of that name is open."""
        with self._database.writing() as connection:
            opened = connection.execute(insert_or_nothing(connection, incidents).values(**vars(incident)))
            if opened.rowcount == 1:
                messages.queue(connection, queued, self._clock.now())
        return opened.rowcount == 1

    def close(self, name: str) -> bool:
        """Close the open incident of that name. False where there is none."""
        with self._database.writing() as connection:
            closed = connection.execute(
                update(incidents)
                .where(incidents.c.name == name, incidents.c.closed_at.is_(None))
                .values(closed_at=self._clock.now())
            )
        return closed.rowcount == 1

    def list_open(self) -> list[Incident]:
        """Those that are not over, oldest first."""
        query = (
            select(incidents.c.name, incidents.c.sentence, incidents.c.opened_at)
            .where(incidents.c.closed_at.is_(None))
            .order_by(incidents.c.opened_at, incidents.c.name)
        )
        with self._database.reading() as connection:
            return [Incident(**row._mapping) for row in connection.execute(query)]
