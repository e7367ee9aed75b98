"""SQLite connections that keep what they acknowledged, opened by many at once."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from flask_paystack.sqlite_durability import make_durable
from tests.race import race

ROUNDS = 60


def modes_of_a_new_connection(path: Path, wait: float = 10) -> tuple[str, int]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        make_durable(connection, wait)
        journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
        return journal, connection.execute("PRAGMA synchronous").fetchone()[0]


def test_those_who_open_a_new_file_at_the_same_time_all_get_their_turn(tmp_path: Path) -> None:
    """Without the tries, SQLite refuses some of them at once in nearly every run of this test."""
    for number in range(ROUNDS):
        modes = race(8, partial(modes_of_a_new_connection, tmp_path / f"{number}.sqlite3"))
        assert modes == [("wal", 2)] * 8


def test_a_file_that_stays_locked_is_an_error(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "locked.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            modes_of_a_new_connection(tmp_path / "locked.sqlite3", wait=0.05)


def test_a_file_that_is_no_database_is_an_error_at_once(tmp_path: Path) -> None:
    path = tmp_path / "text.sqlite3"
    path.write_text("This is not a database, however long it is." * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        modes_of_a_new_connection(path)
