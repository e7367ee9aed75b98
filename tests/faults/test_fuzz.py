"""A bounded run of the fuzzer, and the control that it must turn red."""

import pytest

from tests.faults import fuzz


def test_no_malformed_body_is_answered_5xx() -> None:
    outcome = fuzz.fuzz(2500, seed=7)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", fuzz.CONTROLS)
def test_control_a_view_that_trusts_get_json_fails(control: str) -> None:
    assert not fuzz.fuzz(600, seed=7, control=control).ok
