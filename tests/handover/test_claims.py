"""One worker at a time, and another when the first is gone."""

import pytest

from flask_paystack.handover.receivers import Receivers
from flask_paystack.handover.service import LEASE, HandoverService
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.payments import PaymentRecords
from tests.clock import ManualClock
from tests.handover import Told, found, settle
from tests.race import race


def test_while_a_lease_holds_racing_workers_deliver_once(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
) -> None:
    receivers.add(told := Told("told"))
    for number in range(15):
        settle(payments, clock, f"pay-{number}")
        assert sum(race(4, lambda: service.deliver_due(1))) == 1
        assert len(told.ids) == number + 1
    assert len(set(told.ids)) == 15


def test_a_second_worker_finds_nothing_while_the_first_is_still_telling(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
) -> None:
    seen: list[int] = []

    def look_again() -> None:
        clock.advance(LEASE.total_seconds() - 1)
        seen.append(service.deliver_due())

    receivers.add(told := Told("told", act=look_again))
    settle(payments, clock)

    assert service.deliver_due() == 1
    assert seen == [0]
    assert len(told.ids) == 1


def test_what_a_crash_left_claimed_is_taken_up_after_its_lease_under_the_same_id(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
) -> None:
    receivers.add(told := Told("told"))
    settle(payments, clock)
    ((_, handover),) = records.claim(1, LEASE)  # and its worker is killed

    clock.advance(59.9)
    assert service.deliver_due() == 0
    clock.advance(0.1)
    assert service.deliver_due() == 1
    assert told.ids == [handover.id]
    assert found(records).state == "done"


def test_a_worker_that_outlived_its_lease_is_passed_over(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The slow worker's hand-over is taken over by a second one, and the batch goes on."""
    second: list[int] = []

    def outlive_the_lease() -> None:
        if not second:
            second.append(0)
            clock.advance(61)
            second[0] = service.deliver_due(1)

    receivers.add(told := Told("told", act=outlive_the_lease))
    settle(payments, clock, "pay-1")
    clock.advance(0.001)
    settle(payments, clock, "pay-2")

    assert service.deliver_due() == 2

    assert second == [1]
    assert told.ids[:2] == [found(records, "pay-1").id] * 2
    assert told.ids[2:] == [found(records, "pay-2").id]
    assert {found(records, reference).state for reference in ("pay-1", "pay-2")} == {"done"}
    assert "told twice" in caplog.text


def test_no_more_than_the_limit_are_tried_and_the_oldest_come_first(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
) -> None:
    receivers.add(told := Told("told"))
    for number in range(5):
        settle(payments, clock, f"pay-{number}")
        clock.advance(1)

    assert service.deliver_due(limit=3) == 3
    assert told.ids == [found(records, f"pay-{number}").id for number in range(3)]
    assert service.deliver_due(limit=3) == 2
