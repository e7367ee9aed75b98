"""Charging without the hosted page (CONTRACT §4.3)."""

from typing import Any

import pytest
import requests

from paystack_simulator import Simulator
from tests.simulator.conftest import Api
from tests.simulator.receiver import Receiver

ADDRESS = {"address": "140 N 2ND ST", "city": "Stroudsburg", "state": "PA", "zip_code": "18360"}


def charge(api: Api, **fields: Any) -> requests.Response:
    return api.post("/charge", json={"email": "ada@example.com", "amount": 10000, "reference": "c1"} | fields)


def card(number: str, cvv: str = "") -> dict[str, str]:
    return {"number": number, "cvv": cvv, "expiry_month": "09", "expiry_year": "2031"}


def submit(api: Api, step: str, reference: str = "c1", **fields: str) -> requests.Response:
    return api.post(f"/charge/submit_{step}", json={"reference": reference} | fields)


def status(answer: requests.Response) -> str:
    return str(answer.json()["data"]["status"])


@pytest.mark.parametrize(
    ("number", "cvv", "steps"),
    [
        ("4084084084084081", "408", []),
        ("507850785078507812", "081", [("pin", "1111")]),
        ("5060666666666666666", "123", [("pin", "1234"), ("otp", "123456")]),
        ("507850785078507804", "884", [("pin", "0000"), ("phone", "08012345678"), ("otp", "123456")]),
    ],
)
def test_a_card_is_charged_step_by_step(
    api: Api, sim: Simulator, receiver: Receiver, number: str, cvv: str, steps: list[tuple[str, str]]
) -> None:
    answer = charge(api, card=card(number, cvv))
    for step, value in steps:
        assert (answer.status_code, answer.json()["message"]) == (200, "Charge attempted")
        assert status(answer) == f"send_{step}"
        assert status(api.get("/charge/c1")) == f"send_{step}"
        answer = submit(api, step, **{step: value})

    assert status(answer) == "success"
    assert api.verified("c1")["status"] == "success"
    sim.deliver_due()
    assert receiver.events == ["charge.success"]


def test_an_address_is_asked_for_with_its_country(api: Api) -> None:
    charge(api, card=card("4000000000000077"), pin="1234")

    asked = api.get("/charge/c1").json()
    assert asked["message"] == "Reference check successful"
    assert (asked["data"]["status"], asked["data"]["country_code"]) == ("send_address", "US")
    assert submit(api, "address", address="140 N 2ND ST").status_code == 400
    assert status(submit(api, "address", **ADDRESS)) == "success"


def test_a_bank_account_asks_for_a_birthday_and_a_code(api: Api) -> None:
    assert status(charge(api, bank={"code": "057", "account_number": "0000000000"})) == "send_birthday"
    assert status(submit(api, "birthday", birthday="1990-01-31")) == "send_otp"
    assert status(submit(api, "otp", otp="123456")) == "success"
    assert api.verified("c1")["channel"] == "bank"


def test_what_is_sent_along_is_not_asked_for(api: Api) -> None:
    bank = {"code": "50211", "phone": "+2348100000000", "token": "123456"}

    assert status(charge(api, bank=bank)) == "success"
    zenith = {"code": "057", "account_number": "0000000000"}
    assert status(charge(api, reference="c2", bank=zenith, birthday="1990-01-31")) == "send_otp"


@pytest.mark.parametrize(("step", "wrong"), [("pin", "9999"), ("otp", "000000")])
def test_a_wrong_pin_or_code_is_a_400_and_the_end(api: Api, step: str, wrong: str) -> None:
    charge(api, card=card("5060666666666666666", "123"), **({"pin": "1234"} if step == "otp" else {}))

    answer = submit(api, step, **{step: wrong})

    assert (answer.status_code, answer.json()["status"], status(answer)) == (400, False, "failed")
    right = {"pin": "1234", "otp": "123456"}[step]
    assert status(submit(api, step, **{step: right})) == "failed"
    assert api.verified("c1")["status"] == "failed"


def test_a_phone_number_that_is_too_short_is_a_200_that_failed(api: Api) -> None:
    charge(api, card=card("507850785078507804", "884"), pin="0000")

    answer = submit(api, "phone", phone="0801")

    assert (answer.status_code, answer.json()["status"], status(answer)) == (200, True, "failed")
    assert status(charge(api, reference="c2", mobile_money={"phone": "080", "provider": "mtn"})) == "failed"


def test_a_first_step_decline_fails_the_charge_and_leaves_the_transaction_abandoned(api: Api) -> None:
    answer = charge(api, card=card("4084080000005408", "001"))

    assert (answer.status_code, status(answer), answer.json()["data"]["message"]) == (200, "failed", "Declined")
    assert api.verified("c1")["status"] == "abandoned"


@pytest.mark.parametrize(
    ("channel", "details", "said", "key"),
    [
        ("ussd", {"type": "737"}, "pay_offline", "ussd_code"),
        ("qr", {"provider": "visa"}, "pay_offline", "qr_code"),
        ("mobile_money", {"phone": "+254710000000", "provider": "mpesa"}, "pay_offline", "display_text"),
        ("bank_transfer", {"account_expires_at": None}, "pending_bank_transfer", "account_number"),
        ("eft", {"provider": "ozow"}, "open_url", "url"),
    ],
)
def test_other_channels_wait_for_the_customer(
    api: Api, sim: Simulator, channel: str, details: dict[str, str], said: str, key: str
) -> None:
    answer = charge(api, **{channel: details})
    assert status(answer) == said
    assert answer.json()["data"][key]

    sim.pay("c1")

    assert status(api.get("/charge/c1")) == "success"
    assert api.verified("c1")["channel"] == channel


def test_ghanas_test_phone_pays_at_once(api: Api) -> None:
    assert status(charge(api, mobile_money={"phone": "0551234987", "provider": "mtn"}, currency="GHS")) == "success"
    authorization = api.verified("c1")["authorization"]
    assert (authorization["channel"], authorization["reusable"], authorization["signature"]) == (
        "mobile_money",
        False,
        None,
    )


def test_the_bank_page_of_a_charge_is_the_hosted_one(api: Api) -> None:
    url = charge(api, card=card("5192602720584796", "123")).json()["data"]["url"]

    assert "Test Bank" in api.session.get(url).text


def test_a_customer_who_does_not_confirm_has_not_paid(api: Api, sim: Simulator) -> None:
    charge(api, ussd={"type": "737"})
    sim.pay("c1", offline="no")

    assert status(api.get("/charge/c1")) == "failed"


def test_a_charge_nobody_confirms_times_out_with_the_session(api: Api, sim: Simulator) -> None:
    api.call("PUT", "/integration/payment_session_timeout", json={"timeout": 60})
    charge(api, ussd={"type": "737"})

    sim.advance(60)

    assert status(api.get("/charge/c1")) == "timeout"


def test_a_saved_card_is_charged(api: Api, sim: Simulator) -> None:
    api.opened()
    sim.pay("ord-1")
    code = api.verified()["authorization"]["authorization_code"]

    assert status(charge(api, authorization_code=code)) == "success"


@pytest.mark.parametrize(
    ("step", "fields", "message"),
    [
        ("pin", {"reference": "none", "pin": "1"}, "Transaction reference is invalid"),
        ("otp", {"otp": "1"}, "This is not what the transaction is waiting for"),
        ("pin", {}, "pin is required"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(api: Api, step: str, fields: dict[str, str], message: str) -> None:
    charge(api, card=card("507850785078507812", "081"))

    answer = submit(api, step, **fields)

    assert (answer.status_code, answer.json()["message"]) == (400, message)
    assert status(api.get("/charge/c1")) == "send_pin"


def test_a_charge_without_a_channel_or_with_a_used_reference_is_refused(api: Api) -> None:
    assert "Please pass a channel" in charge(api).json()["message"]
    charge(api, ussd={"type": "737"})
    assert charge(api, ussd={"type": "737"}).json()["code"] == "duplicate_reference"
    assert api.get("/charge/none").status_code == 400


@pytest.mark.parametrize("value", [None, 7, "x", [], [7], {"a": {}}, True, {"number": None, "phone": {}, "code": []}])
@pytest.mark.parametrize("channel", ["card", "bank", "mobile_money", "ussd", "bank_transfer"])
def test_no_channel_however_odd_breaks_the_api(api: Api, channel: str, value: object) -> None:
    assert charge(api, **{channel: value}).status_code in {200, 400}


def test_a_partial_debit_takes_what_is_there(api: Api, sim: Simulator) -> None:
    api.opened()
    sim.pay("ord-1")
    code = api.verified()["authorization"]["authorization_code"]
    sim.world.integration(api.key).authorizations[code].balance = 6000

    def debit(reference: str, **fields: object) -> requests.Response:
        body = {"email": "ada@example.com", "amount": 20000, "authorization_code": code, "currency": "NGN"}
        return api.post("/transaction/partial_debit", json=body | {"reference": reference} | fields)

    some = debit("p1", at_least="5000").json()["data"]
    assert (some["status"], some["amount"], some["requested_amount"]) == ("success", 6000, 20000)
    none = debit("p2", at_least="7000").json()["data"]
    assert (none["status"], none["gateway_response"]) == ("failed", "Insufficient Funds")
    assert debit("p3", amount=100).json()["data"]["amount"] == 100
    assert debit("p4", currency=None).status_code == 400
