"""The simulator's own switches over HTTP."""

from typing import Any

import pytest
import requests

from paystack_simulator import Simulator
from tests.clock import START
from tests.simulator.conftest import BASE, Api
from tests.simulator.receiver import Receiver

CONTROL = f"{BASE}/_simulator"


def switch(api: Api, path: str, **order: Any) -> requests.Response:
    return api.session.post(f"{CONTROL}{path}", json=order)


def test_the_state_shows_everything(api: Api, sim: Simulator, receiver: Receiver) -> None:
    receiver.will_answer(500)
    url = api.opened(callback_url="https://shop.example.com/thanks")
    sim.pay("ord-1")
    sim.deliver_due()
    api.post("/refund", json={"transaction": "ord-1"})

    state = api.session.get(f"{CONTROL}/state").json()

    assert state["clock"] == "2026-03-01T10:00:00.000Z"
    assert state["settings"]["webhook_url"] == receiver.url
    transaction = state["transactions"][0]
    assert (transaction["reference"], transaction["status"]) == ("ord-1", "reversal-pending")
    assert url.endswith(transaction["checkout_path"])
    assert transaction["callback"] == "https://shop.example.com/thanks?trxref=ord-1&reference=ord-1"
    assert state["refunds"][0]["status"] == "pending"
    charge, refund = state["deliveries"]
    assert (charge["event"], charge["state"], refund["event"]) == ("charge.success", "waiting", "refund.pending")
    assert charge["next_attempt_at"] == "2026-03-01T11:00:00.000Z"
    assert charge["body"].encode() == receiver.received[0].body
    assert charge["attempts"][0]["http_status"] == 500
    assert charge["attempts"][0]["headers"]["x-paystack-signature"] == receiver.received[0].signature


def test_the_state_can_be_narrowed_to_one_payment(api: Api, sim: Simulator) -> None:
    for reference in ("ord-1", "ord-2"):
        api.opened(reference)
        sim.pay(reference)

    state = api.session.get(f"{CONTROL}/state", params={"reference": "ord-2"}).json()

    assert [row["reference"] for row in state["transactions"] + state["deliveries"]] == ["ord-2", "ord-2"]


def test_the_state_gives_no_secret_key_away(api: Api, sim: Simulator) -> None:
    api.opened()
    sim.pay("ord-1")

    assert api.key not in api.session.get(f"{CONTROL}/state").text


def test_the_clock_is_moved_and_what_is_due_delivered(api: Api, sim: Simulator, receiver: Receiver) -> None:
    receiver.will_answer(500)
    api.opened()
    switch(api, "/transactions/ord-1/pay")
    assert switch(api, "/deliver").json() == {"attempts": 1}

    assert switch(api, "/clock", seconds=3600).json() == {"clock": "2026-03-01T11:00:00.000Z"}

    assert switch(api, "/deliver").json() == {"attempts": 1}
    assert len(receiver.received) == 2


def test_a_customer_can_be_played(api: Api) -> None:
    api.opened()

    assert switch(api, "/transactions/ord-1/pay", card="pin-otp", otp="000000").json()["status"] == "failed"


def test_a_payment_can_be_made_to_cost_more(api: Api, sim: Simulator) -> None:
    """Fees the customer bears make ``amount`` larger than ``requested_amount`` (CONTRACT §3.1)."""
    api.opened(amount=30050)
    switch(api, "/transactions/ord-1/overrides", amount=40333)
    sim.pay("ord-1")

    assert (api.verified()["amount"], api.verified()["requested_amount"]) == (40333, 30050)


def test_a_payment_can_be_made_to_come_in_another_currency(api: Api, sim: Simulator, receiver: Receiver) -> None:
    api.opened()
    switch(api, "/transactions/ord-1/overrides", currency="GHS", requested_amount=7)
    sim.pay("ord-1")
    sim.deliver_due()

    data = receiver.received[0].data
    assert (data["currency"], data["amount"], data["requested_amount"]) == ("GHS", 7, 7)


def test_settings_change_all_or_none(api: Api, sim: Simulator) -> None:
    assert switch(api, "/settings", webhook_copies=2, webhooks="dropped").json()["webhook_copies"] == 2

    answer = switch(api, "/settings", webhook_copies=3, webhook_delay=-1)

    assert answer.status_code == 400
    assert "webhook_delay" in answer.json()["error"]
    assert (sim.settings.webhook_copies, sim.settings.webhooks) == (2, "dropped")


def test_faults_are_planned_and_called_off(api: Api) -> None:
    planned = switch(api, "/faults", operation="verify", mode="500", times=2).json()
    assert planned == {"verify": [{"mode": "500", "times": 2}]}
    assert api.get("/transaction/verify/x").status_code == 500

    api.session.delete(f"{CONTROL}/faults")

    assert api.get("/transaction/verify/x").status_code == 400


def test_an_event_can_be_sent_again(api: Api, sim: Simulator, receiver: Receiver) -> None:
    api.opened()
    sim.pay("ord-1")
    sim.deliver_due()

    switch(api, "/deliveries/1/again")
    sim.deliver_due()

    assert receiver.received[0].body == receiver.received[1].body


def test_an_authorization_can_be_switched_off(api: Api, sim: Simulator) -> None:
    api.opened()
    sim.pay("ord-1")
    code = api.verified()["authorization"]["authorization_code"]

    assert switch(api, f"/authorizations/{code}", reusable=False).json()["reusable"] is False


def test_a_merchant_can_roll_the_secret_key(api: Api, sim: Simulator, receiver: Receiver) -> None:
    api.opened()

    switch(api, "/keys", old=api.key, new="sk_test_new")

    assert api.get("/transaction/verify/ord-1").status_code == 401
    assert api.as_merchant("sk_test_new").verified()["reference"] == "ord-1"


@pytest.mark.parametrize(
    ("path", "order", "status"),
    [
        ("/transactions/none/pay", {}, 404),
        ("/transactions/none/overrides", {}, 404),
        ("/authorizations/none", {}, 404),
        ("/deliveries/99/again", {}, 404),
        ("/keys", {"old": "sk_test_none", "new": "sk_test_b"}, 404),
        ("/keys", {"old": "sk_test_none", "new": "sk_live_b"}, 400),
        ("/clock", {"seconds": -1}, 400),
        ("/clock", {"seconds": "soon"}, 400),
        ("/clock", {}, 400),
        ("/settings", {"colour": "red"}, 400),
        ("/faults", {"mode": "fire"}, 400),
        ("/faults", {"mode": "500", "operation": "verfiy"}, 400),
        ("/faults", {"mode": "500", "operation": "webhook"}, 400),
        ("/faults", {"mode": "dropped", "operation": "charge.fail"}, 400),
        ("/settings", {"fault_rates": {"verfiy": 0.5}}, 400),
        ("/settings", {"fault_rates": {"verify": 1.5}}, 400),
        ("/transactions/none/pay", {"cards": "x"}, 400),
    ],
)
def test_an_order_that_makes_no_sense_gets_a_sentence(api: Api, path: str, order: dict[str, Any], status: int) -> None:
    answer = switch(api, path, **order)

    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize("body", ["{", "[]", "\xff", "null"])
def test_an_order_that_is_no_object_gets_a_sentence(api: Api, body: str) -> None:
    answer = api.session.post(f"{CONTROL}/clock", data=body.encode("latin-1"))

    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_another_web_site_presses_no_switch(api: Api, sim: Simulator) -> None:
    answer = api.session.post(f"{CONTROL}/clock", json={"seconds": 60}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert sim.clock.now() == START
