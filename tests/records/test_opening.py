"""One open payment an order, and one question at a time about it."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from flask_paystack.payments.model import Entry, Status
from flask_paystack.records.database import Database
from flask_paystack.records.payments import PaymentRecords
from tests.clock import ManualClock
from tests.race import race
from tests.records import LEASE, OPENED, found, kinds, payment

EVERY = timedelta(seconds=3)


def test_a_payment_comes_out_as_it_went_in(payments: PaymentRecords, clock: ManualClock) -> None:
    full = payment(
        metadata={"seat": 7, "tags": ["a", None, 1.5], "nested": {"deep": True}},
        callback_url="https://shop.example/thanks",
        access_code="abc",
        refused=True,
        paystack_id="18446744073709551615",
        message="Declined",
        answer="abandoned",
        asked_at=clock.now(),
        asking_until=clock.now(),
        next_check_at=clock.now(),
        checks=3,
        declined_at=clock.now(),
        notified_at=clock.now(),
        amount=2**53 + 1,
    )
    assert payments.open(full, OPENED) == full
    assert found(payments) == full
    assert kinds(payments) == ["opened"]


def open_at_next(stores: Iterator[PaymentRecords], references: Iterator[str], order: str) -> str:
    return next(stores).open(payment(next(references), order=order), OPENED).reference


def ask_at_next(stores: Iterator[PaymentRecords]) -> bool:
    return next(stores).claim_question("pay-1", EVERY, LEASE)


def test_of_8_who_open_the_same_order_at_once_all_get_the_one_payment(
    database: Database, other_database: Database, clock: ManualClock
) -> None:
    """The first time, and each time that its payment has failed."""
    payments = PaymentRecords(database, clock)
    for number in range(15):
        stores = iter([payments, PaymentRecords(other_database, clock)] * 4)
        references = iter([f"pay-{number}-{caller}" for caller in range(8)])

        opened = race(8, partial(open_at_next, stores, references, "seat-7"))

        assert len(set(opened)) == 1
        assert len(payments.list_attempts("womaye-gsp", "seat-7")) == number + 1
        assert kinds(payments, opened[0]) == ["opened"]
        payments.step(opened[0], Status.FAILED, {}, Entry("poller", "failed", "No."))


def test_one_that_is_still_being_opened_is_returned_until_its_question_is_over(
    payments: PaymentRecords, clock: ManualClock
) -> None:
    """Whoever opened it may have died before Paystack answered; then its order is free again."""
    until = clock.now() + timedelta(seconds=20)
    first = payment("pay-1", order="seat-7", authorization_url=None, asking_until=until)
    payments.open(first, OPENED)

    clock.advance(19.9)
    assert payments.open(payment("pay-2", order="seat-7"), OPENED).reference == "pay-1"
    clock.advance(0.1)
    assert payments.open(payment("pay-2", order="seat-7"), OPENED).reference == "pay-2"


def test_an_order_whose_payment_failed_may_be_opened_again(payments: PaymentRecords) -> None:
    payments.open(payment("pay-1", order="seat-7"), OPENED)
    payments.step("pay-1", Status.FAILED, {}, Entry("poller", "failed", "No."))
    assert payments.open(payment("pay-2", order="seat-7"), OPENED).reference == "pay-2"


def test_one_of_many_askers_asks_at_once(database: Database, other_database: Database, clock: ManualClock) -> None:
    payments = PaymentRecords(database, clock)
    payments.open(payment(), OPENED)
    for _ in range(15):
        stores = iter([payments, PaymentRecords(other_database, clock)] * 4)
        won = race(8, partial(ask_at_next, stores))
        assert won.count(True) == 1
        assert found(payments).asked_at == clock.now()
        assert found(payments).is_being_asked(clock.now())
        payments.note("pay-1", changes={"asking_until": None})
        clock.advance(3)


def test_nobody_asks_while_a_question_runs_nor_within_3_seconds_of_the_last(
    payments: PaymentRecords, clock: ManualClock
) -> None:
    payments.open(payment(), OPENED)
    assert payments.claim_question("pay-1", EVERY, LEASE)
    clock.advance(59.9)
    assert not payments.claim_question("pay-1", EVERY, LEASE)
    clock.advance(0.1)
    assert payments.claim_question("pay-1", EVERY, LEASE), "The asker died; its lease is over."
    payments.note("pay-1", changes={"asking_until": None})
    clock.advance(2.9)
    assert not payments.claim_question("pay-1", EVERY, LEASE)
    clock.advance(0.1)
    assert payments.claim_question("pay-1", EVERY, LEASE)
    assert not payments.claim_question("pay-unknown", EVERY, LEASE)


def test_a_note_adds_a_line_and_takes_no_step(payments: PaymentRecords, clock: ManualClock) -> None:
    payments.open(payment(), OPENED)
    clock.advance(5)
    payments.note("pay-1", Entry("admin1", "remark", "She called."), {"message": "Called."})

    assert kinds(payments) == ["opened", "remark"]
    assert found(payments).status is Status.PENDING
    assert (found(payments).message, found(payments).updated_at) == ("Called.", clock.now())
