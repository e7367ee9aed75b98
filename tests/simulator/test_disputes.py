"""Disputes: their webhooks, answers and deadline (CONTRACT §8)."""

from typing import Any

import pytest
import requests

from paystack_simulator import Simulator
from tests.simulator.conftest import BASE, Api
from tests.simulator.receiver import Receiver

HOUR = 3600
ANSWER = {"resolution": "declined", "message": "Delivered", "refund_amount": 0, "uploaded_filename": "slip.pdf"}


def disputed(api: Api, sim: Simulator, **order: Any) -> dict[str, Any]:
    """A dispute over the paid ``ord-1``."""
    api.opened()
    sim.pay("ord-1")
    answer = api.session.post(f"{BASE}/_simulator/disputes", json={"reference": "ord-1"} | order)
    assert answer.status_code == 200, answer.text
    dispute: dict[str, Any] = answer.json()
    return dispute


def resolve(api: Api, number: int, **fields: Any) -> requests.Response:
    body = ANSWER | {"resolution": "merchant-accepted", "refund_amount": 500000} | fields
    return api.call("PUT", f"/dispute/{number}/resolve", json=body)


def test_a_dispute_is_told_and_read(api: Api, sim: Simulator, receiver: Receiver) -> None:
    number = disputed(api, sim)["id"]
    sim.deliver_due()

    data = receiver.received[1].data
    assert receiver.events == ["charge.success", "charge.dispute.create"]
    assert (data["id"], data["status"], data["resolution"]) == (number, "awaiting-merchant-feedback", None)
    assert (data["transaction"]["reference"], data["transaction_reference"]) == ("ord-1", None)
    assert data["dueAt"] == "2026-03-02T02:00:00.000Z"
    assert {"created_at", "updated_at"} <= set(data)
    assert not {"createdAt", "updatedAt"} & set(data)
    read = api.get(f"/dispute/{number}").json()
    assert (read["message"], read["data"]["createdAt"]) == ("Dispute retrieved", "2026-03-01T10:00:00.000Z")


def test_an_open_dispute_is_reminded_of_every_four_hours_and_accepted_at_the_deadline(
    api: Api, sim: Simulator, receiver: Receiver
) -> None:
    number = disputed(api, sim)["id"]
    sim.deliver_due()

    for hours in (4, 8, 12):
        sim.advance(4 * HOUR)
        sim.deliver_due()
        assert receiver.events[2:] == ["charge.dispute.remind"] * (hours // 4)
    sim.advance(4 * HOUR - 1)
    assert api.verified()["status"] == "success"
    sim.advance(1)
    sim.deliver_due()

    data = receiver.received[-1].data
    assert receiver.events[-1] == "charge.dispute.resolve"
    assert (data["status"], data["resolution"], data["transaction"]["status"]) == (
        "resolved",
        "auto-accepted",
        "reversed",
    )
    assert api.get(f"/dispute/{number}").json()["data"]["resolvedAt"] == "2026-03-02T02:00:00.000Z"
    assert api.verified()["status"] == "reversed"
    assert api.post("/refund", json={"transaction": "ord-1"}).status_code == 400


def test_a_clock_moved_far_plays_reminders_and_deadline_in_order(api: Api, sim: Simulator, receiver: Receiver) -> None:
    disputed(api, sim)

    sim.advance(100 * HOUR)
    sim.deliver_due()

    names = ["create", "remind", "remind", "remind", "resolve"]
    assert receiver.events[1:] == [f"charge.dispute.{name}" for name in names]


@pytest.mark.parametrize(("resolution", "status"), [("merchant-accepted", "reversed"), ("declined", "success")])
def test_the_merchant_accepts_or_declines(
    api: Api, sim: Simulator, receiver: Receiver, resolution: str, status: str
) -> None:
    number = disputed(api, sim)["id"]

    answer = resolve(api, number, resolution=resolution)

    assert answer.json()["message"] == "Dispute successfully resolved"
    assert (answer.json()["data"]["status"], answer.json()["data"]["resolution"]) == ("resolved", resolution)
    assert api.verified()["status"] == status
    sim.advance(100 * HOUR)
    sim.deliver_due()
    assert receiver.events == ["charge.success", "charge.dispute.create", "charge.dispute.resolve"]
    assert resolve(api, number).status_code == 400


def test_evidence_and_an_offer_are_kept(api: Api, sim: Simulator) -> None:
    number = disputed(api, sim)["id"]
    who = {"customer_email": "ada@example.com", "customer_name": "Ada", "customer_phone": "0802"}

    upload = api.get(f"/dispute/{number}/upload_url", params={"upload_filename": "../slip.pdf"}).json()
    assert api.session.put(upload["data"]["signedUrl"], data=b"%PDF").status_code == 200
    evidence = api.post(f"/dispute/{number}/evidence", json=who | {"service_details": "Delivered"}).json()
    updated = api.call("PUT", f"/dispute/{number}", json={"refund_amount": 1000, "uploaded_filename": "slip.pdf"})

    assert (upload["message"], evidence["message"]) == ("Upload url generated", "Evidence created")
    assert updated.json()["message"] == "Dispute updated successfully"
    read = api.get(f"/dispute/{number}").json()["data"]
    assert (read["refund_amount"], read["attachments"], read["evidence"]["customer_name"]) == (1000, "slip.pdf", "Ada")


def test_disputes_are_listed_and_found_by_transaction(api: Api, sim: Simulator) -> None:
    disputed(api, sim)
    number = api.verified()["id"]

    def found(**params: object) -> int:
        return len(api.get("/dispute", params=params).json()["data"])

    assert [found(), found(status="resolved"), found(transaction=number), found(transaction=1)] == [1, 0, 1, 0]
    assert found(**{"from": "2026-03-02"}) == 0
    assert api.get("/dispute").json()["message"] == "Disputes retrieved"
    by_transaction = api.get(f"/dispute/transaction/{number}").json()
    assert by_transaction["message"] == "Dispute retrieved successfully"
    assert by_transaction["data"]["transaction"]["id"] == number


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("PUT", ""), ("PUT", "/resolve"), ("POST", "/evidence"), ("GET", "/upload_url?upload_filename=x")],
)
def test_an_unknown_dispute_is_a_404(api: Api, method: str, path: str) -> None:
    answer = api.call(method, f"/dispute/7{path}", json={})

    assert (answer.status_code, answer.json()["message"], answer.json()["code"]) == (
        404,
        "Dispute not found",
        "not_found",
    )


@pytest.mark.parametrize(
    "fields", [{"resolution": "auto-accepted"}, {"message": ""}, {"refund_amount": 500001}, {"refund_amount": None}]
)
def test_a_resolution_that_makes_no_sense_is_refused(api: Api, sim: Simulator, fields: dict[str, object]) -> None:
    number = disputed(api, sim)["id"]

    assert resolve(api, number, **fields).status_code == 400
    assert api.get(f"/dispute/{number}").json()["data"]["resolution"] is None


@pytest.mark.parametrize(
    "order", [{"reference": "none"}, {"reference": "ord-1"}, {"reference": "paid", "amount": 10**9}]
)
def test_only_money_that_was_paid_is_disputed(api: Api, sim: Simulator, order: dict[str, object]) -> None:
    api.opened("ord-1")
    api.opened("paid")
    sim.pay("paid")

    answer = api.session.post(f"{BASE}/_simulator/disputes", json=order)

    assert answer.status_code in {400, 404}
    assert answer.json()["error"].endswith(".")
