"""A short run of ``python -m tests.faults sweep``, generous with time, and the controls that it must turn red."""

import pytest

from tests.faults import sweep


def test_what_expired_is_refused_unswept_and_swept_in_small_steps() -> None:
    outcome = sweep.sweep(3000, longest_lock=2.0, sample=5)
    assert outcome.ok, str(outcome)


def test_control_what_is_still_there_is_no_proof_that_it_lives() -> None:
    assert not sweep.sweep(500, "swept-is-expired", longest_lock=2.0, sample=5).ok


@pytest.mark.slow
def test_control_one_statement_keeps_everybody_waiting() -> None:
    assert not sweep.sweep(100_000, "one-statement").ok
