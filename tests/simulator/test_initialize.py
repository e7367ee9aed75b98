"""Opening a transaction (CONTRACT §2)."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paystack_simulator import Simulator
from tests.simulator.conftest import Api


def test_initialize_says_where_to_pay(api: Api) -> None:
    answer = api.initialize("ord-1042-a1")

    body = answer.json()
    assert answer.status_code == 200
    assert body["status"] is True
    assert body["message"] == "Authorization URL created"
    assert set(body["data"]) == {"authorization_url", "access_code", "reference"}
    assert body["data"]["reference"] == "ord-1042-a1"
    assert body["data"]["authorization_url"] == f"https://api.paystack.co/checkout/{body['data']['access_code']}"
    assert answer.headers["Content-Type"] == "application/json"


def test_checkout_addresses_follow_the_public_url(api: Api, sim: Simulator) -> None:
    sim.settings.public_url = "http://127.0.0.1:5090/"

    assert api.opened().startswith("http://127.0.0.1:5090/checkout/")


def test_right_after_initialize_the_transaction_is_abandoned(api: Api) -> None:
    api.opened()

    data = api.verified()
    assert data["status"] == "abandoned"
    assert data["gateway_response"] == "The transaction was not completed"
    assert (data["paid_at"], data["authorization"], data["log"]) == (None, {}, None)


@pytest.mark.parametrize("amount", [100, "100", 100.0])
def test_whole_amounts_pass_in_each_spelling(api: Api, amount: object) -> None:
    api.opened(amount=amount)

    assert api.verified()["amount"] == 100


@pytest.mark.parametrize(
    "amount", [100.5, "100.50", "abc", True, [100], {}, float("nan"), float("inf"), "1e3", "１００"]
)
def test_amounts_that_are_no_integers_are_refused(api: Api, amount: object) -> None:
    body = json.dumps({"email": "ada@example.com", "amount": amount})

    answer = api.post("/transaction/initialize", data=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["message"] == '"amount" must be an integer'


@pytest.mark.parametrize("amount", [0, -100, "0", "-100", "000", None, ""])
def test_amounts_of_nothing_or_less_are_refused(api: Api, amount: object) -> None:
    answer = api.initialize(amount=amount)

    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid Amount Sent"


@pytest.mark.parametrize("amount", [10**9 + 1, 10**30, "9" * 5000])
def test_amounts_above_the_limit_are_refused(api: Api, amount: object) -> None:
    answer = api.initialize(amount=amount)

    assert answer.status_code == 400
    assert answer.json()["message"] == "Transaction amount limit exceeded"


@pytest.mark.parametrize(
    ("email", "message", "code"),
    [
        (None, "Email Address is required", "missing_params"),
        ("", "Email is not allowed to be empty", "missing_params"),
        ("ada", "Invalid Email Address Passed", "invalid_email_address"),
        ("ada@", "Invalid Email Address Passed", "invalid_email_address"),
        ("a b@example.com", "Invalid Email Address Passed", "invalid_email_address"),
        (7, "Invalid Email Address Passed", "invalid_email_address"),
    ],
)
def test_a_bad_email_is_refused(api: Api, email: object, message: str, code: str) -> None:
    answer = api.initialize(email=email)

    assert answer.status_code == 400
    assert (answer.json()["message"], answer.json()["code"]) == (message, code)


@pytest.mark.parametrize("currency", ["NGN", "GHS", "ZAR", "KES", "USD"])
def test_five_currencies_are_known(api: Api, currency: str) -> None:
    api.opened(currency=currency)

    assert api.verified()["currency"] == currency


def test_the_integrations_own_currency_is_the_default(api: Api) -> None:
    api.opened()

    assert api.verified()["currency"] == "NGN"


@pytest.mark.parametrize("currency", ["EUR", "ngn", 5])
def test_other_currencies_are_refused(api: Api, currency: object) -> None:
    answer = api.initialize(currency=currency)

    assert answer.status_code == 400
    assert answer.json()["message"] == "Currency not supported by merchant"


@pytest.mark.parametrize("reference", ["a b", "ord/1", "ord#1", "é", "a\nb", True])
def test_a_reference_with_other_characters_is_refused(api: Api, reference: object) -> None:
    answer = api.initialize(reference)  # type: ignore[arg-type]

    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid character in transaction reference"


@pytest.mark.parametrize("reference", ["A-b.c=9", "under_score"])
def test_documented_characters_and_the_underscore_pass(api: Api, reference: str) -> None:
    api.opened(reference)

    assert api.verified(reference)["reference"] == reference


def test_a_reference_is_good_once_whatever_became_of_it(api: Api, sim: Simulator) -> None:
    api.opened("ord-1")
    sim.pay("ord-1")

    answer = api.initialize("ord-1", amount=100)

    assert answer.status_code == 400
    assert answer.json() == {
        "status": False,
        "message": "Duplicate Transaction Reference",
        "meta": {"nextStep": "Try and create the Transaction or Charge with a new reference"},
        "type": "validation_error",
        "code": "duplicate_reference",
    }


def test_without_a_reference_paystack_makes_one(api: Api) -> None:
    first, second = (api.initialize(None).json()["data"]["reference"] for _ in range(2))

    assert first != second
    assert api.verified(first)["reference"] == first


def test_numbers_in_metadata_come_back_as_strings(api: Api) -> None:
    api.opened(metadata={"order_id": 42, "deep": [{"rate": 1.5}], "gift": True, "none": None, "name": "Zoë"})

    assert api.verified()["metadata"] == {
        "order_id": "42",
        "deep": [{"rate": "1.5"}],
        "gift": True,
        "none": None,
        "name": "Zoë",
    }


def test_metadata_may_be_json_in_a_string(api: Api) -> None:
    api.opened(metadata='{"order_id": 42}')

    assert api.verified()["metadata"] == {"order_id": "42"}


def test_malformed_metadata_draws_a_misleading_complaint(api: Api) -> None:
    answer = api.initialize(metadata="{order")

    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid Amount Sent")


def test_bodies_may_be_form_encoded(api: Api) -> None:
    form = {"email": "ada@example.com", "amount": "2500", "reference": "ord-1", "metadata": '{"a": 1}'}

    assert api.post("/transaction/initialize", data=form).status_code == 200
    assert (api.verified()["amount"], api.verified()["metadata"]) == (2500, {"a": "1"})


@pytest.mark.parametrize("body", ["[]", "null", '"x"', "{", "[" * 100_000, b"\xff\xfe", '{"email": "\\ud800"}'])
def test_no_body_however_odd_breaks_the_api(api: Api, body: str | bytes) -> None:
    answer = api.post("/transaction/initialize", data=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["status"] is False


def test_a_huge_body_is_refused(api: Api) -> None:
    answer = api.initialize(metadata={"a": "x" * 2_000_000})

    assert answer.status_code == 413
    assert answer.json()["status"] is False


@pytest.mark.parametrize("depth", [99, 101, 500, 900, 5000])
def test_metadata_nested_deeply_is_kept_or_refused_never_a_crash(api: Api, depth: int) -> None:
    body = '{"email":"ada@example.com","amount":1,"reference":"ord-1","metadata":' + "[" * depth + "]" * depth + "}"

    answer = api.post("/transaction/initialize", data=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == (200 if depth <= 100 else 400)
    assert api.get("/transaction/verify/ord-1").status_code == answer.status_code


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.fixed_dictionaries(
        {},
        optional={
            name: anything | st.sampled_from(["ada@example.com", "100", 100, "NGN", "ord.1"])
            for name in ("email", "amount", "currency", "reference", "metadata", "callback_url", "label", "transaction")
        },
    )
)
@pytest.mark.parametrize("path", ["/transaction/initialize", "/transaction/charge_authorization", "/refund"])
def test_no_fields_however_odd_break_the_api(api: Api, path: str, fields: dict[str, object]) -> None:
    answer = api.post(path, data=json.dumps(fields), headers={"Content-Type": "application/json"})

    assert answer.status_code in {200, 400}
    assert answer.json()["status"] is (answer.status_code == 200)
    assert api.get("/transaction").status_code == 200
