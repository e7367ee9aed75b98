"""Refunds never give back more than was paid, whoever asks at once, and end up as Paystack has them."""

from collections.abc import Iterator
from functools import partial

import pytest

from flask_paystack.errors import NotAllowed
from flask_paystack.payments.model import Entry, Status
from flask_paystack.paystack.model import ProviderRefund
from flask_paystack.records.database import Database
from flask_paystack.records.payments import PaymentRecords
from flask_paystack.records.refunds import NOT_MADE, REQUESTED, RefundRecords, Totals
from tests.clock import ManualClock
from tests.race import race
from tests.records import OPENED, kinds, payment, settle

PAID = 500000
ANSWER = Entry("admin1", "refund", "Paystack took it.")


@pytest.fixture
def refunds(database: Database, payments: PaymentRecords, clock: ManualClock) -> RefundRecords:
    payments.open(payment(), OPENED)
    settle(payments)
    return RefundRecords(database, clock)


def listed(id: str | None, status: str, amount: int | None = PAID) -> ProviderRefund:  # noqa: A002
    return ProviderRefund(id, status, amount, "NGN")


def request_at_next(stores: Iterator[RefundRecords], reference: str) -> bool:
    try:
        next(stores).request(reference, 300000, PAID, "admin1")
    except NotAllowed:
        return False
    return True


def test_of_many_who_ask_for_a_refund_at_once_one_does(
    refunds: RefundRecords, payments: PaymentRecords, other_database: Database, clock: ManualClock
) -> None:
    for number in range(10):
        payments.open(payment(f"pay-1-{number}"), OPENED)
        settle(payments, f"pay-1-{number}")
        stores = iter([refunds, RefundRecords(other_database, clock)] * 4)
        assert race(8, partial(request_at_next, stores, f"pay-1-{number}")).count(True) == 1
        assert len(refunds.list_refunds(f"pay-1-{number}")) == 1
        assert kinds(payments, f"pay-1-{number}") == ["opened", "settled", "refund"]


def test_no_more_is_refunded_than_is_left(refunds: RefundRecords) -> None:
    first = refunds.request("pay-1", 300000, PAID, "admin1")
    assert (first.status, first.amount, first.currency, first.requested_by) == (REQUESTED, 300000, "NGN", "admin1")
    with pytest.raises(NotAllowed, match="no answer yet"):
        refunds.request("pay-1", 1, PAID, "admin1")
    refunds.answered(first, "pending", ANSWER, listed("18446744073709551615", "pending"))

    for amount in (200001, 0, -1):
        with pytest.raises(NotAllowed) as refusal:
            refunds.request("pay-1", amount, PAID, "admin1")
        assert refusal.value.details == {"left": 200000}
    rest = refunds.request("pay-1", None, PAID, "admin1")
    assert rest.amount == 200000
    refunds.answered(rest, "processed", ANSWER, listed("2", "processed"))
    with pytest.raises(NotAllowed, match=r"₦0\.00 is left"):
        refunds.request("pay-1", None, PAID, "admin1")
    assert [row.paystack_id for row in refunds.list_refunds("pay-1")] == ["18446744073709551615", "2"]


def test_a_refund_that_failed_takes_nothing(refunds: RefundRecords) -> None:
    refunds.answered(refunds.request("pay-1", None, PAID, "admin1"), "failed", ANSWER, listed("1", "failed"))
    assert refunds.request("pay-1", None, PAID, "admin1").amount == PAID


def test_what_paystack_lists_is_taken_in_once_with_a_line_for_each_change(
    refunds: RefundRecords, payments: PaymentRecords
) -> None:
    refunds.request("pay-1", 300000, PAID, "admin1")
    before = len(kinds(payments))
    both = [listed("1", "pending", 300000), listed("2", "processed", 100000)]
    for _ in range(3):
        assert refunds.take_in("pay-1", both, "NGN", "webhook 7") == Totals(
            taken=400000, under_way=400000, processed=100000
        )
    assert len(kinds(payments)) == before + 2
    asked, found = refunds.list_refunds("pay-1")
    assert (asked.paystack_id, asked.status, asked.requested_by) == ("1", "pending", "admin1")
    assert (found.paystack_id, found.status, found.requested_by) == ("2", "processed", "paystack")

    done = [listed("1", "processed", 300000), both[1]]
    assert refunds.take_in("pay-1", done, "NGN", "webhook 8") == Totals(
        taken=400000, under_way=400000, processed=400000
    )
    assert len(kinds(payments)) == before + 3


def test_a_request_that_paystack_never_lists_was_not_made_after_a_minute(
    refunds: RefundRecords, clock: ManualClock
) -> None:
    refunds.request("pay-1", None, PAID, "admin1")
    clock.advance(59.9)
    assert refunds.take_in("pay-1", [], "NGN", "poller") == Totals(taken=PAID, under_way=0, processed=0)
    clock.advance(0.1)
    assert refunds.take_in("pay-1", [], "NGN", "poller").taken == 0
    assert [row.status for row in refunds.list_refunds("pay-1")] == [NOT_MADE]
    assert refunds.request("pay-1", None, PAID, "admin1").status == REQUESTED


def test_a_payment_goes_back_to_where_it_was_before_its_refund(
    refunds: RefundRecords, payments: PaymentRecords
) -> None:
    payments.open(payment("pay-2", status=Status.QUARANTINED), OPENED)
    assert refunds.restore("pay-1") is Status.SUCCESS
    assert refunds.restore("pay-2") is Status.QUARANTINED
