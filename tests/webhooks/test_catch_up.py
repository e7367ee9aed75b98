"""After we were away: what Paystack could not deliver is taken up, and nothing counts twice."""

from typing import Any

import pytest

from flask_paystack.paystack import payloads
from flask_paystack.paystack.payloads import Unreadable
from flask_paystack.webhooks.catch_up import CatchUp, CaughtUp
from tests.cli import printed, told
from tests.shop import Shop

HOUR = 3600


@pytest.fixture(autouse=True)
def unhurried(shop: Shop) -> None:
    catching(shop)._pace = lambda: None


def catching(shop: Shop) -> CatchUp:
    return shop.ours.services.catch_up


def catch_up(shop: Shop) -> CaughtUp:
    found = catching(shop).run()
    shop.run("processEvents")
    return found


def status(shop: Shop, reference: str) -> str:
    found = shop.ours.records.payments.get(reference)
    assert found is not None
    return found.status


def effects(shop: Shop, reference: str) -> tuple[int, int, int]:
    records = shop.ours.records
    timeline = records.payments.list_timeline(reference)
    return (
        sum(entry.kind == "settled" for entry in timeline),
        sum(
            each.kind == "receipt" and each.reference == reference
            for each in records.messages.list_page(None, 100).items
        ),
        sum(each.reference == reference for each in records.handovers.list_page(None, 100).items),
    )


def undelivered(shop: Shop) -> str:
    """A payment that was paid, and whose event still waits at Paystack."""
    reference = shop.open_payment()
    shop.customer_pays(reference)
    shop.advance(60)
    return reference


def test_an_event_that_was_never_delivered_is_taken_up_and_settles(shop: Shop) -> None:
    reference = undelivered(shop)
    asked_before = status(shop, reference)

    found = catching(shop).run(dry_run=True)
    assert (found.events, list(found.asked), asked_before) == (1, [reference], "pending")
    assert shop.ours.records.webhooks.list_page(None, 9).items == []
    assert status(shop, reference) == "pending"

    assert catch_up(shop).events == 1
    [event] = shop.ours.records.webhooks.list_page(None, 9).items
    assert (event.state, event.deliveries, event.headers["source"]) == ("done", 0, "catch-up")
    assert event.body == shop.webhook_bodies(reference)[0]
    assert effects(shop, reference) == (1, 1, 1)


def test_its_late_delivery_and_another_catch_up_have_no_effect(shop: Shop) -> None:
    reference = undelivered(shop)
    catch_up(shop)
    shop.deliver_webhooks()
    shop.run("processEvents")
    shop.advance(HOUR)

    found = catch_up(shop)

    assert (found.events, list(found.asked)) == (0, [])
    [event] = shop.ours.records.webhooks.list_page(None, 9).items
    assert (event.state, event.deliveries) == ("done", 1)
    assert effects(shop, reference) == (1, 1, 1)


def test_a_payment_that_no_event_tells_of_is_found_in_the_list(shop: Shop) -> None:
    """Paystack calls its event delivered, and our database was restored from before it."""
    reference = undelivered(shop)
    for each in shop.simulator.webhooks.snapshot():
        each.state = type(each.state).DELIVERED
    while shop.simulator.webhooks.claim_due() is not None:
        continue
    shop.simulator.faults.add("list_webhook_events", "401", 2)

    found = catch_up(shop)

    assert list(found.asked) == [reference]
    assert effects(shop, reference) == (1, 1, 1)
    actors = [entry.actor for entry in shop.ours.records.payments.list_timeline(reference)]
    assert actors[-1] == "catch-up"


def test_money_that_does_not_fit_is_set_aside_as_ever(shop: Shop) -> None:
    reference = shop.open_payment()
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    transaction.overrides.amount = 400000
    shop.customer_pays(reference)
    shop.advance(60)
    catch_up(shop)

    assert status(shop, reference) == "quarantined"
    assert effects(shop, reference) == (0, 0, 0)


def test_references_like_ours_that_we_do_not_know_are_told_to_operators_once(shop: Shop) -> None:
    """A backup was restored that is older than the payment."""
    lost = "pay-" + "5" * 32
    catching(shop)._paystack.initialize(lost, "ada@example.org", 500000, "NGN")
    catching(shop)._paystack.initialize("somebody-elses-1", "ada@example.org", 500000, "NGN")
    for reference in (lost, "somebody-elses-1"):
        shop.customer_pays(reference)
    shop.advance(60)
    for _ in range(2):
        found = catch_up(shop)
        assert [each.reference for each in found.unknown] == [lost]
        shop.advance(HOUR)

    mails = shop.ours.records.messages.list_page(None, 9).items
    assert sorted((each.kind, each.recipient) for each in mails) == [
        ("payments_unknown", "ada@example.org"),
        ("payments_unknown", "ben@example.org"),
    ]
    assert lost in printed(shop, "events", "catch-up", "--dry-run")


def test_the_next_look_begins_where_the_last_one_ended(shop: Shop) -> None:
    now = shop.clock.now()
    assert (now - catch_up(shop).since).total_seconds() == 72 * HOUR
    shop.advance(48 * HOUR)
    later = catch_up(shop)
    assert (shop.clock.now() - later.since).total_seconds() == 72 * HOUR  # 48 since, and the overlap
    shop.advance(60)
    assert (shop.clock.now() - catch_up(shop).since).total_seconds() == 24 * HOUR + 60


def test_while_paystack_is_silent_nothing_counts_as_seen(shop: Shop) -> None:
    shop.simulator.faults.add("list_transactions", "500", 9)
    with pytest.raises(Exception, match="Paystack"):
        catch_up(shop)
    assert shop.run("catchUp") == [0]
    shop.simulator.faults.clear()

    assert shop.ours.records.cursors.get("catch-up") is None


def test_more_than_a_page_is_read(shop: Shop) -> None:
    for number in range(105):
        catching(shop)._paystack.initialize(f"pay-{number:032x}", "ada@example.org", 500000, "NGN")
        shop.customer_pays(f"pay-{number:032x}")
    found = catching(shop).run(dry_run=True)

    assert (found.events, len(found.unknown)) == (105, 105)


def test_the_job_and_the_command_do_it(shop: Shop) -> None:
    first = undelivered(shop)
    assert shop.run("catchUp") == [2]  # its event, and its transaction
    shop.run("processEvents")
    assert effects(shop, first) == (1, 1, 1)

    second = undelivered(shop)
    would = told(shop, "events", "catch-up", "--dry-run", "--days", "2")
    assert (would["dry_run"], would["events"], would["asked"], would["unknown"]) == (True, 1, [second], [])
    assert "1 undelivered events were taken up" in printed(shop, "events", "catch-up")
    assert effects(shop, second) == (1, 1, 1)


@pytest.mark.parametrize("odd", [None, [], {}, {"event_payload": 7}, {"event_payload": ""}])
def test_a_row_without_a_payload_is_unreadable(odd: Any) -> None:
    with pytest.raises(Unreadable):
        payloads.read_sent_event(odd)


def test_a_payload_may_be_text_or_an_object() -> None:
    assert payloads.read_sent_event({"event_payload": '{"event":"x"}'}).body == b'{"event":"x"}'
    assert payloads.read_sent_event({"event_payload": {"event": "Zoë"}}).body == '{"event":"Zoë"}'.encode()


def test_cursors_are_passed_on_as_they_are() -> None:
    assert [payloads.read_cursor(meta) for meta in (None, {}, {"next": None}, {"next": ""})] == [None] * 4
    assert payloads.read_cursor({"next": "c29=/+"}) == "c29=/+"
    with pytest.raises(Unreadable):
        payloads.read_cursor({"next": 7})
