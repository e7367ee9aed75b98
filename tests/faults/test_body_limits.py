"""``python -m tests.faults body-limits``, and the control that it must turn red."""

import pytest

from tests.faults import body_limits


def test_bodies_over_a_limit_are_refused_by_a_real_server(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = body_limits.exceed()
    assert outcome.ok, f"{outcome}\n{capsys.readouterr().out}"


@pytest.mark.parametrize("control", body_limits.CONTROLS)
def test_control_plain_reading_cuts_bodies_and_dies_of_brackets(control: str) -> None:
    assert not body_limits.exceed(control, only="/pay/w").ok
