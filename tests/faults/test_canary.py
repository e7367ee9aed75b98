"""No secret shows where it should not, and one that does is found."""

import pytest

from tests.faults import canary


def test_no_secret_is_told_to_anyone_but_its_owner(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = canary.look()
    assert outcome.ok, f"{outcome}\n{capsys.readouterr().out}"


FOUND = {
    "logged": ["session token in log"],
    "in-clear": [
        "authorization code in database",
        "AUTH_quo in dump of SQLite",
        "AUTH_quo in file of SQLite",
        "AUTH_quo in dump of PostgreSQL",
    ],
}


@pytest.mark.parametrize("control", canary.CONTROLS)
def test_control_a_secret_that_is_told_is_found(control: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert not canary.look(control).ok
    told = capsys.readouterr().out
    assert [each for each in FOUND[control] if each not in told] == []
