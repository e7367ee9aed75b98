"""A short run of ``key-once``, ``prod-config`` in full, and the controls that they must turn red."""

import pytest

from tests.faults import key_once, prod_config


def test_a_key_opens_one_session_however_many_use_it_at_once() -> None:
    outcome = key_once.use_at_once(50, 3, ("memory", "sqlite"))
    assert outcome.ok, str(outcome)


def test_control_a_look_and_then_a_removal_opens_several() -> None:
    assert not key_once.use_at_once(50, 3, ("memory", "sqlite"), "look-then-remove").ok


def test_a_slip_in_the_settings_ends_gunicorn_with_a_sentence_and_a_failure_tells_nothing() -> None:
    outcome = prod_config.slip()
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", prod_config.CONTROLS)
def test_control_debug_mode_tells_all(control: str) -> None:
    assert not prod_config.slip(control).ok
