"""An Idempotency-Key: one worker, one answer, one day."""

from datetime import timedelta

import pytest

from flask_paystack.errors import IdempotencyKeyReused, IdempotencyKeyRunning
from flask_paystack.records.database import Database
from flask_paystack.records.idempotency import Begun, IdempotencyRecords
from tests.clock import ManualClock
from tests.race import race

ANSWER = {"reference": "pay-1", "amount": 500000, "nested": {"name": "Adá"}}


@pytest.fixture
def keys(database: Database, clock: ManualClock) -> IdempotencyRecords:
    return IdempotencyRecords(database, clock, timedelta(hours=24), timedelta(seconds=60))


def test_an_answer_is_given_again_for_a_day(keys: IdempotencyRecords, clock: ManualClock) -> None:
    assert keys.begin("ada", "body", "seat-7") == Begun("seat-7")
    keys.answered("ada", ANSWER)
    for _ in range(2):
        assert keys.begin("ada", "body", "seat-7").answer == ANSWER
    clock.advance(86399.9)
    assert keys.begin("ada", "body", "seat-7").answer == ANSWER
    clock.advance(0.1)
    assert keys.begin("ada", "another body", "seat-7") == Begun("seat-7")


def test_another_body_under_the_same_key_is_refused(keys: IdempotencyRecords) -> None:
    keys.begin("ada", "body", "seat-7")
    with pytest.raises(IdempotencyKeyReused):
        keys.begin("ada", "another body", "seat-7")
    keys.answered("ada", ANSWER)
    with pytest.raises(IdempotencyKeyReused):
        keys.begin("ada", "another body", "seat-7")


def test_the_key_of_another_scope_is_another_key(keys: IdempotencyRecords) -> None:
    keys.begin("ada", "body", "seat-7")
    keys.answered("ada", ANSWER)
    assert keys.begin("bob", "another body", "seat-7") == Begun("seat-7")


def test_a_running_twin_waits_until_the_first_answers_gives_up_or_dies(
    keys: IdempotencyRecords, clock: ManualClock
) -> None:
    keys.begin("ada", "body", "seat-7")
    clock.advance(59.9)
    with pytest.raises(IdempotencyKeyRunning) as refusal:
        keys.begin("ada", "body", "seat-7")
    assert refusal.value.details == {"retry_after": 1}

    clock.advance(0.1)
    assert keys.begin("ada", "body", "seat-7") == Begun("seat-7"), "The first died; its lease is over."
    with pytest.raises(IdempotencyKeyRunning):
        keys.begin("ada", "body", "seat-7")
    keys.gave_up("ada")
    assert keys.begin("ada", "body", "seat-7") == Begun("seat-7")


def test_a_repeat_belongs_to_the_order_of_the_first_try_however_that_ended(keys: IdempotencyRecords) -> None:
    keys.begin("ada", "body", "seat-7")
    keys.gave_up("ada")
    assert keys.begin("ada", "body", "seat-8") == Begun("seat-7")


def test_of_many_twins_that_begin_at_once_one_works(keys: IdempotencyRecords) -> None:
    for number in range(12):

        def begin(number: int = number) -> bool:
            try:
                keys.begin(f"ada {number}", "body", "seat-7")
            except IdempotencyKeyRunning:
                return False
            return True

        assert race(8, begin).count(True) == 1


def test_keys_past_their_day_are_forgotten(keys: IdempotencyRecords, clock: ManualClock) -> None:
    keys.begin("ada", "body", "seat-7")
    clock.advance(3600)
    keys.begin("bob", "body", "seat-7")
    clock.advance(86400 - 3600)
    assert keys.remove_expired() == 1
    assert keys.remove_expired() == 0
    keys.answered("ada", ANSWER)
    assert keys.begin("ada", "body", "seat-7") == Begun("seat-7")
    with pytest.raises(IdempotencyKeyReused):
        keys.begin("bob", "another body", "seat-7")
