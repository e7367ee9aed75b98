"""A short run of ``python -m tests.faults sqlite-busy``, and the control that it must turn red."""

from pathlib import Path

from tests.faults import sqlite_busy


def test_sqlite_busy_nobody_is_told_that_the_database_is_locked(tmp_path: Path) -> None:
    outcome = sqlite_busy.contend(tmp_path, 3, 60)
    assert outcome.ok, str(outcome)


def test_control_transactions_that_begin_as_readers_are_refused(tmp_path: Path) -> None:
    outcome = sqlite_busy.contend(tmp_path, 3, 60, "plain-begin")
    assert int(str(outcome.numbers["told_locked"])) > 0, str(outcome)
