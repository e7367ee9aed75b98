"""Signs of life of the periodic jobs, and the turn each takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, select, update

from flask_paystack.clock import Clock
from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.leases import CLOCK_SKEW, is_over
from flask_paystack.records.schema import jobs

SLACK = timedelta(seconds=1)
"""How much before its time a turn may be taken, so that timers and clocks that differ a little skip none."""


@dataclass(frozen=True)
class Turn:
    """The right to run a job this time, until its lease ends. It is kept by renewing it, and ended by ``end_turn``."""

    name: str
    fence: int
    next_due_at: datetime


class JobRecords:
    """When each job is due, who runs it, and when it last gave a sign of life.

    Who runs a job now, and when it is due again, are two things: a turn is over only once it was ended. Where its taker died,
    another takes it as soon as the lease has ended, however long the period is.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def take_turn(self, name: str, period: timedelta, lease: timedelta = timedelta(seconds=60)) -> Turn | None:
        """The right to run a job, where it is due and nobody runs it: one taker in each ``period``, over all processes."""
        now = self._clock.now()
        # Nobody believes an instant further off than it can be: it was written before our clock was set back.
        due = is_over(jobs.c.due_at, now + min(SLACK, period / 10), now + period + CLOCK_SKEW)
        free = is_over(jobs.c.lease_until, now, now + lease + CLOCK_SKEW)
        with self._database.reading() as connection:  # most who look find nothing to do, and need not write to see it
            known = connection.execute(select(jobs.c.name, and_(due, free)).where(jobs.c.name == name)).one_or_none()
        if known is not None and not known[1]:
            return None
        with self._database.writing() as connection:
            connection.execute(insert_or_nothing(connection, jobs).values(name=name, fence=0))
            taken = connection.execute(
                update(jobs)
                .where(jobs.c.name == name, due, free)
                .values(lease_until=now + lease, fence=jobs.c.fence + 1, beat_at=now)
                .returning(jobs.c.fence, jobs.c.due_at)
            ).one_or_none()
        return None if taken is None else Turn(name, taken.fence, _following(taken.due_at, now, period))

    def renew_turn(self, turn: Turn, lease: timedelta) -> bool:
        """Keep a turn that takes long, and give a sign of life. False where it is over, or somebody else has taken it."""
        now = self._clock.now()
        return self._update(turn, lease_until=now + lease, beat_at=now)

    def end_turn(self, turn: Turn) -> bool:
        """The job ran. False where somebody else has taken the turn over meanwhile."""
        return self._update(turn, lease_until=None, due_at=turn.next_due_at)

    def _update(self, turn: Turn, **values: datetime | None) -> bool:
        with self._database.writing() as connection:
            return (
                connection.execute(
                    update(jobs)
                    # An ended turn has no lease: a renewal that comes a moment later must not give it one.
                    .where(jobs.c.name == turn.name, jobs.c.fence == turn.fence, jobs.c.lease_until.is_not(None))
                    .values(**values)
                ).rowcount
                == 1
            )

    def now(self) -> datetime:
        """The instant that a sign of life given now would carry."""
        return self._clock.now()

    def last_beats(self) -> dict[str, datetime]:
        """When each job that ever ran last gave a sign of life: when a turn began, or was renewed."""
        with self._database.reading() as connection:
            return {row.name: row.beat_at for row in connection.execute(select(jobs)) if row.beat_at is not None}

    def turns_taken(self) -> dict[str, int]:
        """How often each job's turn was taken since the database was made."""
        with self._database.reading() as connection:
            return {row.name: row.fence for row in connection.execute(select(jobs.c.name, jobs.c.fence))}

    def beat(self, name: str) -> None:
        """Give a sign of life."""
        with self._database.writing() as connection:
            connection.execute(insert_or_nothing(connection, jobs).values(name=name, fence=0))
            connection.execute(update(jobs).where(jobs.c.name == name).values(beat_at=self._clock.now()))


def _following(due_at: datetime | None, now: datetime, period: timedelta) -> datetime:
    """When the next turn is due: a period after this one was due, so that those who look early or late add up to no more.

    Where nobody looked for long, what was missed is not made up for.
    """
    if due_at is None or not now - period / 2 <= due_at <= now + SLACK:
        return now + period
    return due_at + period
