"""Work that waits in a table, claimed by one worker at a time.

A claim holds until its lease ends and carries a fencing number. Whoever takes over counts it up, so that a worker which was
frozen and wakes up cannot finish what is no longer its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    func,
    or_,
    select,
    update,
)

from flask_paystack.errors import LeaseLost

WAITING = "waiting"
"""The state of work still to be done. Every other state ends it, until a person sends it round again."""
DONE = "done"
DEAD = "dead"
"""Given up after its last try; a person is shown it."""
LONGEST_LEASE = timedelta(seconds=90)
"""No claim is given for longer."""
CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of the machines that share the records may differ."""


@dataclass(frozen=True)
class Claim:
    """The right to finish one piece of work."""

    table: str
    id: int | str
    fence: int
    attempt: int
    """Which try this is, from 1."""


def new_work(now: datetime) -> dict[str, Any]:
    """The values of the work columns for work that may start at once."""
    return {"state": WAITING, "attempts": 0, "next_attempt_at": now, "fence": 0}


Instant = datetime | BindParameter[datetime]
"""An instant, or the name under which a statement is given one each time."""


def is_over(column: ColumnElement[datetime | None], now: Instant, latest: Instant) -> ColumnElement[bool]:
    """An instant that has come. Nobody believes one after ``latest``: it was written before our clock was set back."""
    return or_(column.is_(None), column <= now, column > latest)


# Statements that are run for every piece of work are made once: to make one takes longer than to run it.


@cache
def _due(table: Table, *, planned_ahead: bool) -> Select[Any]:
    """The ids of work that is waiting, due, and in nobody's hands, oldest first.

    Args:
        planned_ahead: whether a first try may be meant for later. Where it may not, one that is was written before our clock
            was set back, and is due.
    """
    due = (table.c.next_attempt_at <= bindparam("now")) | table.c.lease_until.is_not(None)  # what was claimed was due
    if not planned_ahead:
        due |= (table.c.attempts == 0) & (table.c.next_attempt_at > bindparam("skewed"))
    free = is_over(table.c.lease_until, bindparam("now"), bindparam("longest"))
    return (
        select(table.c.id)
        .where(table.c.state == WAITING, due, free)
        .order_by(table.c.next_attempt_at, table.c.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def _ids_due(
    connection: Connection, table: Table, now: datetime, limit: int, *, planned_ahead: bool = False
) -> Sequence[int | str]:
    instants = {"now": now, "skewed": now + CLOCK_SKEW, "longest": now + LONGEST_LEASE}
    due = _due(table, planned_ahead=planned_ahead)
    return connection.execute(due, {**instants, "most": limit}).scalars().all()


@cache
def _claim(table: Table) -> Update:
    return (
        update(table)
        .where(table.c.id.in_(bindparam("ids", expanding=True)))
        .values(lease_until=bindparam("until"), fence=table.c.fence + 1, attempts=table.c.attempts + 1)
        .returning(table)
    )


@cache
def _close_claimed(table: Table) -> Update:
    return update(table).where(
        table.c.id == bindparam("claimed_id"), table.c.fence == bindparam("claimed_fence"), table.c.state == WAITING
    )


def claim_rows(
    connection: Connection,
    table: Table,
    now: datetime,
    lease: timedelta,
    limit: int,
    *,
    planned_ahead: bool = False,
) -> Sequence[Row[Any]]:
    """Claim at most ``limit`` rows of ``table``, oldest first, for the length of ``lease``, at most ``LONGEST_LEASE``.

    ``planned_ahead``: whether a first try may be meant for later, as in ``_due``.
    """
    ids = _ids_due(connection, table, now, limit, planned_ahead=planned_ahead)
    if not ids:
        return []
    rows = connection.execute(_claim(table), {"ids": ids, "until": now + lease}).all()
    return sorted(rows, key=lambda row: ids.index(row.id))


@cache
def _finish_due(table: Table) -> Update:
    return (
        update(table)
        .where(table.c.id.in_(bindparam("ids", expanding=True)))
        .values(state=DONE, lease_until=None, fence=table.c.fence + 1, attempts=table.c.attempts + 1, error=None)
        .returning(table)
    )


def finish_due(connection: Connection, table: Table, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """End at most ``limit`` rows that could be claimed, as nothing needs to be done for them."""
    ids = _ids_due(connection, table, now, limit)
    return connection.execute(_finish_due(table), {"ids": ids, "finished_at": now}).all() if ids else []


def next_lease_end(connection: Connection, table: Table, now: datetime) -> datetime | None:
    """When the first lease ends that somebody holds on waiting work. None where nobody holds any."""
    held = (table.c.state == WAITING) & (table.c.lease_until > now) & (table.c.lease_until <= now + LONGEST_LEASE)
    ends: datetime | None = connection.execute(select(func.min(table.c.lease_until)).where(held)).scalar_one()
    return ends


def claim_of(table: Table, row: Row[Any]) -> Claim:
    """The claim that a row returned by ``claim_rows`` stands for."""
    return Claim(table.name, row.id, row.fence, row.attempts)


def finish(connection: Connection, table: Table, claim: Claim, now: datetime, state: str, **values: Any) -> None:
    """End the claimed work in ``state``.

    Raises:
        LeaseLost: somebody took it over; the transaction must not commit.
    """
    _close(connection, table, claim, {"state": state, "finished_at": now, **values})


def put_back(connection: Connection, table: Table, claim: Claim, retry_at: datetime, **values: Any) -> None:
    """Leave the claimed work for a later try. Raises LeaseLost as ``finish`` does.

    Where ``values`` has ``attempts``, it says how many tries have been spent: one that was not really made need not count.
    """
    _close(connection, table, claim, {"next_attempt_at": retry_at, **values})


def _close(connection: Connection, table: Table, claim: Claim, values: Mapping[str, Any]) -> None:
    named = {"claimed_id": claim.id, "claimed_fence": claim.fence}
    closed = connection.execute(_close_claimed(table), {**named, "lease_until": None, **values})
    if closed.rowcount != 1:
        raise LeaseLost(f"The lease on {claim.table} {claim.id} ended; somebody else works on it now.")


def send_round_again(
    connection: Connection,
    table: Table,
    id: int | str,  # noqa: A002
    now: datetime,
    **values: Any,
) -> bool:
    """Make ended work wait again, from its first try, with ``values`` changed. No claim from before counts any more.

    False where there is no such row, or it waits already.
    """
    again = connection.execute(
        update(table)
        .where(table.c.id == id, table.c.state != WAITING)
        .values(
            state=WAITING,
            attempts=0,
            next_attempt_at=now,
            lease_until=None,
            fence=table.c.fence + 1,
            finished_at=None,
            **values,
        )
    )
    return again.rowcount == 1
