"""Short runs of ``python -m tests.faults restore``, and the control that it must turn red."""

from pathlib import Path

from tests import machine
from tests.faults import restore


def test_restore_of_a_copy_taken_under_load_lacks_nothing(tmp_path: Path) -> None:
    machine.needs_program("sqlite3")
    outcome = restore.restore_sqlite(tmp_path, 200, before=1)
    assert outcome.ok, str(outcome)


def test_restore_of_a_dump_taken_under_load_lacks_nothing(tmp_path: Path) -> None:
    outcome = restore.restore_postgresql(tmp_path, 200, before=1)
    assert outcome.ok, str(outcome)


def test_control_a_copy_of_the_main_file_alone_lacks_events(tmp_path: Path) -> None:
    outcome = restore.restore_sqlite(tmp_path, 200, "main-file", before=0.5)
    assert int(str(outcome.numbers["lost"])) > 0, str(outcome)
