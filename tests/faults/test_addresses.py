"""Short runs of ``python -m tests.faults xff`` and ``egress``, and the controls that they must turn red."""

import pytest

from tests.faults import xff


def test_xff_forged_addresses_change_nothing() -> None:
    outcome = xff.spoof(every=9)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize(("control", "sign"), [("trusting", "beyond_the_limit"), ("leftmost", "another_address")])
def test_control_believed_addresses_pass_the_limit(control: str, sign: str) -> None:
    outcome = xff.spoof(control, every=12)
    assert int(str(outcome.numbers[sign])) > 0, str(outcome)
    assert not outcome.ok
