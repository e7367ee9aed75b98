"""Who may call (CONTRACT §1)."""

import pytest

from tests.simulator.conftest import BASE, Api

INVALID_KEY = {
    "status": False,
    "message": "Invalid key",
    "meta": {"nextStep": "Ensure that you provide the correct authorization key for the request"},
    "type": "validation_error",
    "code": "invalid_Key",
}


def test_a_call_without_a_key_is_refused(api: Api) -> None:
    answer = api.session.get(f"{BASE}/transaction")

    assert answer.status_code == 401
    assert answer.json() == {"status": False, "message": "No Authorization Header was found"}


@pytest.mark.parametrize("header", ["sk_test_of_ada", "Bearer", "Bearer ", "Basic c2stdGVzdA=="])
def test_a_malformed_header_is_refused(api: Api, header: str) -> None:
    answer = api.session.get(f"{BASE}/transaction", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.json() == {"status": False, "message": "Format is Authorization Bearer [secret key]"}


@pytest.mark.parametrize("key", ["sk_live_abc", "pk_test_abc", "abc", "sk_test_"])
def test_only_test_secret_keys_open_the_api(api: Api, key: str) -> None:
    answer = api.as_merchant(key).get("/transaction")

    assert answer.status_code == 401
    assert answer.json() == INVALID_KEY


def test_each_key_opens_a_world_of_its_own(api: Api) -> None:
    bob = api.as_merchant("sk_test_of_bob")
    api.opened("ord-1")

    assert bob.get("/transaction/verify/ord-1").status_code == 400
    assert bob.initialize("ord-1").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/bank"), ("POST", "/transfer"), ("GET", "/transaction/export"), ("DELETE", "/a/b/c"), ("GET", "/")],
)
def test_what_is_not_simulated_answers_501_with_a_sentence(api: Api, method: str, path: str) -> None:
    answer = api.call(method, path)

    assert answer.status_code == 501
    assert answer.json()["status"] is False
    assert answer.json()["message"] == f"The simulator does not know {method} {path} yet."
    assert answer.json()["code"] == "not_simulated"


def test_the_rest_of_the_api_is_as_closed_as_the_known_part(api: Api) -> None:
    assert api.session.get(f"{BASE}/bank").status_code == 401
