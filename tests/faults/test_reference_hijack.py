"""A short run of ``python -m tests.faults reference-hijack``, and the controls that it must turn red."""

import pytest

from tests.faults import reference_hijack


def test_nobody_sees_or_uses_the_payments_of_another() -> None:
    outcome = reference_hijack.hijack(200)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", reference_hijack.CONTROLS)
def test_control_lists_by_e_mail_and_open_answers_are_noticed(control: str) -> None:
    assert not reference_hijack.hijack(40, control=control).ok
