"""Counts and sums over the records."""

from sqlalchemy import event

from flask_paystack.payments.model import Entry, Status
from flask_paystack.paystack.model import ProviderRefund
from flask_paystack.records.database import Database
from flask_paystack.records.numbers import NumberRecords
from flask_paystack.records.payments import PaymentRecords
from flask_paystack.records.refunds import RefundRecords
from flask_paystack.records.webhooks import Finished, WebhookRecords
from tests.clock import START, ManualClock
from tests.records import LEASE, OPENED, payment, settle


def test_an_empty_shop_amounts_to_nothing(database: Database, clock: ManualClock) -> None:
    numbers = NumberRecords(database, clock)
    assert numbers.counts() == {"payments": {}, "webhook_events": {}, "messages": {}, "handovers": {}}
    assert numbers.settled_sums() == {}
    assert numbers.oldest_waiting_event() is None
    assert numbers.last_webhook() is None


def test_only_what_settled_and_stayed_is_summed_by_currency(
    database: Database, payments: PaymentRecords, clock: ManualClock
) -> None:
    for reference, currency in (("a", "NGN"), ("b", "NGN"), ("c", "GHS"), ("d", "NGN"), ("e", "NGN")):
        payments.open(payment(reference, currency=currency), OPENED)
        if reference != "e":
            settle(payments, reference)
    payments.step("d", Status.REVERSED, {}, Entry("admin1", "reversed", "Refunded."))

    numbers = NumberRecords(database, clock)
    assert numbers.settled_sums() == {"NGN": 1000000, "GHS": 500000}
    assert numbers.counts()["payments"] == {"success": 3, "reversed": 1, "pending": 1}
    assert numbers.counts()["messages"] == numbers.counts()["handovers"] == {"waiting": 4}


def test_what_was_paid_counts_and_what_was_given_back_does_not(
    database: Database, payments: PaymentRecords, clock: ManualClock
) -> None:
    payments.open(payment("a"), OPENED)
    settle(payments, "a")
    payments.note("a", changes={"paid_amount": 400000})
    refunds = RefundRecords(database, clock)
    refunds.take_in("a", [ProviderRefund("1", "processed", 150000, "NGN")], "NGN", "webhook 1")
    refunds.take_in("a", [ProviderRefund("2", "failed", 100000, "NGN")], "NGN", "webhook 2")

    assert NumberRecords(database, clock).settled_sums() == {"NGN": 250000}


def test_the_oldest_waiting_event_and_the_last_delivery_are_known(
    database: Database, webhooks: WebhookRecords, clock: ManualClock
) -> None:
    numbers = NumberRecords(database, clock)
    webhooks.keep(b"a", {})
    clock.advance(10)
    webhooks.keep(b"b", {})
    assert numbers.oldest_waiting_event() == START
    assert numbers.last_webhook() == clock.now()
    ((claim, _),) = webhooks.claim(1, LEASE)
    webhooks.finish(Finished(claim))
    assert numbers.oldest_waiting_event() == clock.now()
    assert numbers.counts()["webhook_events"] == {"done": 1, "waiting": 1}


def test_what_took_long_to_count_is_told_again_for_fifty_times_as_long(
    database: Database, webhooks: WebhookRecords, clock: ManualClock
) -> None:
    """Here each count takes a fifth of a second, by the clock."""
    numbers = NumberRecords(database, clock)

    def slowly(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        clock.advance(0.05 if "count(" in statement else 0)  # four tables are counted

    event.listen(database.engine, "before_cursor_execute", slowly)
    webhooks.keep(b"a", {})
    assert numbers.counts()["webhook_events"] == {"waiting": 1}
    webhooks.keep(b"b", {})
    clock.advance(9.7)
    assert numbers.counts()["webhook_events"] == {"waiting": 1}
    clock.advance(0.3)
    assert numbers.counts()["webhook_events"] == {"waiting": 2}
