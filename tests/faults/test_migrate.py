"""A short run of ``python -m tests.faults migrate``, and the control that it must turn red."""

from pathlib import Path

import pytest

from tests.faults import migrate


@pytest.mark.slow
def test_migrate_the_old_program_and_the_next_answer_on_and_lose_nothing(tmp_path: Path) -> None:
    outcome = migrate.migrate(tmp_path, f"sqlite:///{tmp_path}/payments.sqlite3", 2000, spell=0.5)
    assert outcome.ok, str(outcome)


@pytest.mark.slow
def test_control_a_renamed_column_stops_both_programs(tmp_path: Path) -> None:
    outcome = migrate.migrate(tmp_path, f"sqlite:///{tmp_path}/payments.sqlite3", 10, "rename", spell=0.5)
    assert not outcome.ok
    assert str(outcome.numbers["old_program_200_afterwards"]).startswith("0_of_"), str(outcome)
