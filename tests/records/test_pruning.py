"""Pruning removes what is old and done, and nothing else."""

from datetime import timedelta

from flask_paystack.mail.model import Message
from flask_paystack.records import pruning, removing
from flask_paystack.records.database import Database
from flask_paystack.records.leases import DONE
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.webhooks import KEPT, UNREADABLE, Finished, WebhookRecords
from tests.clock import ManualClock
from tests.records import events_in

YEAR = timedelta(days=365)
LEASE = timedelta(seconds=60)


def end_event(events: WebhookRecords, body: bytes, state: str) -> int:
    """Keep an event and end it in ``state``; its number."""
    events.keep(body, {})
    [(claim, event)] = events.claim(10, LEASE)
    events.finish(Finished(claim, state, "charge.success"))
    return event.id


def pruned(database: Database, clock: ManualClock) -> dict[str, int]:
    removed: dict[str, int] = {}
    for table, count in pruning.prune(database, clock.now() - YEAR, clock.now()):
        removed[table] = removed.get(table, 0) + count
    return removed


def test_old_events_go_and_what_waits_for_a_person_stays(database: Database, clock: ManualClock) -> None:
    events = events_in(database, clock)
    old = [end_event(events, b"one", DONE), end_event(events, b"two", KEPT)]
    waits = end_event(events, b"three", UNREADABLE)
    events.keep(b"four", {})
    clock.advance(YEAR.total_seconds())
    young = end_event(events, b"five", DONE) if events.claim(1, LEASE) else 0
    clock.advance(1)

    assert pruned(database, clock) == {"webhook_events": 2}
    assert [events.get(each) for each in old] == [None, None]
    assert events.get(waits) is not None
    assert events.get(young) is not None


def test_an_old_event_that_came_again_lately_stays(database: Database, clock: ManualClock) -> None:
    events = events_in(database, clock)
    event = end_event(events, b"one", DONE)
    clock.advance(YEAR.total_seconds())
    events.keep(b"one", {})
    clock.advance(1)

    assert pruned(database, clock) == {}
    assert events.get(event) is not None


def test_sent_messages_go_in_batches_and_unsent_ones_stay(database: Database, clock: ManualClock) -> None:
    messages = MessageRecords(database, clock)
    messages.add(*(Message(f"m.{number}", "receipt", "ada@example.com", {}) for number in range(removing.BATCH + 3)))
    for claim, _ in messages.claim(removing.BATCH + 2, LEASE):
        messages.sent(claim)
    clock.advance(YEAR.total_seconds() + 1)

    batches = list(pruning.prune(database, clock.now() - YEAR, clock.now()))
    assert batches == [("messages", removing.BATCH), ("messages", 2)]
    assert len(messages.list_page(None, 100).items) == 1
