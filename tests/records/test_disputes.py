"""Disputes are kept once each, in their newest state, and end their event in the same transaction."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flask_paystack.errors import LeaseLost
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Entry
from flask_paystack.paystack.model import ProviderDispute
from flask_paystack.records.database import Database
from flask_paystack.records.disputes import DisputeRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.numbers import NumberRecords
from flask_paystack.records.payments import PaymentRecords
from flask_paystack.records.webhooks import Finished, WebhookRecords
from tests.clock import START, ManualClock
from tests.records import LEASE, OPENED, kinds, payment

TOLD = Entry("webhook 1", "dispute", "The bank disputes it.")
OPEN = ProviderDispute(
    paystack_id="640213",
    status="pending",
    resolution=None,
    category="chargeback",
    amount=500000,
    currency="NGN",
    due_at=START + timedelta(hours=16),
    resolved_at=None,
    told_at=START,
    claim="Never arrived",
)
OVER = replace(OPEN, status="resolved", resolution="declined", resolved_at=START, told_at=START + timedelta(hours=1))


@pytest.fixture
def disputes(database: Database, payments: PaymentRecords, clock: ManualClock) -> DisputeRecords:
    payments.open(payment(), OPENED)
    return DisputeRecords(database, clock)


def finished(webhooks: WebhookRecords, body: bytes) -> Finished:
    webhooks.keep(body, {})
    [(claim, _)] = webhooks.claim(1, LEASE)
    return Finished(claim)


def mail(identity: str) -> Message:
    return Message(identity, "dispute", "op@shop.example", {})


def test_a_dispute_its_line_its_mail_and_its_event_are_kept_together(
    disputes: DisputeRecords,
    payments: PaymentRecords,
    webhooks: WebhookRecords,
    messages: MessageRecords,
    database: Database,
    clock: ManualClock,
) -> None:
    assert disputes.take_in("pay-1", OPEN, TOLD, [mail("a")], finished(webhooks, b"1"))
    [row] = disputes.list_disputes("pay-1")

    assert (row.paystack_id, row.status, row.due_at, row.told_at) == ("640213", "pending", OPEN.due_at, START)
    assert kinds(payments) == ["opened", "dispute"]
    assert [each.identity for each in messages.list_page(None, 9).items] == ["a"]
    assert webhooks.list_page(None, 1).items[0].state == "done"
    assert NumberRecords(database, clock).open_disputes() == 1


def test_an_older_state_changes_nothing_and_ends_its_event(
    disputes: DisputeRecords,
    payments: PaymentRecords,
    webhooks: WebhookRecords,
    messages: MessageRecords,
    database: Database,
    clock: ManualClock,
) -> None:
    assert disputes.take_in("pay-1", OVER, TOLD, [mail("a")], finished(webhooks, b"1"))
    assert not disputes.take_in("pay-1", OPEN, TOLD, [mail("b")], finished(webhooks, b"2"))
    assert not disputes.take_in("pay-1", replace(OPEN, told_at=None), TOLD, [], finished(webhooks, b"3"))

    assert [row.status for row in disputes.list_disputes("pay-1")] == ["resolved"]
    assert kinds(payments) == ["opened", "dispute"]
    assert len(messages.list_page(None, 9).items) == 1
    assert {each.state for each in webhooks.list_page(None, 9).items} == {"done"}
    assert NumberRecords(database, clock).open_disputes() == 0


def test_a_lost_lease_keeps_nothing(
    disputes: DisputeRecords, payments: PaymentRecords, webhooks: WebhookRecords, clock: ManualClock
) -> None:
    mine = finished(webhooks, b"1")
    clock.advance(61)
    webhooks.claim(1, LEASE)

    with pytest.raises(LeaseLost):
        disputes.take_in("pay-1", OPEN, TOLD, [mail("a")], mine)
    assert disputes.list_disputes("pay-1") == []
    assert kinds(payments) == ["opened"]
