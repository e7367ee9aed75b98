"""``python -m tests.faults rotate``, and the controls that it must turn red. Each restarts servers for some time."""

import pytest

from tests.faults import rotate


@pytest.mark.slow
def test_secrets_rotate_without_one_good_request_refused() -> None:
    outcome = rotate.rotate()
    assert outcome.ok, str(outcome)


@pytest.mark.slow
@pytest.mark.parametrize("control", rotate.CONTROLS)
def test_control_secrets_changed_at_once_or_signing_before_all_know_them(control: str) -> None:
    assert not rotate.rotate(control).ok
