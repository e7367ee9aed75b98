"""A short run of ``python -m tests.faults rolling``, and the control that it must turn red."""

from pathlib import Path

import pytest

from tests.faults import rolling, silence
from tests.faults.fleet import make_ready


@pytest.mark.slow
def test_rolling_restart_under_load_breaks_off_and_loses_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/payments.sqlite3"
    make_ready(url)
    with silence():
        outcome = rolling.restart(tmp_path, url, restarts=2, rate=30)

    assert outcome.ok, str(outcome)


@pytest.mark.slow
def test_control_rolling_restart_loses_what_a_daemon_thread_was_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/payments.sqlite3"
    make_ready(url)
    with silence():
        outcome = rolling.restart(tmp_path, url, 1, 300, "daemon-thread")

    assert not outcome.ok
    assert int(str(outcome.numbers["lost"])) > 0
