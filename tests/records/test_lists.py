"""Lists of payments: newest first, filtered, page by page."""

from datetime import timedelta

from flask_paystack.payments.model import Entry, Status, Wanted
from flask_paystack.records.payments import PaymentRecords
from tests.clock import START, ManualClock
from tests.records import OPENED, payment, settle


def references(payments: PaymentRecords, **wanted: object) -> list[str]:
    page = payments.list_page(None, 100, Wanted(**wanted))  # type: ignore[arg-type]
    return [each.reference for each in page.items]


def test_every_filter_shows_what_it_names_and_all_together_what_fits_them_all(payments: PaymentRecords) -> None:
    minute = timedelta(minutes=1)
    payments.open(payment("a", email="bob@example.com"), OPENED)
    payments.open(payment("b", created_at=START + minute), OPENED)
    payments.open(payment("c", created_at=START + 2 * minute, order="seat-7"), OPENED)
    settle(payments, "b")

    assert references(payments) == ["c", "b", "a"]
    assert references(payments, status=Status.SUCCESS) == ["b"]
    assert references(payments, email="bob@example.com") == ["a"]
    assert references(payments, order="seat-7") == ["c"]
    assert references(payments, since=START + minute) == ["c", "b"]
    assert references(payments, until=START + minute) == ["a"]
    assert references(payments, status=Status.SUCCESS, order="seat-7") == []
    assert references(payments, status=Status.PENDING, email="ada@example.com") == ["c"]
    assert references(payments, user_id="nobody") == []


def test_a_filter_of_odd_characters_shows_nothing(payments: PaymentRecords) -> None:
    payments.open(payment("a", order="seat-7"), OPENED)
    for odd in ("\x00", "seat-7\x00", "\ud800", "x" * 10_000):
        assert references(payments, order=odd) == []
        assert references(payments, email=odd) == []
        assert references(payments, user_id=odd) == []


def test_pages_of_payments_stay_stable_while_new_ones_are_opened(payments: PaymentRecords, clock: ManualClock) -> None:
    for number in range(7):
        payments.open(payment(f"pay-{number}", created_at=clock.now()), OPENED)
        clock.advance(number % 2)
    whole = references(payments)
    seen: list[str] = []
    after = None
    for number in range(7, 11):
        page = payments.list_page(after, 2, Wanted())
        seen += [each.reference for each in page.items]
        after = page.next
        clock.advance(1)
        payments.open(payment(f"pay-{number}", created_at=clock.now()), OPENED)
    assert seen == whole
    assert after is None


def test_the_attempts_of_an_order_are_told_oldest_first_and_who_paid_it(payments: PaymentRecords) -> None:
    failed = Entry("poller", "failed", "No.")
    assert payments.paid_reference("womaye-gsp", "seat-7") is None
    for number in range(3):
        created_at = START + timedelta(seconds=number)
        payments.open(payment(f"pay-{number}", order="seat-7", created_at=created_at), OPENED)
        if number < 2:
            payments.step(f"pay-{number}", Status.FAILED, {}, failed)
    payments.open(payment("other", order="seat-7", product="donation"), OPENED)
    assert payments.paid_reference("womaye-gsp", "seat-7") is None
    settle(payments, "pay-2")

    attempts = payments.list_attempts("womaye-gsp", "seat-7")
    assert [each.reference for each in attempts] == ["pay-0", "pay-1", "pay-2"]
    assert payments.paid_reference("womaye-gsp", "seat-7") == "pay-2"
    assert payments.paid_reference("donation", "seat-7") is None
