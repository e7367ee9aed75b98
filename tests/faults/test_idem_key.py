"""A short run of ``python -m tests.faults idem-key``, and the control that it must turn red."""

from pathlib import Path

from tests.faults import idem_key, silence
from tests.faults.fleet import make_ready


def test_idem_key_opens_one_payment_however_many_come_at_once(database_url: str, tmp_path: Path) -> None:
    with silence():
        outcome = idem_key.open_by_key(tmp_path, database_url, parallel=40, rounds=2)

    assert outcome.ok, str(outcome)


def test_control_idem_key_sees_keys_that_one_process_alone_knows(tmp_path: Path) -> None:
    database_url = f"sqlite:///{tmp_path}/payments.sqlite3"
    make_ready(database_url)
    with silence():
        outcome = idem_key.open_by_key(tmp_path, database_url, 40, 1, "keys-in-process")

    assert not outcome.ok
    assert int(str(outcome.numbers["opened_twice"])) > 0
