"""Customers, the session timeout, totals and timelines (CONTRACT §2, §3.4)."""

import pytest

from paystack_simulator import Simulator
from tests.simulator.conftest import Api


def test_a_customer_is_made_read_and_changed(api: Api) -> None:
    body = {"email": "zoe@example.com", "first_name": "Zoë", "metadata": {"level": 3}}
    made = api.post("/customer", json=body).json()
    code = made["data"]["customer_code"]

    changed = api.call("PUT", f"/customer/{code}", json={"phone": "+2348012345678"}).json()
    read = api.get(f"/customer/{code}").json()

    assert (made["message"], changed["message"], read["message"]) == (
        "Customer created",
        "Customer updated",
        "Customer retrieved",
    )
    assert (read["data"]["first_name"], read["data"]["phone"]) == ("Zoë", "+2348012345678")
    assert read["data"]["metadata"] == {"level": "3"}
    assert api.get("/customer/Zoe@example.com").json()["data"]["id"] == made["data"]["id"]
    assert api.post("/customer", json={"email": "zoe@example.com"}).json()["data"]["id"] == made["data"]["id"]


def test_who_pays_becomes_a_customer_with_a_card(api: Api, sim: Simulator) -> None:
    api.opened()
    sim.pay("ord-1")

    row = api.get("/customer").json()["data"][0]
    read = api.get(f"/customer/{row['customer_code']}").json()["data"]

    assert row["email"] == "ada@example.com"
    assert (read["total_transactions"], read["total_transaction_value"]) == (1, [{"currency": "NGN", "value": 500000}])
    assert [card["last4"] for card in read["authorizations"]] == ["4081"]


def test_a_card_that_was_deactivated_cannot_be_charged(api: Api, sim: Simulator) -> None:
    api.opened()
    sim.pay("ord-1")
    code = api.verified()["authorization"]["authorization_code"]

    api.post("/customer/authorization/deactivate", json={"authorization_code": code})

    body = {"email": "ada@example.com", "amount": 100, "authorization_code": code}
    assert api.post("/transaction/charge_authorization", json=body).status_code == 400
    assert api.verified()["authorization"]["reusable"] is True


def test_customers_come_in_pages(api: Api) -> None:
    for number in range(3):
        api.post("/customer", json={"email": f"c{number}@example.com"})

    answer = api.get("/customer", params={"perPage": 2, "page": 2}).json()

    assert [row["email"] for row in answer["data"]] == ["c0@example.com"]
    assert answer["meta"]["total"] == 3


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"email": "x"}, "Invalid Email Address Passed"),
        ({"email": "a@b.co", "metadata": "x"}, '"metadata" must be of type object'),
    ],
)
def test_a_customer_that_makes_no_sense_is_refused(api: Api, body: dict[str, str], message: str) -> None:
    answer = api.post("/customer", json=body)

    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_an_unknown_customer_is_a_404(api: Api) -> None:
    assert api.get("/customer/CUS_none").status_code == 404


def test_the_session_timeout_is_kept_for_each_integration(api: Api, sim: Simulator) -> None:
    path = "/integration/payment_session_timeout"
    assert api.get(path).json()["data"] == {"payment_session_timeout": 0}

    assert api.call("PUT", path, json={"timeout": 30}).json()["data"] == {"payment_session_timeout": 30}

    bob = api.as_merchant("sk_test_of_bob")
    api.opened("mine")
    bob.opened("his")
    sim.advance(30)
    sim.pay("mine")
    sim.pay("his")
    assert (api.verified("mine")["status"], bob.verified("his")["status"]) == ("abandoned", "success")


@pytest.mark.parametrize("timeout", [None, -1, True, 1.5, "soon", 10**12, []])
def test_a_timeout_that_makes_no_sense_is_refused(api: Api, timeout: object) -> None:
    assert api.call("PUT", "/integration/payment_session_timeout", json={"timeout": timeout}).status_code == 400


def test_totals_add_up_by_currency(api: Api, sim: Simulator) -> None:
    for reference, currency in (("a", "NGN"), ("b", "NGN"), ("c", "GHS")):
        api.opened(reference, currency=currency, amount=1000)
        sim.pay(reference)
    api.opened("unpaid")

    data = api.get("/transaction/totals").json()["data"]

    assert (data["total_transactions"], data["total_volume"]) == (3, 3000)
    assert data["total_volume_by_currency"] == [
        {"currency": "GHS", "amount": 1000},
        {"currency": "NGN", "amount": 2000},
    ]
    assert (data["pending_transfers"], data["pending_transfers_by_currency"]) == (0, [])
    later = api.get("/transaction/totals", params={"from": "2026-03-02"}).json()["data"]
    assert later["total_transactions"] == 0


def test_a_timeline_is_read_by_reference_and_by_id(api: Api, sim: Simulator) -> None:
    api.opened()
    assert api.get("/transaction/timeline/ord-1").json()["data"]["history"] == []
    sim.pay("ord-1")

    by_reference = api.get("/transaction/timeline/ord-1").json()
    by_id = api.get(f"/transaction/timeline/{api.verified()['id']}").json()

    assert by_reference["message"] == "Timeline retrieved"
    assert by_reference["data"] == by_id["data"] == api.verified()["log"]
    assert api.get("/transaction/timeline/none").status_code == 404


def test_a_refund_that_needs_attention_is_retried_with_bank_details(api: Api, sim: Simulator) -> None:
    api.opened()
    sim.pay("ord-1", "refund-needs-attention")
    number = api.post("/refund", json={"transaction": "ord-1"}).json()["data"]["id"]
    path = f"/refund/retry_with_customer_details/{number}"
    details = {"refund_account_details": {"currency": "NGN", "account_number": "1234567890", "bank_id": "9"}}

    early = api.post(path, json=details)
    assert (early.status_code, early.json()["message"]) == (
        422,
        'Invalid Refund state, refund status should be "needs-attention"',
    )
    sim.advance(120)
    assert api.post(path, json={}).status_code == 400
    assert api.post(path, json=details).json()["data"]["status"] == "processing"
    sim.advance(60)

    assert api.get(f"/refund/{number}").json()["data"]["status"] == "processed"
    assert api.verified()["status"] == "reversed"
