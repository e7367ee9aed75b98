"""A webhook answered 200 is kept: by its bytes, for ever, with the number of its deliveries."""

from functools import partial

import pytest

from flask_paystack.errors import LeaseLost, StorageUnavailable
from flask_paystack.mail.model import Message
from flask_paystack.records.database import Database
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.webhooks import UNREADABLE, Finished, WebhookRecords
from tests.clock import START, ManualClock
from tests.race import race
from tests.records import LEASE, events_in

BODIES = [
    b"",
    b"\x00",
    b"\xff\xfe not UTF-8",
    b'{"event":"charge.success"}',
    b'{"event": "charge.success"}',
    b"x" * 2**20,
    bytes(range(256)),
]


def test_every_body_is_kept_as_it_came(webhooks: WebhookRecords) -> None:
    for body in BODIES:
        assert webhooks.keep(body, {"user-agent": "Paystack/2.0", "x-request-id": "naïve \ud800\x00"})
    kept = webhooks.list_page(None, 100).items
    assert [event.body for event in reversed(kept)] == BODIES
    assert kept[0].headers == {"user-agent": "Paystack/2.0", "x-request-id": "naïve \ud800\x00"}


def test_the_same_bytes_again_are_counted_and_nothing_else_changes(
    webhooks: WebhookRecords, clock: ManualClock
) -> None:
    assert webhooks.keep(b"{}", {"delivery": "first"})
    ((claim, _),) = webhooks.claim(1, LEASE)
    webhooks.finish(Finished(claim, event="charge.success", reference="pay-1"))
    clock.advance(3600)
    assert not webhooks.keep(b"{}", {"delivery": "second"})
    clock.advance(3600)
    assert not webhooks.keep(b"{}", {"delivery": "third"})

    (event,) = webhooks.list_page(None, 10).items
    assert (event.deliveries, event.state, event.headers) == (3, "done", {"delivery": "first"})
    assert event.received_at == START
    assert event.last_delivery_at == clock.now()
    assert webhooks.claim(10, LEASE) == []


def test_deliveries_that_arrive_at_once_are_one_event_and_all_counted(
    database: Database, other_database: Database, clock: ManualClock
) -> None:
    webhooks, elsewhere = events_in(database, clock), events_in(other_database, clock)
    for number in range(12):
        body = f"event {number}".encode()
        stores = iter([webhooks, elsewhere] * 4)

        new = race(8, partial(lambda stores, body: next(stores).keep(body, {}), stores, body))

        assert new.count(True) == 1
        newest = webhooks.list_page(None, 1).items[0]
        assert (newest.body, newest.deliveries) == (body, 8)
    assert len(webhooks.list_page(None, 100, state="waiting").items) == 12


def test_what_was_kept_is_committed_when_keep_returns(
    webhooks: WebhookRecords, other_database: Database, clock: ManualClock
) -> None:
    elsewhere = events_in(other_database, clock)
    for number in range(5):
        webhooks.keep(f"event {number}".encode(), {})
        assert len(elsewhere.list_page(None, 10).items) == number + 1


def test_what_could_not_be_kept_is_told_by_an_error(empty_database: Database, clock: ManualClock) -> None:
    """There are no tables. Our answer has to be 503, never 200."""
    webhooks = events_in(empty_database, clock)
    with pytest.raises(StorageUnavailable, match="nothing was kept"):
        webhooks.keep(b"{}", {})


def test_an_event_ends_with_what_was_read_in_it(webhooks: WebhookRecords, clock: ManualClock) -> None:
    for body in (b"a", b"b", b"c"):
        webhooks.keep(body, {})
    claims = [claim for claim, _ in webhooks.claim(10, LEASE)]
    webhooks.finish(Finished(claims[0], event="charge.success", reference="pay-1"))
    webhooks.finish(Finished(claims[1], UNREADABLE, error="It is no JSON."))

    third, second, first = webhooks.list_page(None, 10).items
    assert (first.state, first.event, first.reference, first.error) == ("done", "charge.success", "pay-1", None)
    assert (second.state, second.event, second.error) == ("unreadable", None, "It is no JSON.")
    assert (third.state, third.finished_at) == ("waiting", None)
    assert [event.id for event in webhooks.list_page(None, 10, reference="pay-1").items] == [first.id]
    assert [event.id for event in webhooks.list_page(None, 10, state="unreadable").items] == [second.id]


def test_names_in_a_signed_body_may_be_as_odd_as_they_like(webhooks: WebhookRecords) -> None:
    """Too long for the column, or of characters that PostgreSQL refuses: the event ends all the same."""
    odd = ["e" * 100_000, "charge\x00success", "charge \ud800", "₦" * 300]
    for name in odd:
        webhooks.keep(name.encode(errors="replace"), {})
        ((claim, _),) = webhooks.claim(1, LEASE)
        webhooks.finish(Finished(claim, "kept", event=name, reference=name, error=name))
    assert len(webhooks.list_page(None, 10, state="kept").items) == 4
    newest = webhooks.list_page(None, 1, reference="₦" * 300).items[0]
    assert newest.event == "₦" * 80
    assert webhooks.list_page(None, 10, reference="\x00\ud800").items == []


def test_an_event_that_is_given_up_queues_its_mail_with_its_end(
    webhooks: WebhookRecords, messages: MessageRecords, clock: ManualClock
) -> None:
    webhooks.keep(b"{}", {})
    ((frozen, event),) = webhooks.claim(1, LEASE)
    clock.advance(60)
    ((awake, _),) = webhooks.claim(1, LEASE)
    mail = Message(f"event-dead.{event.id}", "event-dead", "ops@example.com", {})

    with pytest.raises(LeaseLost):
        webhooks.give_up(Finished(frozen, "dead", error="No way."), [mail])
    assert messages.list_page(None, 10).items == []
    webhooks.give_up(Finished(awake, "dead", error="No way."), [mail])
    assert [message.identity for message in messages.list_page(None, 10).items] == [mail.identity]
    assert webhooks.list_page(None, 10).items[0].state == "dead"
