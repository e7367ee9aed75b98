"""Refunds (CONTRACT §7)."""

import pytest
import requests

from paystack_simulator import Simulator
from tests.simulator.conftest import Api
from tests.simulator.receiver import Receiver


def paid(api: Api, sim: Simulator, card: str = "success", **fields: object) -> int:
    """A paid transaction ``ord-1``; returns its id."""
    api.opened(**fields)
    sim.pay("ord-1", card)
    return int(api.verified()["id"])


def refund(api: Api, transaction: object = "ord-1", **fields: object) -> requests.Response:
    return api.post("/refund", json={"transaction": transaction} | fields)


def play(api: Api, sim: Simulator, refund_id: int) -> list[tuple[str, str]]:
    """The statuses of refund and transaction, now and after each minute."""
    seen = []
    for _ in range(3):
        seen.append((api.get(f"/refund/{refund_id}").json()["data"]["status"], api.verified()["status"]))
        sim.advance(60)
    return seen


def test_a_refund_is_queued_with_its_transaction(api: Api, sim: Simulator) -> None:
    number = paid(api, sim)

    answer = refund(api)

    data = answer.json()["data"]
    assert (answer.status_code, answer.json()["message"]) == (200, "Refund has been queued for processing")
    assert (data["status"], data["amount"], data["currency"], data["domain"]) == ("pending", 500000, "NGN", "test")
    assert data["customer_note"] == "Refund for transaction ord-1"
    assert data["merchant_note"] == "Refund for transaction ord-1 by owner@example.com"
    assert (data["transaction"]["id"], data["transaction"]["reference"]) == (number, "ord-1")
    others = "integration deducted_amount fully_deducted channel refunded_by expected_at createdAt updatedAt"
    assert set(others.split()) <= set(data)


@pytest.mark.parametrize("spelling", [str, int])
def test_the_transaction_may_be_named_by_its_id(api: Api, sim: Simulator, spelling: type) -> None:
    number = paid(api, sim)

    assert refund(api, spelling(number)).status_code == 200


@pytest.mark.parametrize(
    ("card", "end", "transaction"),
    [
        ("success", "processed", "reversed"),
        ("refund-fails", "failed", "success"),
        ("refund-needs-attention", "needs-attention", "reversal-pending"),
    ],
)
def test_the_card_decides_how_a_refund_ends(
    api: Api, sim: Simulator, receiver: Receiver, card: str, end: str, transaction: str
) -> None:
    paid(api, sim, card)
    number = refund(api).json()["data"]["id"]

    assert play(api, sim, number) == [
        ("pending", "reversal-pending"),
        ("processing", "reversal-pending"),
        (end, transaction),
    ]
    sim.deliver_due()
    assert receiver.events == ["charge.success", "refund.pending", "refund.processing", f"refund.{end}"]


def test_a_clock_moved_far_plays_every_step_in_order(api: Api, sim: Simulator, receiver: Receiver) -> None:
    paid(api, sim)
    refund(api)

    sim.advance(86400)
    sim.deliver_due()

    assert receiver.events == ["charge.success", "refund.pending", "refund.processing", "refund.processed"]
    assert api.verified()["status"] == "reversed"


@pytest.mark.parametrize(
    ("card", "end", "amount", "processor"),
    [
        ("success", "refund.processed", "500000", "instant-transfer"),
        ("refund-fails", "refund.failed", 500000, "instant-transfer"),
        ("refund-needs-attention", "refund.needs-attention", 500000, None),
    ],
)
def test_refund_events_spell_amounts_as_paystack_does(
    api: Api, sim: Simulator, receiver: Receiver, card: str, end: str, amount: object, processor: str | None
) -> None:
    paid(api, sim, card)
    number = refund(api).json()["data"]["id"]
    sim.advance(120)
    sim.deliver_due()

    events = {delivery.event: delivery.data for delivery in receiver.received}
    assert [events[name]["amount"] for name in ("refund.pending", "refund.processing", end)] == [
        "500000",
        "500000",
        amount,
    ]
    assert events["refund.pending"]["refund_reference"] is None
    assert events[end]["refund_reference"].startswith("TRF_")
    assert events[end]["transaction_reference"] == "ord-1"
    assert events[end].get("processor") == processor
    assert events[end].get("id") == (str(number) if end == "refund.needs-attention" else None)


def test_after_a_processed_partial_refund_the_transaction_is_a_success_again(api: Api, sim: Simulator) -> None:
    """Paystack's answer is not documented (CONTRACT §14); this is what the simulator settled on."""
    paid(api, sim)

    number = refund(api, amount=100000).json()["data"]["id"]

    assert play(api, sim, number)[-1] == ("processed", "success")


def test_partial_refunds_add_up_to_a_reversal(api: Api, sim: Simulator) -> None:
    paid(api, sim)
    refund(api, amount=100000)
    sim.advance(120)
    refund(api, amount=400000)
    sim.advance(120)

    assert api.verified()["status"] == "reversed"


def test_without_an_amount_the_whole_is_meant_not_the_remainder(api: Api, sim: Simulator) -> None:
    paid(api, sim)
    refund(api, amount=1)

    answer = refund(api)

    assert answer.status_code == 400
    assert answer.json()["message"] == "Total refund amount cannot exceed original transaction amount"


def test_a_failed_refund_can_be_tried_again(api: Api, sim: Simulator) -> None:
    paid(api, sim, "refund-fails")
    refund(api)
    sim.advance(120)

    assert refund(api).status_code == 200


@pytest.mark.parametrize(
    ("currency", "fields", "message"),
    [
        ("NGN", {"amount": 500001}, "Refund amount exceeds transaction amount"),
        ("NGN", {"currency": "GHS"}, "Transaction currency must match refund currency"),
        ("NGN", {"amount": 0}, "Invalid Amount Sent"),
        ("NGN", {"amount": 1.5}, '"amount" must be an integer'),
        ("GHS", {"amount": 99}, "The minimum amount you may send in a single refund at this time is: GHS1.00"),
        ("GHS", {"amount": 49}, "Cannot refund less than GHS0.5"),
        ("USD", {"amount": 99}, "Cannot refund less than USD 1"),
        ("NGN", {"transaction": "ord-9"}, "Transaction not found"),
        ("NGN", {"transaction": None}, "Transaction not found"),
    ],
)
def test_what_cannot_be_refunded_is_refused(
    api: Api, sim: Simulator, currency: str, fields: dict[str, object], message: str
) -> None:
    paid(api, sim, currency=currency)

    answer = refund(api, **fields)

    assert (answer.status_code, answer.json()["message"]) == (400, message)
    assert api.verified()["status"] == "success"


def test_an_unpaid_transaction_cannot_be_refunded(api: Api) -> None:
    api.opened()

    assert refund(api).status_code == 400


def test_a_reversed_transaction_cannot_be_refunded_again(api: Api, sim: Simulator) -> None:
    paid(api, sim)
    refund(api)
    sim.advance(120)

    assert refund(api).json()["message"] == "Transaction has been fully reversed"


def test_the_merchants_balance_may_be_too_low(api: Api, sim: Simulator) -> None:
    paid(api, sim)
    sim.settings.insufficient_balance = True

    assert refund(api).json()["message"] == "Insufficient balance to fulfill this refund. Please top up."


def test_nothing_guards_a_refund_against_being_asked_twice(api: Api, sim: Simulator) -> None:
    """There is no idempotency key at Paystack: a client that repeats a timed-out call refunds twice (CONTRACT §7)."""
    paid(api, sim)

    assert [refund(api, amount=100).status_code for _ in range(2)] == [200, 200]
    assert api.get("/refund").json()["meta"]["total"] == 2


def test_refunds_are_read_with_the_transactions_id(api: Api, sim: Simulator) -> None:
    number = paid(api, sim)
    refund_id = refund(api).json()["data"]["id"]

    one = api.get(f"/refund/{refund_id}").json()
    many = api.get("/refund").json()

    assert (one["message"], many["message"]) == ("Refund retrieved", "Refunds retrieved")
    assert one["data"] == many["data"][0]
    assert one["data"]["transaction"] == number
    assert (many["meta"]["total"], many["meta"]["perPage"]) == (1, 50)


def test_refunds_are_listed_by_id_and_never_by_reference(api: Api, sim: Simulator) -> None:
    number = paid(api, sim)
    refund(api)

    assert len(api.get("/refund", params={"transaction": number}).json()["data"]) == 1
    assert api.get("/refund", params={"transaction": "ord-1"}).json()["data"] == []
    assert api.get("/refund", params={"from": "2026-03-02"}).json()["data"] == []


@pytest.mark.parametrize("name", ["1", "x", "9" * 300])
def test_an_unknown_refund_is_a_404(api: Api, name: str) -> None:
    assert api.get(f"/refund/{name}").status_code == 404
