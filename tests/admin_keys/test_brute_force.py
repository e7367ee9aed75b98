"""A thousand guesses at once: five are looked at."""

import threading
from datetime import timedelta

import pytest

from flask_paystack.admin_keys.service import GUESSES
from flask_paystack.expiring import Hits
from tests.admin_keys import CountingKeys, mailed_key, other_than, outcome
from tests.clock import ManualClock
from tests.race import race_between
from tests.smtp import Mailbox


@pytest.mark.parametrize("store", ["memory", "redis", "postgresql"], indirect=True)
def test_of_1000_parallel_guesses_exactly_five_are_evaluated(keys: CountingKeys, mailbox: Mailbox) -> None:
    issued, key = keys.request("admin1").id, mailed_key(mailbox)

    def guess_fifty(first: int) -> list[str]:
        return [outcome(keys, issued, other_than(key, first + number)) for number in range(50)]

    # Twenty at a time, some more than a server has threads: a hundred would wait so long for a store's few connections that
    # some are told that it is busy.
    outcomes = race_between([lambda first=first: guess_fifty(first) for first in range(0, 1000, 50)])

    assert {each for fifty in outcomes for each in fifty} == {"InvalidAccessKey"}
    assert keys.evaluated == GUESSES == 5
    assert outcome(keys, issued, key) == "InvalidAccessKey", "it is gone"


class ReadThenWrite:
    """A counter that reads, and then writes: everybody reads before anybody writes."""

    def __init__(self, readers: int) -> None:
        self._count = 0
        self._all_have_read = threading.Barrier(readers)

    def hit(self, key: str) -> Hits:
        seen = self._count
        self._all_have_read.wait(30)
        self._count = seen + 1
        return Hits(self._count, timedelta(seconds=50).total_seconds())


def test_control_a_counter_that_reads_and_then_writes_lets_all_of_them_through(
    keys: CountingKeys, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued, key = keys.request("admin1").id, mailed_key(mailbox)
    monkeypatch.setattr(keys, "_attempts", ReadThenWrite(50))

    race_between([lambda n=n: outcome(keys, issued, other_than(key, n)) for n in range(50)])

    assert keys.evaluated > GUESSES


def test_guesses_are_not_forgotten_while_the_key_lives(
    keys: CountingKeys, mailbox: Mailbox, clock: ManualClock
) -> None:
    issued, key = keys.request("admin1").id, mailed_key(mailbox)

    for number in range(500):
        outcome(keys, issued, other_than(key, number))
        keys.remove_expired_keys()
        for counter in keys.counters:
            counter.remove_expired()
        clock.advance(0.099)

    assert keys.evaluated == GUESSES
