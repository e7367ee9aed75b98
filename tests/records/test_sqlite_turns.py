"""Processes that write to one SQLite file in turn. Connections of their own stand for processes."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flask_paystack.records.sqlite_turns import begin_writing
from flask_paystack.sqlite_durability import make_durable


@pytest.fixture
def connections(tmp_path: Path) -> Iterator[list[sqlite3.Connection]]:
    path = tmp_path / "payments.sqlite3"
    with (
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as one,
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as two,
    ):
        make_durable(one, 10)
        make_durable(two, 10)
        yield [one, two]


def seconds_until_the_next_has_its_turn(holder: sqlite3.Connection, waiter: sqlite3.Connection, held: float) -> float:
    begin_writing(holder, 10)
    waits = threading.Event()
    begun: list[float] = []

    def write() -> None:
        waits.set()
        begin_writing(waiter, 10)
        begun.append(time.monotonic())
        waiter.execute("ROLLBACK")

    thread = threading.Thread(target=write)
    thread.start()
    waits.wait(10)
    threading.Event().wait(held)
    holder.execute("COMMIT")
    released = time.monotonic()
    thread.join(10)
    return begun[0] - released


def test_a_writer_has_its_turn_soon_after_another_process_is_done(connections: list[sqlite3.Connection]) -> None:
    """SQLite itself looks 0.328 and 0.428 seconds after it began to wait, and every 0.1 seconds from then on."""
    assert min(seconds_until_the_next_has_its_turn(*connections, held=0.34) for _ in range(3)) < 0.05


def test_a_writer_that_waited_too_long_is_told_so_and_can_begin_later(connections: list[sqlite3.Connection]) -> None:
    holder, waiter = connections
    begin_writing(holder, 10)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        begin_writing(waiter, 0.05)
    holder.execute("COMMIT")
    begin_writing(waiter, 10)
    assert waiter.in_transaction


def test_statements_wait_as_before(connections: list[sqlite3.Connection]) -> None:
    begin_writing(connections[0], 10)
    assert connections[0].execute("PRAGMA busy_timeout").fetchone() == (10000,)


def test_what_is_no_matter_of_turns_is_an_error_at_once(connections: list[sqlite3.Connection]) -> None:
    begin_writing(connections[0], 10)
    with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
        begin_writing(connections[0], 10)
