"""A short run of ``python -m tests.faults provider``, and the controls that it must turn red."""

import pytest

from tests.faults import provider

SHORT = provider.Bounds(call=2, latest=6, healthy=2)


def test_however_paystack_fails_we_answer_and_stay_healthy() -> None:
    outcome = provider.serve(4, ("429", "half", "down", "hang"), bounds=SHORT)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize(("control", "bounds"), [("no-bulkhead", SHORT), ("no-timeouts", provider.Bounds(1, 2, 2))])
def test_control_a_client_without_bounds_holds_threads_and_customers(control: str, bounds: provider.Bounds) -> None:
    assert not provider.serve(1, ("hang",), control, bounds).ok


def test_jobs_wait_as_long_as_paystack_asks() -> None:
    outcome = provider.be_told_to_wait(payments=8)
    assert outcome.ok, str(outcome)


def test_control_jobs_that_press_on_ask_all_the_while() -> None:
    assert not provider.be_told_to_wait("impatient-jobs", payments=4).ok
