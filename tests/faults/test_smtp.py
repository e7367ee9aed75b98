"""A short run of ``python -m tests.faults smtp``, and the controls that it must turn red."""

import pytest

from tests.faults import smtp

GENEROUS = 2.0
"""Seconds for a webhook: this machine may have other things to do."""


def test_webhooks_do_not_wait_for_a_mail_server_that_says_nothing() -> None:
    outcome = smtp.serve(2, ("silent",), quick=GENEROUS)
    assert outcome.ok, str(outcome)


def test_control_mail_in_the_request_makes_webhooks_wait() -> None:
    assert not smtp.serve(1, ("silent",), "in-the-request", GENEROUS).ok


def test_letters_are_tried_for_a_day_and_sent_again_when_the_server_mends() -> None:
    outcome = smtp.be_patient(("5xx", "drop-after-data"))
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize(("control", "mode"), [("one-hour", "4xx"), ("no-dead-letter", "4xx")])
def test_control_another_timetable_gives_up_too_soon_or_not_at_all(control: str, mode: str) -> None:
    assert not smtp.be_patient((mode,), control).ok


def test_kill_9_of_the_sender_loses_no_letter() -> None:
    outcome = smtp.kill(letters=12, kills=2)
    assert outcome.ok, str(outcome)


def test_control_a_letter_noted_before_it_is_sent_is_lost() -> None:
    assert not smtp.kill(letters=6, kills=2, control="noted-first").ok
