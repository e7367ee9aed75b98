"""A short run of ``python -m tests.faults race-confirm``, and the control that it must turn red."""

from pathlib import Path

from tests.faults import race_confirm
from tests.faults.fleet import make_ready


def test_race_confirm_settles_each_payment_once(database_url: str, tmp_path: Path) -> None:
    outcome = race_confirm.confirm(tmp_path, database_url, references=12, calls=16, processes=2)

    assert outcome.ok, str(outcome)


def test_control_race_confirm_sees_who_checks_and_then_inserts(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/payments.sqlite3"
    make_ready(url)
    outcome = race_confirm.confirm(tmp_path, url, 12, 16, 2, "check-then-insert")

    assert not outcome.ok
    assert int(str(outcome.numbers["twice"])) > 0
