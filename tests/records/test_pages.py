"""Keyset pages: every row once, whatever arrives meanwhile; and cursors nobody can break us with."""

import base64
import json

import pytest

from flask_paystack.errors import Invalid
from flask_paystack.handover.model import Handover
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.payments import PaymentRecords
from tests.clock import ManualClock
from tests.records import OPENED, payment, receipt, settle


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


BROKEN = [
    "",
    "=",
    "A",
    "not a cursor",
    "é",
    "\ud800",
    "\x00",
    "%00",
    "A" * 100_000,
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    base64.urlsafe_b64encode(b"[" * 50_000).decode(),
    base64.urlsafe_b64encode(b"[" + b"9" * 5_000 + b"]").decode(),
    base64.urlsafe_b64encode(b"[NaN]").decode(),
    base64.urlsafe_b64encode(b"5").decode(),
    base64.urlsafe_b64encode(b"null").decode(),
    base64.urlsafe_b64encode(b"{}").decode(),
    cursor(),
    cursor(None),
    cursor(True),
    cursor(-1),
    cursor(2**63),
    cursor(1.5),
    cursor("1"),
    cursor([1]),
    cursor(1, 2, 3),
    cursor("2026-03-01T10:00:00+00:00"),
    cursor("2026-03-01T10:00:00", "evt_1"),
    cursor("0001-01-01T00:00:00+14:00", "evt_1"),
    cursor("9999-12-31T23:59:59-14:00", "evt_1"),
    cursor("yesterday", "evt_1"),
    cursor(5, "evt_1"),
    cursor("2026-03-01T10:00:00+00:00", "\x00"),
    cursor("2026-03-01T10:00:00+00:00", "\ud800"),
    cursor("2026-03-01T10:00:00+00:00", 7),
]


def test_pages_stay_stable_while_rows_arrive(messages: MessageRecords) -> None:
    messages.add(*(receipt(f"pay-{number}") for number in range(10)))
    seen: list[str | None] = []
    after = None
    for number in range(10, 14):
        page = messages.list_page(after, 3)
        seen += [message.reference for message in page.items]
        after = page.next
        messages.add(receipt(f"pay-{number}"))
    assert seen == [f"pay-{number}" for number in reversed(range(10))]
    assert after is None


def test_rows_of_the_same_instant_are_told_apart_by_their_id(
    payments: PaymentRecords, handovers: HandoverRecords, clock: ManualClock
) -> None:
    for number in range(9):
        payments.open(payment(f"pay-{number}"), OPENED)
        settle(payments, f"pay-{number}")
        clock.advance(0.000001 if number % 3 == 2 else 0)
    whole = handovers.list_page(None, 100)
    assert whole.next is None
    ordered = sorted(whole.items, key=lambda each: (each.created_at, each.id), reverse=True)
    assert list(whole.items) == ordered

    seen: list[Handover] = []
    after = None
    while True:
        page = handovers.list_page(after, 2)
        seen += page.items
        after = page.next
        if after is None:
            break
    assert seen == ordered


def test_the_last_page_has_no_next_though_it_be_full(messages: MessageRecords) -> None:
    assert messages.list_page(None, 5).next is None
    messages.add(*(receipt(f"pay-{number}") for number in range(5)))
    assert messages.list_page(None, 5).next is None
    assert messages.list_page(None, 4).next is not None


def test_a_cursor_goes_into_a_link_as_it_is(messages: MessageRecords, handovers: HandoverRecords) -> None:
    messages.add(receipt("pay-1"), receipt("pay-2"))
    after = messages.list_page(None, 1).next
    assert after is not None
    assert set(after) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_what_is_no_cursor_of_ours_is_invalid(messages: MessageRecords, handovers: HandoverRecords) -> None:
    for broken in BROKEN:
        for pages in (messages, handovers):
            with pytest.raises(Invalid) as refusal:
                pages.list_page(broken, 5)
            assert list(refusal.value.details["fields"]) == ["after"]


def test_a_well_formed_cursor_of_somebody_elses_making_shows_at_most_nothing(
    messages: MessageRecords, handovers: HandoverRecords
) -> None:
    messages.add(receipt("pay-1"))
    assert messages.list_page(cursor(0), 5).items == []
    assert len(messages.list_page(cursor(2**63 - 1), 5).items) == 1
    for instant in ("0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "2026-03-01T10:00:00+23:59:59.999"):
        assert handovers.list_page(cursor(instant, "evt_1"), 5).items == []
