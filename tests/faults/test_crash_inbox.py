"""A short run of ``python -m tests.faults crash-inbox``, and the controls that it must turn red."""

from pathlib import Path

import pytest

from tests.faults import crash_inbox

EVENTS = 1000
KILL_EVERY = 2.0


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/payments.sqlite3"
    url: str = request.getfixturevalue("postgres_url")
    return url


def test_what_was_acknowledged_survives_kill_9_and_settles_once(database_url: str, tmp_path: Path) -> None:
    outcome = crash_inbox.crash(tmp_path, database_url, EVENTS, KILL_EVERY)

    assert outcome.ok, str(outcome)


def test_control_an_answer_before_the_commit_loses_events(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/payments.sqlite3"
    outcome = crash_inbox.crash(tmp_path, url, 400, 1.0, "ack-first")

    assert not outcome.ok
    assert int(str(outcome.numbers["lost"])) > 0


def test_control_an_effect_apart_from_its_mark_settles_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/payments.sqlite3"
    outcome = crash_inbox.crash(tmp_path, url, 400, 1.0, "two-transactions")

    assert not outcome.ok
    assert int(str(outcome.numbers["twice"])) > 0
