"""Short runs of the faults that take hours, in moved time, and the controls that they must turn red."""

import pytest

from tests.faults import declined, double_paid, no_webhooks, stories, timeout_after_commit


def test_without_webhooks_every_paid_order_settles_within_ten_minutes() -> None:
    outcome = no_webhooks.lose_webhooks(orders=6)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", no_webhooks.CONTROLS)
def test_control_without_a_poller_or_manners(control: str) -> None:
    assert not no_webhooks.lose_webhooks(orders=3, control=control).ok


def test_the_declined_are_told_in_time_and_once() -> None:
    outcome = declined.decline(customers=12, hours=0.5)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", declined.CONTROLS)
def test_control_nobody_is_told_or_told_unasked(control: str) -> None:
    assert not declined.decline(customers=8, hours=0.2, control=control).ok


def test_silence_is_not_taken_for_a_no() -> None:
    outcome = timeout_after_commit.fall_silent(payments=6)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", timeout_after_commit.CONTROLS)
def test_control_silence_taken_for_a_no(control: str) -> None:
    assert not timeout_after_commit.fall_silent(payments=3, control=control).ok


def test_an_order_paid_twice_settles_once() -> None:
    outcome = double_paid.pay_twice(6)
    assert outcome.ok, str(outcome)


def test_control_an_order_without_a_gate_settles_twice() -> None:
    assert not double_paid.pay_twice(2, "no-gate").ok


def test_after_any_story_paystack_and_we_agree_on_every_payment() -> None:
    outcome = stories.tell(stories=8, seed=1)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", stories.CONTROLS)
def test_control_where_nobody_hears_or_asks_the_two_end_apart(control: str) -> None:
    assert not stories.tell(stories=3, seed=1, control=control).ok
