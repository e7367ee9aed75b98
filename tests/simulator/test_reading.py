"""Verify, fetch and list (CONTRACT §3)."""

import pytest

from paystack_simulator import Simulator
from tests.clock import ManualClock
from tests.simulator.conftest import Api

VERIFY_KEYS = (
    "id domain status reference receipt_number amount message gateway_response paid_at created_at channel currency ip_address "
    "metadata log fees fees_split authorization customer plan split order_id paidAt createdAt requested_amount "
    "pos_transaction_data source fees_breakdown connect transaction_date plan_object subaccount"
)


def test_verify_tells_everything_about_a_paid_transaction(api: Api, sim: Simulator, clock: ManualClock) -> None:
    api.opened(metadata={"order_id": "7"})
    clock.advance(5.25)
    sim.pay("ord-1")

    answer = api.get("/transaction/verify/ord-1").json()

    data = answer["data"]
    assert (answer["status"], answer["message"]) == (True, "Verification successful")
    assert set(VERIFY_KEYS.split()) <= set(data)
    assert data["id"] > 2**32
    assert (data["domain"], data["status"], data["channel"]) == ("test", "success", "card")
    assert (data["amount"], data["requested_amount"], data["currency"], data["fees"]) == (500000, 500000, "NGN", 17500)
    assert data["created_at"] == data["createdAt"] == data["transaction_date"] == "2026-03-01T10:00:00.000Z"
    assert data["paid_at"] == data["paidAt"] == "2026-03-01T10:00:05.250Z"
    assert (data["gateway_response"], data["response_code"], data["gateway_response_code"]) == (
        "Successful",
        "00",
        "approved",
    )
    assert data["metadata"] == {"order_id": "7"}
    assert data["log"]["history"][-1]["type"] == "success"
    assert data["customer"]["email"] == "ada@example.com"
    assert data["customer"]["customer_code"].startswith("CUS_")


def test_the_authorization_describes_the_card(api: Api, sim: Simulator) -> None:
    api.opened()
    sim.pay("ord-1")

    authorization = api.verified()["authorization"]

    assert authorization["authorization_code"].startswith("AUTH_")
    assert authorization["signature"].startswith("SIG_")
    expected = {"bin": "408408", "last4": "4081", "card_type": "visa ", "bank": "TEST BANK", "reusable": True}
    assert expected.items() <= authorization.items()
    assert (authorization["exp_month"], authorization["exp_year"]) == ("12", "2030")


def test_each_use_of_a_card_makes_a_new_code_under_one_signature(api: Api, sim: Simulator) -> None:
    for reference in ("ord-1", "ord-2"):
        api.opened(reference)
        sim.pay(reference)

    first, second = (api.verified(reference)["authorization"] for reference in ("ord-1", "ord-2"))
    assert first["authorization_code"] != second["authorization_code"]
    assert first["signature"] == second["signature"]


def test_metadata_that_was_never_sent_is_an_empty_string(api: Api) -> None:
    api.opened()

    assert api.verified()["metadata"] == ""


@pytest.mark.parametrize("empty", ["", 0, None])
def test_metadata_that_was_never_sent_can_be_made_to_look_otherwise(api: Api, sim: Simulator, empty: object) -> None:
    sim.settings.empty_metadata = empty  # type: ignore[assignment]
    api.opened()

    assert api.verified()["metadata"] == empty


@pytest.mark.parametrize("reference", ["ord-9", "a/b", "%2E%2E%2Fx", "é"])
def test_an_unknown_reference_is_a_400_and_no_404(api: Api, reference: str) -> None:
    answer = api.get(f"/transaction/verify/{reference}")

    assert answer.status_code == 400
    assert answer.json() == {
        "status": False,
        "message": "Transaction reference not found.",
        "meta": {
            "nextStep": "Ensure that you're passing the reference of a transaction that exists on this integration"
        },
        "type": "validation_error",
        "code": "transaction_not_found",
    }


@pytest.mark.parametrize("path", ["/transaction/verify/", "/transaction/verify", "/transaction/ord-1"])
def test_an_address_without_its_number_says_so(api: Api, path: str) -> None:
    answer = api.get(path)

    assert answer.status_code == 400
    assert answer.json() == {"status": False, "message": "Transaction ID should be numeric."}


def test_verifying_two_dots_lists_every_transaction(api: Api) -> None:
    """``requests`` shortens ``/transaction/verify/..`` to ``/transaction/``; so would it at Paystack."""
    api.opened()

    answer = api.get("/transaction/verify/..")

    assert answer.json()["message"] == "Transactions retrieved"


def test_fetch_reads_one_transaction_by_id(api: Api) -> None:
    api.opened()
    number = api.verified()["id"]

    answer = api.get(f"/transaction/{number}").json()

    assert answer["message"] == "Transaction retrieved"
    assert answer["data"]["reference"] == "ord-1"
    assert "helpdesk_link" in answer["data"]
    assert not {"plan_object", "transaction_date"} & set(answer["data"])


@pytest.mark.parametrize("number", ["1", "9" * 400])
def test_fetching_an_unknown_id_is_a_404(api: Api, number: str) -> None:
    answer = api.get(f"/transaction/{number}")

    assert answer.status_code == 404
    assert answer.json() == {"status": False, "message": "Transaction not found"}


def references(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [row["reference"] for row in answer["data"]]


def test_the_list_is_newest_first_with_its_sums(api: Api) -> None:
    api.opened("ord-1", amount=30000)
    api.opened("ord-2", amount=60000)

    answer = api.get("/transaction").json()

    assert answer["message"] == "Transactions retrieved"
    assert references(answer) == ["ord-2", "ord-1"]
    assert answer["meta"] == {
        "total": 2,
        "total_volume": 90000,
        "skipped": 0,
        "perPage": 50,
        "page": 1,
        "pageCount": 1,
    }


def test_the_list_comes_in_pages(api: Api) -> None:
    for number in range(5):
        api.opened(f"ord-{number}")

    answer = api.get("/transaction", params={"perPage": 2, "page": 2}).json()

    assert references(answer) == ["ord-2", "ord-1"]
    assert (answer["meta"]["skipped"], answer["meta"]["pageCount"], answer["meta"]["total"]) == (2, 3, 5)


def test_the_list_can_be_walked_by_cursor_both_ways(api: Api) -> None:
    for number in range(5):
        api.opened(f"ord-{number}")
    walk: dict[str, object] = {"perPage": 2, "use_cursor": "true"}

    first = api.get("/transaction", params=walk).json()
    second = api.get("/transaction", params=walk | {"next": first["meta"]["next"]}).json()
    third = api.get("/transaction", params=walk | {"next": second["meta"]["next"]}).json()
    back = api.get("/transaction", params=walk | {"previous": third["meta"]["previous"]}).json()

    assert [references(page) for page in (first, second, third)] == [["ord-4", "ord-3"], ["ord-2", "ord-1"], ["ord-0"]]
    assert references(back) == ["ord-2", "ord-1"]
    assert (first["meta"]["previous"], third["meta"]["next"], first["meta"]["perPage"]) == (None, None, 2)


def test_the_list_is_narrowed_by_its_filters(api: Api, sim: Simulator, clock: ManualClock) -> None:
    api.opened("ord-1", amount=100)
    clock.advance(3600)
    api.opened("ord-2", email="bob@example.com")
    sim.pay("ord-2")
    customer = api.verified("ord-2")["customer"]

    def found(**params: object) -> list[str]:
        return references(api.get("/transaction", params=params).json())

    assert found(status="success") == ["ord-2"]
    assert found(status="abandoned") == ["ord-1"]
    assert found(amount=100) == ["ord-1"]
    assert found(channel="ussd") == []
    assert found(customer=customer["id"]) == ["ord-2"]
    assert found(customer=customer["customer_code"]) == []
    assert found(**{"from": "2026-03-01T10:30:00.000Z"}) == ["ord-2"]
    assert found(to="2026-03-01T10:30:00") == ["ord-1"]


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("path", ["/transaction", "/refund"])
def test_a_filter_that_is_no_date_is_refused(api: Api, path: str, name: str) -> None:
    answer = api.get(path, params={name: "yesterday"})

    assert answer.status_code == 400
    assert answer.json()["message"] == f"Invalid '{name}' date passed"
    assert answer.json()["code"] == "invalid_params"


@pytest.mark.parametrize("value", ["0", "-1", "x", "1" * 500, ""])
def test_an_odd_page_size_means_the_usual_one(api: Api, value: str) -> None:
    assert api.get("/transaction", params={"perPage": value}).json()["meta"]["perPage"] == 50


def test_ten_thousand_transactions_are_no_burden(api: Api, sim: Simulator) -> None:
    integration = sim.world.integration(api.key)
    for number in range(10_000):
        sim.transactions.initialize(integration, {"email": "ada@example.com", "amount": 100, "reference": f"r{number}"})

    assert api.get("/transaction", params={"page": 200}).json()["data"][-1]["reference"] == "r0"
    assert api.verified("r5000")["status"] == "abandoned"
