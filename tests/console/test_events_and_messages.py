"""The inbox, the outbox and the numbers, as an operator sees them."""

import base64
from typing import Any

import pytest

from flask_paystack.webhooks.model import WebhookEvent
from tests.console.conftest import Operator, failed, underpaid, work_off
from tests.shop import Shop

ODD = '{ "event":"charge.success",  "data":{"reference":"ord-of-Zoë","status":"success"}}'.encode()
"""Bytes that no JSON library would write like this again."""


def events(operator: Operator, **query: Any) -> list[dict[str, Any]]:
    answer = operator.get("/events", **query)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.get_json()["events"]
    return found


def test_an_event_is_kept_as_the_bytes_that_came(shop: Shop, operator: Operator) -> None:
    for _ in range(3):
        assert shop.post_webhook(ODD, headers={"User-Agent": "Paystack/2.0"}).status_code == 200
    shop.run("processEvents")
    [listed] = events(operator)
    assert (listed["state"], listed["event"], listed["reference"]) == ("unmatched", "charge.success", "ord-of-Zoë")
    assert (listed["deliveries"], listed["error"]) == (3, "No payment of ours has this reference.")
    assert "body" not in listed
    shown = operator.get(f"/events/{listed['id']}").get_json()
    assert base64.b64decode(shown["body"]) == ODD
    assert shown["headers"]["user-agent"] == "Paystack/2.0"
    assert not any("signature" in name for name in shown["headers"])


def test_events_are_found_by_state_and_reference_in_pages(shop: Shop, operator: Operator) -> None:
    paid = shop.settled_payment()
    shop.post_webhook(ODD)
    shop.post_webhook(b"not JSON")
    shop.post_webhook({"event": "transfer.success", "data": {}})
    shop.run("processEvents")
    assert [each["state"] for each in events(operator)] == ["kept", "unreadable", "unmatched", "done"]
    for state in ("kept", "unreadable", "unmatched", "done"):
        assert [each["state"] for each in events(operator, state=state)] == [state]
    assert events(operator, state="dead") == []
    assert [each["event"] for each in events(operator, reference=paid)] == ["charge.success"]
    pages = [operator.get("/events", limit=2).get_json()]
    pages.append(operator.get("/events", limit=2, after=pages[0]["next"]).get_json())
    assert [each["state"] for page in pages for each in page["events"]] == ["kept", "unreadable", "unmatched", "done"]
    assert pages[1]["next"] is None


@pytest.mark.parametrize("room", ["events", "messages"])
def test_a_state_that_does_not_exist_is_told_so(operator: Operator, room: str) -> None:
    answer = operator.get(f"/{room}", state="lost")
    assert (answer.status_code, list(answer.get_json()["fields"])) == (400, ["state"])


def test_an_event_is_processed_once_more(shop: Shop, operator: Operator) -> None:
    """It came before its payment was known: now it settles."""
    early = shop.open_payment()
    shop.customer_pays(early)
    [body] = shop.webhook_bodies(early)
    unknown = body.replace(early.encode(), b"ord-1")
    shop.post_webhook(unknown)
    shop.run("processEvents")
    [event] = events(operator, state="unmatched")
    replayed = operator.post(f"/events/{event['id']}/replay")
    assert (replayed.status_code, replayed.get_json()["state"]) == (200, "waiting")
    again = operator.post(f"/events/{event['id']}/replay")
    assert (again.status_code, again.get_json()["code"]) == (409, "not_allowed")
    assert again.get_json()["error"] == "This event waits for its processing already."
    shop.run("processEvents")
    assert events(operator)[0]["state"] == "unmatched"


def test_a_replayed_success_settles_once(shop: Shop, operator: Operator) -> None:
    reference = shop.settled_payment()
    [event] = events(operator)
    for _ in range(3):
        assert operator.post(f"/events/{event['id']}/replay").status_code == 200
        shop.run("processEvents")
    kinds = [each["kind"] for each in operator.show(reference)["timeline"]]
    assert kinds.count("settled") == 1
    messages = operator.get("/messages", reference=reference).get_json()["messages"]
    assert [each["kind"] for each in messages] == ["receipt"]


def test_all_events_that_wait_for_a_person_are_replayed_together(shop: Shop, operator: Operator) -> None:
    reference = shop.open_payment()
    shop.customer_pays(reference)
    shop.advance(3)
    shop.simulator.faults.add("verify", "401", times=100)
    data = {"reference": reference, "status": "failed", "amount": 500000}
    shop.post_webhook({"event": "charge.failed", "data": data})
    for _ in range(9):
        shop.run("processEvents")
        shop.advance(6 * 3600)
    operator = Operator(shop)
    shop.post_webhook(b"not JSON")
    shop.post_webhook({"event": "transfer.success", "data": {}})
    shop.run("processEvents")
    dead = events(operator, state="dead")
    assert [each["event"] for each in dead] == ["charge.failed"]
    assert dead[0]["error"].startswith("KeyRefused: ")
    mails = operator.get("/messages").get_json()["messages"]
    assert {each["recipient"] for each in mails if each["kind"] == "event_dead"} == {
        "ada@example.org",
        "ben@example.org",
    }

    shop.simulator.faults.clear()
    assert operator.post("/events/replay").get_json() == {"replayed": 2}  # the dead one and the unreadable one
    shop.run("processEvents")
    assert sorted(each["state"] for each in events(operator)) == ["done", "kept", "unreadable"]
    assert operator.show(reference)["status"] == "success"


def test_a_message_is_sent_once_more(shop: Shop, operator: Operator) -> None:
    shop.settled_payment()
    [message] = operator.get("/messages").get_json()["messages"]
    early = operator.post(f"/messages/{message['id']}/resend")
    assert (early.status_code, early.get_json()["error"]) == (409, "This message waits to be sent already.")
    records = shop.ours.records.messages
    [(claim, _)] = records.claim(1, shop.ours.services.webhooks._lease)
    records.failed(claim, "The mail server refused the letter (550).", retry_at=None)
    [dead] = operator.get("/messages", state="dead").get_json()["messages"]
    assert dead["error"] == "The mail server refused the letter (550)."
    again = operator.post(f"/messages/{message['id']}/resend").get_json()
    assert (again["state"], again["attempts"]) == ("waiting", 0)
    assert operator.get("/messages", state="dead").get_json()["messages"] == []


def test_messages_hold_no_links(shop: Shop, operator: Operator) -> None:
    reference = failed(shop)
    operator.act(reference, "retry")
    assert "/pay/retry/" not in operator.get("/messages").text


def test_the_summary_counts_and_sums_by_currency(shop: Shop, operator: Operator) -> None:
    assert operator.get("/summary").get_json() == {
        "payments": {},
        "events": {},
        "messages": {},
        "handovers": {},
        "settled": {},
        "open_disputes": 0,
        "alarms": [],
        "oldest_unprocessed_event": None,
        "last_webhook": None,
    }
    shop.settled_payment()
    shop.settled_payment(product="donation", amount=12345)
    shop.open_payment()
    underpaid(shop)
    refunded = shop.settled_payment()
    operator.act(refunded, "refund")
    work_off(shop)
    shop.advance(60)
    received = shop.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shop.post_webhook(ODD)
    shop.advance(10)
    told = operator.get("/summary").get_json()
    assert told["payments"] == {"success": 2, "pending": 1, "quarantined": 1, "reversal-pending": 1}
    assert told["settled"] == {"NGN": 512345}
    assert (told["oldest_unprocessed_event"], told["last_webhook"]) == (received, received)
    assert told["events"]["waiting"] == 1


def test_an_event_that_is_kept_tells_its_states(shop: Shop, operator: Operator) -> None:
    """The words of ``?state=`` are those the records use."""
    from flask_paystack.console.forms import EVENT_STATES, MESSAGE_STATES
    from flask_paystack.records import leases, webhooks

    assert {leases.WAITING, leases.DONE, leases.DEAD} == set(MESSAGE_STATES)
    assert {*MESSAGE_STATES, webhooks.KEPT, webhooks.UNMATCHED, webhooks.UNREADABLE} == set(EVENT_STATES)
    assert WebhookEvent.__doc__
