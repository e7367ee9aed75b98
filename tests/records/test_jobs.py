"""Each periodic job runs once in its period, over all processes, and a process that dies is replaced."""

from datetime import timedelta
from functools import partial

import pytest

from flask_paystack.records.database import Database
from flask_paystack.records.jobs import JobRecords
from tests.clock import START, ManualClock
from tests.race import race

PERIOD = timedelta(seconds=60)
HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=45)


@pytest.fixture
def jobs(database: Database, clock: ManualClock) -> JobRecords:
    return JobRecords(database, clock)


def has_run(jobs: JobRecords, name: str = "poll", period: timedelta = PERIOD) -> bool:
    """Take the turn, if there is one, and end it at once."""
    turn = jobs.take_turn(name, period, LEASE)
    return turn is not None and jobs.end_turn(turn)


def test_of_many_processes_one_takes_the_turn(jobs: JobRecords, other_database: Database, clock: ManualClock) -> None:
    elsewhere = JobRecords(other_database, clock)
    for _ in range(12):
        stores = iter([jobs, elsewhere] * 4)
        turns = race(8, partial(lambda stores: has_run(next(stores)), stores))
        assert turns.count(True) == 1
        clock.advance(60)


def test_the_next_turn_comes_after_the_period(jobs: JobRecords, clock: ManualClock) -> None:
    assert has_run(jobs)
    clock.advance(58.9)
    assert not has_run(jobs)
    assert has_run(jobs, "sweep"), "Another job has its own turns."
    clock.advance(0.1)
    assert has_run(jobs), "A timer may be early by a second."


def test_timers_that_fire_early_add_up_to_no_more_turns(jobs: JobRecords, clock: ManualClock) -> None:
    """Somebody looks every 7 seconds: in an hour the job still runs sixty times, and never twice within half a period."""
    runs = 0
    for _ in range(3600 // 7):
        runs += has_run(jobs)
        clock.advance(7)
    assert 59 <= runs <= 61


def test_a_renewal_that_comes_after_the_end_gives_the_turn_no_new_lease(jobs: JobRecords, clock: ManualClock) -> None:
    turn = jobs.take_turn("poll", PERIOD, LEASE)
    assert turn is not None
    assert jobs.renew_turn(turn, LEASE)
    assert jobs.end_turn(turn)

    assert not jobs.renew_turn(turn, LEASE)
    clock.advance(60)
    assert has_run(jobs), "Nobody holds it."


def test_what_was_missed_is_not_made_up_for(jobs: JobRecords, clock: ManualClock) -> None:
    assert has_run(jobs)
    clock.advance(600)
    assert has_run(jobs)
    assert not has_run(jobs)
    clock.advance(30)
    assert not has_run(jobs)


def test_who_dies_while_running_is_replaced_when_the_lease_ends_however_long_the_period(
    jobs: JobRecords, clock: ManualClock
) -> None:
    assert jobs.take_turn("prune", HOUR, LEASE) is not None  # and never a word again
    clock.advance(44.9)
    assert jobs.take_turn("prune", HOUR, LEASE) is None
    clock.advance(0.1)
    assert has_run(jobs, "prune", HOUR)
    clock.advance(60)
    assert not has_run(jobs, "prune", HOUR)


def test_who_takes_long_keeps_the_turn_by_renewing_it(jobs: JobRecords, clock: ManualClock) -> None:
    turn = jobs.take_turn("prune", HOUR, LEASE)
    assert turn is not None
    for _ in range(20):
        clock.advance(15)
        assert jobs.renew_turn(turn, LEASE)
        assert jobs.take_turn("prune", HOUR, LEASE) is None
    assert jobs.last_beats() == {"prune": clock.now()}
    assert jobs.end_turn(turn)


def test_who_was_frozen_can_neither_renew_nor_end_what_another_took_over(jobs: JobRecords, clock: ManualClock) -> None:
    frozen = jobs.take_turn("prune", HOUR, LEASE)
    clock.advance(45)
    taken = jobs.take_turn("prune", HOUR, LEASE)
    assert frozen is not None
    assert taken is not None
    assert not jobs.renew_turn(frozen, LEASE)
    assert not jobs.end_turn(frozen)
    assert jobs.take_turn("prune", HOUR, LEASE) is None, "It is still in the other's hands."
    assert jobs.end_turn(taken)


def test_a_clock_that_was_set_back_stops_no_job(jobs: JobRecords, database: Database) -> None:
    ahead = JobRecords(database, ManualClock(START + HOUR))
    assert ahead.take_turn("poll", PERIOD, LEASE) is not None
    assert has_run(ahead, "sweep")

    assert has_run(jobs)
    assert has_run(jobs, "sweep")


def test_signs_of_life_tell_when_a_job_last_ran(jobs: JobRecords, clock: ManualClock) -> None:
    assert jobs.last_beats() == {}
    has_run(jobs)
    clock.advance(58)
    has_run(jobs)
    has_run(jobs, "sweep")
    assert jobs.last_beats() == {"poll": START, "sweep": clock.now()}
    assert jobs.turns_taken() == {"poll": 1, "sweep": 1}


def test_a_job_may_give_a_sign_of_life_without_a_turn(jobs: JobRecords, clock: ManualClock) -> None:
    jobs.beat("poll")
    clock.advance(5)
    jobs.beat("poll")
    assert jobs.last_beats() == {"poll": clock.now()}
    assert has_run(jobs)
