"""Short runs of events that come again, too early, or spoilt, and the controls that they must turn red."""

import pytest

from tests.faults import early_webhook, poison, replay


def test_an_event_that_comes_for_a_year_has_one_effect() -> None:
    outcome = replay.replay(payments=5, deliveries=14, days=365)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", replay.CONTROLS)
def test_control_repeats_known_only_by_events_that_are_still_there(control: str) -> None:
    assert not replay.replay(payments=2, deliveries=14, days=365, control=control).ok


def test_a_webhook_that_comes_before_the_answer_settles_its_payment_once() -> None:
    outcome = early_webhook.come_early(payments=12)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", early_webhook.CONTROLS)
def test_control_a_payment_kept_only_after_the_answer(control: str) -> None:
    assert not early_webhook.come_early(payments=4, control=control).ok


def test_poison_is_given_up_after_eight_tries_and_holds_up_nobody() -> None:
    outcome = poison.spoil(others=30)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", ["no-cap", "head-of-line"])
def test_control_poison_tried_for_ever_or_before_everything_else(control: str) -> None:
    assert not poison.spoil(others=15, control=control).ok
