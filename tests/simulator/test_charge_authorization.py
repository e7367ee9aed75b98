"""Charging a card again (CONTRACT §4.2)."""

import pytest
import requests

from paystack_simulator import Simulator
from tests.simulator.conftest import Api
from tests.simulator.receiver import Receiver

MISMATCH = (
    "Email does not match Authorization code. "
    "Authorization may be inactive or belong to a different email. Please confirm."
)


@pytest.fixture
def code(api: Api, sim: Simulator) -> str:
    """The authorization of a card that paid once."""
    api.opened("first")
    sim.pay("first")
    return str(api.verified("first")["authorization"]["authorization_code"])


def charge(api: Api, code: str | None, **fields: object) -> requests.Response:
    body = {"email": "ada@example.com", "amount": 20000, "authorization_code": code, "reference": "again"} | fields
    return api.post("/transaction/charge_authorization", json=body)


def test_a_good_authorization_pays_at_once(api: Api, sim: Simulator, code: str, receiver: Receiver) -> None:
    answer = charge(api, code, metadata={"n": 1})

    data = answer.json()["data"]
    assert (answer.status_code, answer.json()["message"]) == (200, "Charge attempted")
    assert (data["status"], data["amount"], data["metadata"]) == ("success", 20000, {"n": "1"})
    assert not {"requested_amount", "paid_at"} & set(data)
    assert data["authorization"]["authorization_code"] == code
    assert api.verified("again")["status"] == "success"
    sim.deliver_due()
    assert [delivery.data["reference"] for delivery in receiver.received] == ["again"]


def test_the_email_may_differ_in_case_only(api: Api, code: str) -> None:
    assert charge(api, code, email="Ada@Example.com").status_code == 200
    answer = charge(api, code, email="bob@example.com", reference="other")
    assert (answer.status_code, answer.json()["message"]) == (400, MISMATCH)


@pytest.mark.parametrize("change", [{"active": False}, {"reusable": False}])
def test_an_authorization_that_is_off_is_refused(api: Api, sim: Simulator, code: str, change: dict[str, bool]) -> None:
    for name, value in change.items():
        setattr(sim.world.integration(api.key).authorizations[code], name, value)

    assert charge(api, code).json() == {"status": False, "message": MISMATCH}


def test_a_card_that_is_not_reusable_is_refused(api: Api, sim: Simulator) -> None:
    api.opened("first")
    sim.pay("first", "pin")

    answer = charge(api, api.verified("first")["authorization"]["authorization_code"])

    assert answer.json()["message"] == MISMATCH


def test_a_bad_code_is_refused(api: Api) -> None:
    answer = charge(api, "AUTH_nothing")
    assert (answer.status_code, answer.json()["message"]) == (400, "Authorization code is invalid")
    assert charge(api, None).status_code == 400


def test_a_refused_request_does_not_burn_the_reference(api: Api, code: str) -> None:
    assert charge(api, code, currency="EUR").json()["message"] == "Currency not supported by merchant"
    assert charge(api, code, amount=0).json()["message"] == "Invalid Amount Sent"
    assert charge(api, code).status_code == 200
    assert charge(api, code).json()["code"] == "duplicate_reference"


def test_a_decline_is_a_200_whose_money_failed(api: Api, sim: Simulator, code: str, receiver: Receiver) -> None:
    sim.faults.add("charge_authorization", "declined")

    answer = charge(api, code)

    data = answer.json()["data"]
    assert (answer.status_code, answer.json()["status"]) == (200, True)
    assert (data["status"], data["gateway_response"]) == ("failed", "Insufficient Funds")
    assert sim.deliver_due() == 0


def test_an_authorization_can_be_made_to_decline(api: Api, sim: Simulator, code: str) -> None:
    sim.world.integration(api.key).authorizations[code].declines = "Do Not Honor"

    assert charge(api, code).json()["data"]["gateway_response"] == "Do Not Honor"


def test_a_challenged_charge_is_paused_until_the_customer_confirms(
    api: Api, sim: Simulator, code: str, receiver: Receiver
) -> None:
    sim.faults.add("charge_authorization", "paused")

    body = charge(api, code).json()

    assert body["status"] is True
    assert body["message"] == "Please, redirect your customer to the authorization url provided"
    assert (body["data"]["paused"], body["data"]["reference"]) == (True, "again")
    assert "status" not in body["data"]
    assert body["data"]["authorization_url"].endswith(f"/resume/{body['data']['access_code']}")
    bank = api.session.get(body["data"]["authorization_url"])
    assert "Test Bank" in bank.text

    api.session.post(f"{bank.url}/answer", data={"step": "bank", "value": "approve"})
    assert api.verified("again")["status"] == "success"
    assert sim.deliver_due() == 1
