"""How far we have read never goes back."""

from datetime import timedelta

from flask_paystack.records.cursors import CursorRecords
from flask_paystack.records.database import Database
from flask_paystack.records.numbers import NumberRecords
from flask_paystack.records.webhooks import WebhookRecords
from tests.clock import START, ManualClock


def test_a_cursor_advances_and_never_goes_back(database: Database, other_database: Database) -> None:
    cursors = CursorRecords(database)
    assert cursors.get("catch-up") is None

    cursors.advance("catch-up", START)
    CursorRecords(other_database).advance("catch-up", START + timedelta(hours=1))
    cursors.advance("catch-up", START)

    assert cursors.get("catch-up") == START + timedelta(hours=1)
    assert cursors.get("another") is None


def test_what_was_taken_up_is_no_delivery_until_one_comes(
    webhooks: WebhookRecords, database: Database, clock: ManualClock
) -> None:
    numbers = NumberRecords(database, clock)
    assert not webhooks.is_known(b"{}")
    assert webhooks.take_up(b"{}", {"source": "catch-up"})
    assert webhooks.is_known(b"{}")
    assert not webhooks.take_up(b"{}", {"source": "catch-up"})
    assert numbers.last_webhook() is None

    clock.advance(5)
    assert not webhooks.keep(b"{}", {})
    [event] = webhooks.list_page(None, 9).items
    assert (event.deliveries, event.headers) == (1, {"source": "catch-up"})
    assert numbers.last_webhook() == clock.now()
