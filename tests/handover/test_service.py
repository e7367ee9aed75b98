"""A settled payment reaches the merchant's code: at least once, with one id, until it accepts."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from flask_paystack.handover.model import Handover
from flask_paystack.handover.receivers import NotAccepted, Receivers, SettledPayment, UrlReceiver
from flask_paystack.handover.service import JITTER, LEASE, PAUSES, HandoverService
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Payment
from flask_paystack.records.database import Database
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.payments import PaymentRecords
from tests.clock import ManualClock
from tests.handover import SECRET, describe, settle
from tests.handover.merchant import Merchant
from tests.race import race

LONGEST_PAUSE = timedelta(hours=27)


class Told:
    """A receiver that notes what it is told, and says no as often as it is bidden."""

    def __init__(self, name: str, refusals: int = 0, act: Callable[[], object] = lambda: None) -> None:
        self.name = name
        self.refusals = refusals
        self.act = act
        self.ids: list[str] = []

    def deliver(self, handover: Handover, facts: Mapping[str, Any]) -> None:
        self.ids.append(handover.id)
        self.act()
        if len(self.ids) <= self.refusals:
            raise NotAccepted("Not today.")


def found(records: HandoverRecords, reference: str = "pay-1") -> Handover:
    handover = records.get_by_reference(reference)
    assert handover is not None
    return handover


def try_until_it_ends(service: HandoverService, records: HandoverRecords, clock: ManualClock) -> None:
    while found(records).state == "waiting":
        clock.advance((found(records).next_attempt_at - clock.now()).total_seconds())
        assert service.deliver_due() == 1


def test_a_settled_payment_reaches_functions_and_url_and_is_told_once(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
    merchant: Merchant,
) -> None:
    told: list[SettledPayment] = []

    @receivers.on_settled
    def grant(payment: SettledPayment) -> None:
        told.append(payment)

    receivers.add(UrlReceiver(merchant.url, SECRET, clock))
    settle(payments, clock)

    assert service.deliver_due() == 1
    clock.advance(86400)
    assert service.deliver_due() == 0

    handover = found(records)
    assert (handover.state, handover.attempts, handover.error) == ("done", 1, None)
    assert [name.rpartition(".")[2] for name in handover.accepted_by] == ["grant", "NOTIFY_URL"]
    assert [(payment.id, payment.metadata["seat"]) for payment in told] == [(handover.id, 7)]
    assert len(merchant.bodies) == 1
    sent = Webhook(SECRET).verify(merchant.bodies[0], merchant.headers[0])
    assert (sent["id"], sent["data"]["reference"]) == (handover.id, "pay-1")
    assert sent["timestamp"] == sent["data"]["settled_at"]


def test_each_try_sends_the_same_id_and_bytes(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
    merchant: Merchant,
) -> None:
    receivers.add(UrlReceiver(merchant.url, SECRET, clock))
    merchant.answers = [500, 302, 200]
    settle(payments, clock)

    try_until_it_ends(service, records, clock)

    assert found(records).state == "done"
    assert len(merchant.bodies) == 3
    assert len(set(merchant.bodies)) == 1
    assert {headers["Webhook-Id"] for headers in merchant.headers} == {found(records).id}


def test_who_accepted_is_not_told_again_while_the_other_is(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
) -> None:
    told: list[str] = []
    receivers.add(willing := Told("willing"))

    @receivers.on_settled
    def hesitant(payment: SettledPayment) -> None:
        told.append(payment.id)
        if len(told) < 3:
            raise RuntimeError("the shelf is locked")

    receivers.add(also := Told("also willing"))
    settle(payments, clock)

    service.deliver_due()
    after_one = found(records)
    try_until_it_ends(service, records, clock)

    assert after_one.state == "waiting"
    assert list(after_one.accepted_by) == ["willing", "also willing"]
    assert after_one.error is not None
    assert after_one.error.endswith("hesitant: It raised RuntimeError; the log has the traceback.")
    assert (len(willing.ids), len(told), len(also.ids)) == (1, 3, 1)
    assert len(set(told)) == 1
    assert found(records).state == "done"
    assert found(records).error is None


def test_the_pauses_widen_over_three_days_and_then_it_is_given_up(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
) -> None:
    receivers.add(stubborn := Told("stubborn", refusals=99))
    settle(payments, clock)
    began = clock.now()

    pauses = []
    for _ in PAUSES:
        assert service.deliver_due() == 1
        pauses.append(found(records).next_attempt_at - clock.now())
        clock.advance(pauses[-1].total_seconds() - 0.001)
        assert service.deliver_due() == 0, "It was tried before its time."
        clock.advance(0.001)
    assert found(records).state == "waiting"
    assert service.deliver_due() == 1

    for pause, planned in zip(pauses, PAUSES, strict=True):
        assert (1 - JITTER) * planned <= pause <= (1 + JITTER) * planned
    assert any(pause != planned for pause, planned in zip(pauses, PAUSES, strict=True))
    assert timedelta(days=2.8) < clock.now() - began < timedelta(days=3.5)
    handover = found(records)
    assert (handover.state, handover.attempts, handover.error) == ("dead", 10, "stubborn: Not today.")
    assert handover.finished_at == clock.now()
    assert len(stubborn.ids) == 10
    clock.advance(30 * 86400)
    assert service.deliver_due() == 0
    assert records.list_page(None, 10, state="dead").items == [handover]


def test_an_operator_sends_a_dead_one_round_again(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
) -> None:
    receivers.add(slow := Told("slow", refusals=11))
    settle(payments, clock)
    try_until_it_ends(service, records, clock)
    assert found(records).state == "dead"

    assert records.repeat(found(records).id)
    try_until_it_ends(service, records, clock)

    assert found(records).state == "done"
    assert len(slow.ids) == 12
    assert len(set(slow.ids)) == 1


def test_from_the_third_failed_try_an_operator_is_told_by_one_mail(
    database: Database,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
) -> None:
    messages = MessageRecords(database, clock)

    def alarm(handover: Handover, error: str) -> None:
        messages.add(
            Message(f"handover-failing.{handover.id}", "handover-failing", "ops@example.com", {"error": error})
        )

    def alarms() -> list[Mapping[str, Any]]:
        return [message.context for message in messages.list_page(None, 10).items if message.kind != "receipt"]

    service = HandoverService(records, payments, receivers, describe, clock, alarm)
    receivers.add(Told("stubborn", refusals=99))
    settle(payments, clock)

    told = []
    while found(records).state == "waiting":
        clock.advance(LONGEST_PAUSE.total_seconds())
        service.deliver_due()
        told.append(len(alarms()))
    assert told == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    assert alarms() == [{"error": "stubborn: Not today."}]


def test_with_nobody_to_tell_it_ends_as_accepted_by_nobody(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
    alarms: list[tuple[Handover, str]],
) -> None:
    settle(payments, clock)

    assert service.deliver_due() == 1
    assert (found(records).state, list(found(records).accepted_by)) == ("done", [])
    assert alarms == []

    receivers.add(late := Told("a receiver added later"))
    clock.advance(LONGEST_PAUSE.total_seconds())
    assert service.deliver_due() == 0
    assert late.ids == []


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


def test_a_payment_that_cannot_be_described_fails_its_try_and_not_the_next_ones(
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
    alarms: list[tuple[Handover, str]],
) -> None:
    def fussy(payment: Payment) -> Mapping[str, Any]:
        if payment.reference == "pay-bad":
            raise KeyError("channel")
        return describe(payment)

    service = HandoverService(records, payments, receivers, fussy, clock, lambda *alarm: alarms.append(alarm))
    receivers.add(told := Told("told"))
    settle(payments, clock, "pay-bad")
    settle(payments, clock, "pay-good")

    assert service.deliver_due() == 2
    assert told.ids == [found(records, "pay-good").id]
    assert found(records, "pay-bad").error == "The payment could not be described (KeyError)."


def test_a_receiver_that_breaks_unforeseen_is_told_again_and_the_others_once(
    service: HandoverService,
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
) -> None:
    broken = Told("broken", act=lambda: 1 / 0)
    receivers.add(broken)
    receivers.add(told := Told("told"))
    settle(payments, clock)

    service.deliver_due()
    assert found(records).error == "broken: It could not be told (ZeroDivisionError)."
    broken.act = lambda: None
    try_until_it_ends(service, records, clock)
    assert (len(broken.ids), len(told.ids), found(records).state) == (2, 1, "done")


def test_what_one_function_does_to_its_copy_no_other_sees(
    service: HandoverService, payments: PaymentRecords, receivers: Receivers, clock: ManualClock
) -> None:
    seen: list[object] = []

    @receivers.on_settled
    def careless(payment: SettledPayment) -> None:
        payment.metadata.clear()  # type: ignore[attr-defined]

    @receivers.on_settled
    def careful(payment: SettledPayment) -> None:
        seen.append(payment.metadata["seat"])

    settle(payments, clock)
    service.deliver_due()
    assert seen == [7]
