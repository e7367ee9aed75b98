"""Which payment is asked about next, and which customer is told of a failure: one asker, one mail."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Entry, Status
from flask_paystack.records.database import Database
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.payments import PaymentRecords
from tests.clock import START, ManualClock
from tests.race import race
from tests.records import LEASE, OPENED, found, kinds, payment, settle

EVERY = timedelta(seconds=3)
TOLD = Entry("poller", "notified", "Ada was told of it.")


def claim_at_next(stores: Iterator[PaymentRecords]) -> str | None:
    claimed = next(stores).claim_next_check(EVERY, LEASE)
    return None if claimed is None else claimed.reference


def notice_at_next(stores: Iterator[PaymentRecords]) -> bool:
    return next(stores).notice("pay-1", START, TOLD, [notice_mail()])


def notice_mail() -> Message:
    return Message("failure.pay-1", "failure", "ada@example.com", {}, "pay-1")


def test_the_most_overdue_payment_is_asked_about_first_and_none_before_its_time(
    payments: PaymentRecords, clock: ManualClock
) -> None:
    for reference, seconds in (("later", 20), ("sooner", 10), ("never", None)):
        due = None if seconds is None else START + timedelta(seconds=seconds)
        payments.open(payment(reference, next_check_at=due), OPENED)
    clock.advance(9.9)
    assert payments.claim_next_check(EVERY, LEASE) is None
    clock.advance(20)

    claimed = payments.claim_next_check(EVERY, LEASE)
    assert claimed is not None
    assert (claimed.reference, claimed.checks, claimed.asked_at) == ("sooner", 1, clock.now())
    assert claimed.is_being_asked(clock.now())
    assert found(payments, "sooner") == claimed
    second = payments.claim_next_check(EVERY, LEASE)
    assert second is not None
    assert second.reference == "later"
    assert payments.claim_next_check(EVERY, LEASE) is None


def test_pollers_of_two_processes_never_take_the_same_payment(
    payments: PaymentRecords, other_database: Database, clock: ManualClock
) -> None:
    elsewhere = PaymentRecords(other_database, clock)
    for number in range(10):
        mine = {f"pay-{number}-{piece}" for piece in range(4)}
        for reference in mine:
            payments.open(payment(reference, next_check_at=clock.now()), OPENED)
        taken = race(8, partial(claim_at_next, iter([payments, elsewhere] * 4)))
        taken += [claim_at_next(iter([payments])) for _ in range(4)]
        assert sorted(reference for reference in taken if reference) == sorted(mine)


def test_a_check_and_a_question_of_somebody_else_count_for_each_other(
    payments: PaymentRecords, clock: ManualClock
) -> None:
    payments.open(payment(next_check_at=START), OPENED)
    assert payments.claim_question("pay-1", EVERY, LEASE)
    assert payments.claim_next_check(EVERY, LEASE) is None
    payments.note("pay-1", changes={"asking_until": None})
    clock.advance(2.9)
    assert payments.claim_next_check(EVERY, LEASE) is None
    clock.advance(0.1)
    assert payments.claim_next_check(EVERY, LEASE) is not None
    clock.advance(3)
    assert not payments.claim_question("pay-1", EVERY, LEASE)


def test_a_clock_that_was_set_back_keeps_nobody_from_asking(payments: PaymentRecords, clock: ManualClock) -> None:
    payments.open(payment(next_check_at=START), OPENED)
    assert payments.claim_question("pay-1", EVERY, LEASE)
    clock.advance(-3600)

    assert payments.claim_question("pay-1", EVERY, LEASE)
    assert not payments.claim_question("pay-1", EVERY, LEASE)


def test_what_has_settled_meanwhile_is_not_scheduled_again(payments: PaymentRecords, clock: ManualClock) -> None:
    payments.open(payment("pay-1", next_check_at=START), OPENED)
    payments.open(payment("pay-2", next_check_at=START), OPENED)
    settle(payments, "pay-1")
    later = START + timedelta(seconds=30)
    for reference in ("pay-1", "pay-2"):
        payments.reschedule(reference, later)
    assert found(payments, "pay-1").next_check_at is None
    assert found(payments, "pay-2").next_check_at == later


def test_of_many_who_tell_the_customer_one_does(
    payments: PaymentRecords, other_database: Database, messages: MessageRecords, clock: ManualClock
) -> None:
    payments.open(payment(declined_at=START), OPENED)
    stores = iter([payments, PaymentRecords(other_database, clock)] * 4)
    assert [each.reference for each in payments.list_unnoticed(START, 10)] == ["pay-1"]

    assert race(8, partial(notice_at_next, stores)).count(True) == 1

    assert found(payments).notified_at == clock.now()
    assert kinds(payments) == ["opened", "notified"]
    assert len(messages.list_page(None, 10).items) == 1
    assert payments.list_unnoticed(START, 10) == []


def test_nobody_is_told_of_a_failure_that_something_newer_has_overtaken(
    payments: PaymentRecords, messages: MessageRecords
) -> None:
    """The payment settled, or the customer tried again, between the look and the mail."""
    payments.open(payment("pay-1", declined_at=START), OPENED)
    payments.note("pay-1", changes={"declined_at": START + timedelta(seconds=5)})
    assert not payments.notice("pay-1", START, TOLD, [notice_mail()])
    settle(payments, "pay-1")
    assert not payments.notice("pay-1", START + timedelta(seconds=5), TOLD, [notice_mail()])
    assert payments.list_unnoticed(START + timedelta(days=1), 10) == []
    assert [message.kind for message in messages.list_page(None, 10).items] == ["receipt"]


def test_the_unnoticed_are_those_declined_long_enough_ago_oldest_first(payments: PaymentRecords) -> None:
    for reference, minutes, refused in (("b", 2, False), ("a", 1, False), ("late", 9, False), ("refused", 1, True)):
        declined_at = START + timedelta(minutes=minutes)
        payments.open(payment(reference, declined_at=declined_at, refused=refused), OPENED)
    payments.open(payment("never declined"), OPENED)
    payments.step("b", Status.FAILED, {}, Entry("poller", "failed", "No."))

    before = START + timedelta(minutes=5)
    assert [each.reference for each in payments.list_unnoticed(before, 10)] == ["a", "b"]
    assert [each.reference for each in payments.list_unnoticed(before, 1)] == ["a"]
