"""A settled payment reaches the merchant's code: at least once, with one id, until it accepts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from standardwebhooks import Webhook

from flask_paystack.handover.model import Handover
from flask_paystack.handover.receivers import Receivers, SettledPayment, UrlReceiver
from flask_paystack.handover.service import HandoverService
from flask_paystack.payments.facts import full
from flask_paystack.payments.model import Payment
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.payments import PaymentRecords
from tests.clock import ManualClock
from tests.handover import SECRET, Told, found, settle, try_until_it_ends
from tests.handover.merchant import Merchant

LONGEST_PAUSE = timedelta(hours=27)


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
        return full(payment)

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
