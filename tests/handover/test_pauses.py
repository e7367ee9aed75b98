"""Three days of patience, an alarm on the way, and a person at the end."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_paystack.handover.model import Handover
from flask_paystack.handover.receivers import Receivers
from flask_paystack.handover.service import TRIES, HandoverService
from flask_paystack.mail.model import Message
from flask_paystack.payments.facts import full
from flask_paystack.records.database import Database
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.payments import PaymentRecords
from tests.clock import ManualClock
from tests.handover import Told, found, settle, try_until_it_ends

LONGEST_PAUSE = timedelta(hours=27)


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
    planned = [timedelta(seconds=each) for each in TRIES.seconds]
    for _ in planned:
        assert service.deliver_due() == 1
        pauses.append(found(records).next_attempt_at - clock.now())
        clock.advance(pauses[-1].total_seconds() - 0.001)
        assert service.deliver_due() == 0, "It was tried before its time."
        clock.advance(0.001)
    assert found(records).state == "waiting"
    assert service.deliver_due() == 1

    for pause, plan in zip(pauses, planned, strict=True):
        assert (1 - TRIES.jitter) * plan <= pause <= (1 + TRIES.jitter) * plan
    assert pauses != planned, "What failed together does not come back together."
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

    service = HandoverService(records, payments, receivers, full, clock, alarm)
    receivers.add(Told("stubborn", refusals=99))
    settle(payments, clock)

    told = []
    while found(records).state == "waiting":
        clock.advance(LONGEST_PAUSE.total_seconds())
        service.deliver_due()
        told.append(len(alarms()))
    assert told == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    assert alarms() == [{"error": "stubborn: Not today."}]
