"""The Webhook Events API (CONTRACT §6.1)."""

from typing import Any

import pytest

from paystack_simulator import Simulator
from tests.simulator.conftest import Api
from tests.simulator.receiver import Receiver

EVENTS = "/integration/webhooks/events"


def rows(api: Api, **params: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(EVENTS, params=params).json()["data"]
    return found


@pytest.fixture
def told(api: Api, sim: Simulator, receiver: Receiver) -> Receiver:
    """Two payments; the first event was refused once."""
    receiver.will_answer(500)
    for reference in ("ord-1", "ord-2"):
        api.opened(reference)
        sim.pay(reference)
        sim.deliver_due()
    return receiver


def test_events_are_listed_with_their_trials(api: Api, told: Receiver) -> None:
    second, first = rows(api)

    assert (first["status"], first["status_detail"], first["trial_count"]) == ("Pending", "retrying", 1)
    assert (second["status"], second["response_code"]) == ("Delivered", 200)
    assert second["merchant_response_body"] == "Webhook received successfully"
    assert first["event_payload"].encode() == told.received[0].body
    assert first["category_row_id"] == api.verified("ord-1")["id"]
    assert first["_id"] not in first["event_payload"]


def test_events_are_filtered_and_paged(api: Api, told: Receiver) -> None:
    assert len(rows(api, status="Delivered")) == 1
    assert len(rows(api, event_type="refund.pending")) == 0
    assert len(rows(api, category_row_id=api.verified("ord-2")["id"])) == 1
    page = api.get(EVENTS, params={"limit": 1}).json()
    after = api.get(EVENTS, params={"limit": 1, "next": page["meta"]["next"]}).json()
    before = api.get(EVENTS, params={"limit": 1, "previous": after["meta"]["previous"]}).json()

    assert page["data"][0]["_id"] != after["data"][0]["_id"]
    assert before["data"] == page["data"]
    assert after["meta"]["next"] is None


def test_an_event_is_found_by_its_id_and_by_its_transactions(api: Api, told: Receiver) -> None:
    event = rows(api)[0]

    assert api.get(f"{EVENTS}/{event['_id']}").json()["data"] == event
    for reference in (event["_id"], event["category_row_id"]):
        assert api.get(f"{EVENTS}/lookup", params={"reference": reference}).json()["data"] == [event]


def test_sending_again_delivers_again_every_time(api: Api, sim: Simulator, told: Receiver) -> None:
    event = rows(api)[1]

    for _ in range(2):
        assert api.post(f"{EVENTS}/resend", json={"ids": [event["_id"]]}).json()["data"]["count"] == 1
        sim.deliver_due()

    assert [delivery.body for delivery in told.received[2:]] == [told.received[0].body] * 2
    again = api.get(f"{EVENTS}/{event['_id']}").json()["data"]
    assert (again["trial_count"], again["status"]) == (3, "Delivered")
    assert len(rows(api)) == 2


def test_matching_events_are_counted_first_and_then_sent_again(api: Api, sim: Simulator, told: Receiver) -> None:
    body = {"filters": {"status": "Delivered"}}

    preview = api.post(f"{EVENTS}/resend-matching", params={"preview": "true"}, json=body).json()["data"]
    assert (preview["count"], sim.deliver_due()) == (1, 0)

    api.post(f"{EVENTS}/resend-matching", params={"preview": "false"}, json=body)
    assert sim.deliver_due() == 1


def test_nobody_sees_anothers_events(api: Api, told: Receiver) -> None:
    bob = api.as_merchant("sk_test_of_bob")
    event = rows(api)[0]

    assert rows(bob) == []
    assert bob.get(f"{EVENTS}/{event['_id']}").status_code == 404
    assert bob.post(f"{EVENTS}/resend", json={"ids": [event["_id"]]}).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("resend", {}),
        ("resend", {"ids": []}),
        ("resend", {"ids": ["x"] * 101}),
        ("resend", {"ids": "x"}),
        ("resend-matching", {}),
        ("resend-matching", {"filters": {"from": "soon"}}),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, path: str, body: dict[str, object]) -> None:
    assert api.post(f"{EVENTS}/{path}", json=body).status_code == 400


def test_an_unknown_event_is_a_404(api: Api) -> None:
    for answer in (api.get(f"{EVENTS}/x"), api.get(f"{EVENTS}/lookup", params={"reference": "x"})):
        assert (answer.status_code, answer.json()["message"]) == (404, "Webhook not found")
