"""A hundred thousand rows that expired, and sweeps that failed for a day (FAULTS R48).

The sweep must end within five seconds, hold no lock for more than 100 ms, and leave what is alive; what has expired must not
be accepted at any hour of the day on which nothing was swept. On SQLite, in the store and in the records. The controls remove
all in one statement, and take whatever is still there for alive.
"""

import argparse
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine

from flask_paystack.errors import InvalidSession
from flask_paystack.expiring import sql
from flask_paystack.expiring.encoding import microseconds
from flask_paystack.records import removing, upgrades
from flask_paystack.records.accounts import AccountRecords
from flask_paystack.records.database import Database
from flask_paystack.records.idempotency import IdempotencyRecords
from flask_paystack.records.schema import idempotency_keys, revoked_tokens
from flask_paystack.sessions.service import LIFETIME, Sessions
from tests.clock import ManualClock
from tests.faults import Outcome
from tests.faults.pair import scratch

CONTROLS = ("one-statement", "swept-is-expired")
WITHIN = 5.0
LONGEST_LOCK = 0.1
SAMPLE = 100
ADMINS = ("admin1",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return sweep(options.rows, options.control)


def sweep(rows: int, control: str | None = None, longest_lock: float = LONGEST_LOCK, sample: int = SAMPLE) -> Outcome:
    """Let ``rows`` expire in the store and in each table of the records, wait a day, and sweep."""
    clock = ManualClock()
    with ExitStack() as stack:
        directory = stack.enter_context(scratch())
        stack.enter_context(_broken(control))
        store = sql.SqlStore(f"sqlite:///{directory}/store.sqlite3", clock)
        stack.callback(store.close)
        sessions = Sessions(store, ADMINS)
        gone = [sessions.open("admin1") for _ in range(sample)]
        _fill_store(store, rows, clock)
        accepted = 0
        for _ in range(24):  # hours without a sweep
            clock.advance(3600)
            accepted += sum(_holds(sessions, token) for token in gone)
            gone = [sessions.open("admin1") for _ in range(sample)]
        swept = [_timed(store.engine, sessions.remove_expired_sessions)]
        live = sum(_holds(sessions, token) for token in gone)
        left = store.read(select(func.count()).select_from(sql.entries))[0][0]
        swept += _sweep_records(directory, rows, clock)
    numbers: dict[str, object] = {
        "rows": rows,
        "swept": [each.removed for each in swept],
        "seconds": [round(each.seconds, 2) for each in swept],
        "cpu_seconds": [round(each.cpu, 2) for each in swept],
        "longest_lock_ms": [round(each.longest * 1000, 1) for each in swept],
        "expired_accepted": accepted,
        "alive_kept": live,
        "rows_left": left,
    }
    in_time = all(each.seconds <= WITHIN and each.longest <= longest_lock for each in swept)
    is_whole = all(each.removed >= rows for each in swept)
    return Outcome(in_time and is_whole and not accepted and live == sample and left <= sample, numbers)


class _Timed:
    """What a sweep did, how long it took, and its longest transaction, from its first statement to the end of its commit."""

    def __init__(self) -> None:
        self.removed = 0
        self.seconds = 0.0
        self.cpu = 0.0
        self.longest = 0.0


def _timed(engine: Engine, act: Callable[[], int]) -> _Timed:
    told, began = _Timed(), [0.0]

    def begin(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("PRAGMA"):  # which locks nobody out
            began[0] = began[0] or time.perf_counter()

    def end(*_: Any) -> None:
        told.longest = max(told.longest, time.perf_counter() - began[0]) if began[0] else told.longest
        began[0] = 0.0

    # SQLAlchemy tells of a commit before it happens; a connection is given back after it.
    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "checkin", end)
    started, computed = time.perf_counter(), time.process_time()
    told.removed = act()
    told.seconds, told.cpu = time.perf_counter() - started, time.process_time() - computed
    event.remove(engine, "before_cursor_execute", begin)
    event.remove(engine, "checkin", end)
    return told


def _fill_store(store: sql.SqlStore, rows: int, clock: ManualClock) -> None:
    """Rows as sessions leave them."""
    expires_at = microseconds(clock.now() + LIFETIME)
    made = [
        {
            "map": "session_tokens",
            "key": secrets.token_hex(32).encode(),
            "value": '{"admin":"admin1"}',
            "expires_at": expires_at,
        }
        for _ in range(rows)
    ]
    with store.engine.execution_options(isolation_level="SERIALIZABLE").begin() as connection:
        connection.execute(sql.entries.insert(), made)


def _sweep_records(directory: Path, rows: int, clock: ManualClock) -> list[_Timed]:
    """The same for ended tokens and for idempotency keys."""
    database = Database(f"sqlite:///{directory}/records.sqlite3")
    upgrades.upgrade(database)
    over = clock.now() - timedelta(hours=1)
    ended = [{"jti": secrets.token_hex(11), "expires_at": over} for _ in range(rows)]
    keys = [
        {"scope": secrets.token_hex(32), "body_digest": "0" * 64, "order_id": "ord-1", "expires_at": over}
        for _ in range(rows)
    ]
    with database.writing() as connection:
        connection.execute(revoked_tokens.insert(), ended)
        connection.execute(idempotency_keys.insert(), keys)
    idempotency = IdempotencyRecords(database, clock, timedelta(days=1), timedelta(seconds=60))
    sweeps = (AccountRecords(database, clock).remove_expired_revocations, idempotency.remove_expired)
    timed = [_timed(database.engine, each) for each in sweeps]
    database.close()
    return timed


def _holds(sessions: Sessions, token: str) -> bool:
    try:
        sessions.who(token)
    except InvalidSession:
        return False
    return True


@contextmanager
def _broken(control: str | None) -> Iterator[None]:
    """The product, or one of its controls."""
    batches, value = (sql.SWEEP_BATCH, removing.BATCH), sql.SqlMap._value
    if control == "one-statement":
        sql.SWEEP_BATCH = removing.BATCH = 10**9
    if control == "swept-is-expired":
        sql.SqlMap._value = _whatever_is_there  # type: ignore[method-assign]
    try:
        yield
    finally:
        (sql.SWEEP_BATCH, removing.BATCH), sql.SqlMap._value = batches, value  # type: ignore[method-assign]


def _whatever_is_there(_map: sql.SqlMap, row: Any, _now: int) -> Any:
    return sql.text_value(row.value)
