"""Each periodic job runs once in its period, over all processes."""

from datetime import timedelta
from functools import partial

import pytest

from flask_paystack.records.database import Database
from flask_paystack.records.jobs import JobRecords
from tests.clock import START, ManualClock
from tests.race import race

PERIOD = timedelta(seconds=60)


@pytest.fixture
def jobs(database: Database, clock: ManualClock) -> JobRecords:
    return JobRecords(database, clock)


def test_of_many_processes_one_takes_the_turn(jobs: JobRecords, other_database: Database, clock: ManualClock) -> None:
    elsewhere = JobRecords(other_database, clock)
    for _ in range(12):
        stores = iter([jobs, elsewhere] * 4)
        turns = race(8, partial(lambda stores: next(stores).take_turn("poll", PERIOD), stores))
        assert turns.count(True) == 1
        clock.advance(60)


def test_the_next_turn_comes_after_the_period(jobs: JobRecords, clock: ManualClock) -> None:
    assert jobs.take_turn("poll", PERIOD)
    clock.advance(59.9)
    assert not jobs.take_turn("poll", PERIOD)
    assert jobs.take_turn("sweep", PERIOD), "Another job has its own turns."
    clock.advance(0.1)
    assert jobs.take_turn("poll", PERIOD)


def test_signs_of_life_tell_when_a_job_last_ran(jobs: JobRecords, clock: ManualClock) -> None:
    assert jobs.last_beats() == {}
    jobs.take_turn("poll", PERIOD)
    clock.advance(59)
    jobs.take_turn("poll", PERIOD)
    jobs.take_turn("sweep", PERIOD)
    assert jobs.last_beats() == {"poll": START, "sweep": clock.now()}


def test_a_job_may_give_a_sign_of_life_without_a_turn(jobs: JobRecords, clock: ManualClock) -> None:
    jobs.beat("poll")
    clock.advance(5)
    jobs.beat("poll")
    assert jobs.last_beats() == {"poll": clock.now()}
    assert jobs.take_turn("poll", PERIOD)
