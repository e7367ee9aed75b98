"""No secret shows where it should not, and one that does is found."""

import pytest

from tests.faults import canary


def test_no_secret_is_told_to_anyone_but_its_owner(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = canary.look()
    assert outcome.ok, f"{outcome}\n{capsys.readouterr().out}"


@pytest.mark.parametrize("control", canary.CONTROLS)
def test_control_a_session_token_that_is_logged_is_found(control: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert not canary.look(control).ok
    assert "session token in log" in capsys.readouterr().out
