"""Ten thousand flipped bits, and the control."""

import pytest

from tests.faults import flips


def test_no_flipped_bit_is_accepted() -> None:
    outcome = flips.flip(10_000)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", flips.CONTROLS)
def test_control_half_a_signature_lets_some_through(control: str) -> None:
    assert not flips.flip(300, control=control).ok
