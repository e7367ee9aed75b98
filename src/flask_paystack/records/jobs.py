"""Signs of life of the periodic jobs, and the turn each takes."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from flask_paystack.clock import Clock
from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.schema import jobs


class JobRecords:
    """When each job last ran, whoever ran it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def take_turn(self, name: str, period: timedelta) -> bool:
        """Whether the caller runs the job this time: at most one taker in each ``period``, over all processes."""
        now = self._clock.now()
        with self._database.writing() as connection:
            connection.execute(insert_or_nothing(connection, jobs).values(name=name, fence=0))
            taken = connection.execute(
                update(jobs)
                .where(jobs.c.name == name, or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= now))
                .values(lease_until=now + period, fence=jobs.c.fence + 1, beat_at=now)
            )
        return taken.rowcount == 1

    def now(self) -> datetime:
        """The instant that a sign of life given now would carry."""
        return self._clock.now()

    def last_beats(self) -> dict[str, datetime]:
        """When each job that ever ran did so last."""
        with self._database.reading() as connection:
            return {row.name: row.beat_at for row in connection.execute(select(jobs)) if row.beat_at is not None}

    def beat(self, name: str) -> None:
        """Give a sign of life."""
        with self._database.writing() as connection:
            connection.execute(insert_or_nothing(connection, jobs).values(name=name, fence=0))
            connection.execute(update(jobs).where(jobs.c.name == name).values(beat_at=self._clock.now()))
