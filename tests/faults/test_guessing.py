"""Short runs of enumeration and guessing, and their controls."""

from tests.faults import brute_force, enumerate_users


def test_neither_words_nor_time_tell_who_has_an_account() -> None:
    """Few timings on a busy machine: the full run has 2,000 of each at the cost that ships, and 0.05."""
    outcome = enumerate_users.measure(300, tolerance=0.12, cost="low")
    assert outcome.ok, str(outcome)


def test_control_without_a_dummy_hash_time_tells() -> None:
    assert not enumerate_users.measure(40, tolerance=0.12, control="no-dummy-hash").ok


def test_a_week_of_guesses_stays_within_the_budget() -> None:
    outcome = brute_force.guess_for_days(7)
    assert outcome.ok, str(outcome)


def test_control_without_a_budget_a_day_holds_too_many() -> None:
    assert not brute_force.guess_for_days(1, "no-budget").ok


def test_of_many_guesses_at_once_five_are_looked_at() -> None:
    outcome = brute_force.guess_at_once(300)
    assert outcome.ok, str(outcome)


def test_control_a_counter_that_reads_and_then_writes_looks_at_more() -> None:
    assert not brute_force.guess_at_once(50, "read-then-write").ok
