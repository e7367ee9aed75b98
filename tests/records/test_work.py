"""Work that waits: claimed by one worker at a time, for every table that holds any."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from flask_paystack.errors import LeaseLost
from flask_paystack.mail.model import Message
from flask_paystack.records.database import Database
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.leases import Claim
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.payments import PaymentRecords
from flask_paystack.records.webhooks import Finished
from tests.clock import ManualClock
from tests.race import race
from tests.records import LEASE, OPENED, events_in, payment, settle


@dataclass
class Queue:
    """One of the three kinds of waiting work, with its verbs under the same names."""

    records: Any
    add: Callable[[str], object]
    done: Callable[[Claim], None]
    put_back: Callable[[Claim, str, datetime], None]
    give_up: Callable[[Claim, str], None]
    again: Callable[[Any], bool]

    def claim(self, limit: int) -> list[tuple[Claim, Any]]:
        claimed: list[tuple[Claim, Any]] = self.records.claim(limit, LEASE)
        return claimed

    def only(self) -> Any:
        (item,) = self.records.list_page(None, 10).items
        return item


def inbox(database: Database, clock: ManualClock) -> Queue:
    records = events_in(database, clock)
    return Queue(
        records,
        lambda name: records.keep(name.encode(), {}),
        lambda claim: records.finish(Finished(claim)),
        records.put_back,
        lambda claim, error: records.finish(Finished(claim, "dead", error=error)),
        records.replay,
    )


def outbox(database: Database, clock: ManualClock) -> Queue:
    records = MessageRecords(database, clock)
    return Queue(
        records,
        lambda name: records.add(Message(name, "notice", "ada@example.com", {})),
        records.sent,
        records.failed,
        lambda claim, error: records.failed(claim, error, None),
        records.resend,
    )


def handovers(database: Database, clock: ManualClock) -> Queue:
    records = HandoverRecords(database, clock)
    payments = PaymentRecords(database, clock)

    def add(name: str) -> None:
        payments.open(payment(name), OPENED)
        settle(payments, name)

    return Queue(
        records,
        add,
        lambda claim: records.accepted(claim, ["shop.grant"]),
        lambda claim, error, retry_at: records.refused(claim, [], error, retry_at),
        lambda claim, error: records.refused(claim, [], error, None),
        records.repeat,
    )


QUEUES = {"inbox": inbox, "outbox": outbox, "handovers": handovers}


@pytest.fixture(params=QUEUES)
def make(request: pytest.FixtureRequest) -> Callable[[Database, ManualClock], Queue]:
    return QUEUES[request.param]


@pytest.fixture
def queue(make: Callable[[Database, ManualClock], Queue], database: Database, clock: ManualClock) -> Queue:
    return make(database, clock)


def claim_by_next(workers: Iterator[Queue]) -> list[tuple[Claim, Any]]:
    return next(workers).claim(3)


def test_workers_that_claim_at_once_never_share_a_row(
    make: Callable[[Database, ManualClock], Queue],
    queue: Queue,
    database: Database,
    other_database: Database,
    clock: ManualClock,
) -> None:
    """Half of the workers are another process's."""
    other = make(other_database, clock)
    for number in range(10):
        for piece in range(6):
            queue.add(f"piece-{number}-{piece}")
        mine = iter([queue, other] * 2)
        claimed = race(4, partial(claim_by_next, mine))
        ids = [claim.id for batch in claimed for claim, _ in batch]
        assert len(ids) == len(set(ids))
        rest = [claim.id for claim, _ in queue.claim(10)]
        assert len(set(ids + rest)) == len(ids + rest) == 6
        assert not queue.claim(10)


def test_the_oldest_are_claimed_first_and_not_before_their_time(queue: Queue, clock: ManualClock) -> None:
    for piece in range(5):
        queue.add(f"piece-{piece}")
        clock.advance(1)
    first = queue.claim(2)
    rest = queue.claim(10)
    assert [len(first), len(rest)] == [2, 3]
    due = [item.next_attempt_at for _, item in first + rest]
    assert due == sorted(due)

    for claim, _ in first:
        queue.put_back(claim, "Not now.", clock.now().replace(microsecond=1))
    assert not queue.claim(10)
    clock.advance(0.000001)
    assert len(queue.claim(10)) == 2


def test_finished_work_is_done_once(queue: Queue, clock: ManualClock) -> None:
    queue.add("piece")
    ((claim, item),) = queue.claim(10)
    assert (claim.attempt, item.attempts, item.state) == (1, 1, "waiting")
    clock.advance(59)
    queue.done(claim)

    assert queue.only().state == "done"
    assert queue.only().finished_at == clock.now()
    assert queue.only().error is None
    clock.advance(3600)
    assert not queue.claim(10)
    with pytest.raises(LeaseLost):
        queue.done(claim)


def test_a_claim_left_behind_is_taken_up_when_its_lease_ends(queue: Queue, clock: ManualClock) -> None:
    queue.add("piece")
    ((first, _),) = queue.claim(1)
    clock.advance(59.999)
    assert not queue.claim(1)
    clock.advance(0.001)
    ((second, item),) = queue.claim(1)
    assert (second.id, second.attempt, item.attempts) == (first.id, 2, 2)
    assert second.fence > first.fence


def test_a_frozen_worker_that_wakes_up_can_end_nothing(queue: Queue, clock: ManualClock) -> None:
    queue.add("piece")
    ((frozen, _),) = queue.claim(1)
    clock.advance(60)
    ((awake, _),) = queue.claim(1)
    before = queue.only()

    acts: list[Callable[[], object]] = [
        lambda: queue.done(frozen),
        lambda: queue.put_back(frozen, "Late.", clock.now()),
        lambda: queue.give_up(frozen, "Late."),
    ]
    for act in acts:
        with pytest.raises(LeaseLost):
            act()
    assert queue.only() == before
    queue.done(awake)
    assert queue.only().state == "done"


def test_a_clock_that_was_set_back_holds_up_neither_new_work_nor_that_of_the_dead(
    queue: Queue, clock: ManualClock
) -> None:
    queue.add("claimed")
    ((dead, _),) = queue.claim(1)
    queue.add("new")
    clock.advance(-3600)

    taken = queue.claim(10)

    assert len(taken) == 2
    with pytest.raises(LeaseLost):
        queue.done(dead)
    for claim, _ in taken:
        queue.done(claim)


def test_a_lease_holds_however_little_the_clocks_of_two_machines_differ(queue: Queue, clock: ManualClock) -> None:
    queue.add("piece")
    queue.claim(1)
    clock.advance(-5)
    assert not queue.claim(1)


def test_a_later_try_waits_out_its_time_whatever_the_clock_did(queue: Queue, clock: ManualClock) -> None:
    queue.add("piece")
    ((claim, _),) = queue.claim(1)
    queue.put_back(claim, "Not now.", clock.now() + LEASE)
    clock.advance(-5)
    assert not queue.claim(1)


def test_a_late_worker_whom_nobody_replaced_may_still_finish(queue: Queue, clock: ManualClock) -> None:
    queue.add("piece")
    ((claim, _),) = queue.claim(1)
    clock.advance(3600)
    queue.done(claim)
    assert queue.only().state == "done"


def test_of_many_who_end_the_same_claim_one_does(queue: Queue) -> None:
    for number in range(10):
        queue.add(f"piece-{number}")
        ((claim, _),) = queue.claim(1)

        def end(claim: Claim = claim) -> bool:
            try:
                queue.done(claim)
            except LeaseLost:
                return False
            return True

        assert race(4, end).count(True) == 1


def test_work_given_up_is_shown_and_waits_for_a_person(queue: Queue, clock: ManualClock) -> None:
    queue.add("piece")
    ((claim, _),) = queue.claim(1)
    assert not queue.again(claim.id), "It waits already."
    queue.give_up(claim, "No way.")
    assert (queue.only().state, queue.only().error) == ("dead", "No way.")
    assert [item.id for item in queue.records.list_page(None, 10, state="dead").items] == [claim.id]
    assert queue.records.list_page(None, 10, state="done").items == []
    clock.advance(10**6)
    assert not queue.claim(1)

    assert queue.again(claim.id)
    ((again, item),) = queue.claim(1)
    assert (again.attempt, item.state, item.finished_at) == (1, "waiting", None)
    with pytest.raises(LeaseLost):
        queue.done(claim)
    queue.done(again)
    assert queue.only().error is None


def test_a_claim_from_before_it_was_sent_round_again_is_worth_nothing(queue: Queue) -> None:
    queue.add("piece")
    ((old, _),) = queue.claim(1)
    queue.give_up(old, "No way.")
    queue.again(old.id)
    with pytest.raises(LeaseLost):
        queue.done(old)
    assert queue.only().state == "waiting"


def test_there_is_nothing_to_send_round_by_an_unknown_id(queue: Queue) -> None:
    queue.add("piece")
    ((claim, _),) = queue.claim(1)
    unknown = "evt_unknown" if isinstance(claim.id, str) else claim.id + 1
    assert not queue.again(unknown)


def test_the_first_lease_to_end_is_known_until_it_has(queue: Queue, clock: ManualClock) -> None:
    queue.add("one")
    assert queue.records.next_lease_end() is None

    queue.claim(1)
    ends = clock.now() + LEASE
    assert queue.records.next_lease_end() == ends

    clock.advance(1)
    queue.add("two")
    (claim, _) = queue.claim(1)[0]
    assert queue.records.next_lease_end() == ends

    clock.advance(LEASE.total_seconds() - 1)
    assert queue.records.next_lease_end() == ends + timedelta(seconds=1)

    queue.done(claim)
    assert queue.records.next_lease_end() is None
