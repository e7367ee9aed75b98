"""Payments and refunds that end otherwise, and faults drawn from a seed."""

import contextlib
import threading

import pytest
import requests

from paystack_simulator import Simulator, create_simulator
from paystack_simulator.faults import Faults, modes_of
from paystack_simulator.settings import Settings
from tests.simulator.conftest import BASE, Api

EVERYTHING = {"*": 0.3, "webhook": 0.3, "payment": 0.3, "refund": 0.3}


@pytest.mark.parametrize(
    ("mode", "amount", "requested", "currency"),
    [
        ("fees-on-top", 517500, 500000, "NGN"),
        ("underpaid", 250000, 500000, "NGN"),
        ("other-currency", 500000, 500000, "USD"),
    ],
)
def test_a_payment_can_report_other_money(
    api: Api, sim: Simulator, mode: str, amount: int, requested: int, currency: str
) -> None:
    sim.faults.add("payment", mode)
    api.opened()
    sim.pay("ord-1")

    data = api.verified()
    assert (data["amount"], data["requested_amount"], data["currency"]) == (amount, requested, currency)


def test_what_was_ordered_for_one_payment_goes_before_a_fault(api: Api, sim: Simulator) -> None:
    api.opened()
    sim.world.integration(api.key).transactions["ord-1"].overrides.amount = 7
    sim.faults.add("payment", "fees-on-top")
    sim.pay("ord-1")

    assert api.verified()["amount"] == 7


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("processed", "reversed"), ("failed", "success"), ("needs-attention", "reversal-pending")],
)
def test_a_refund_can_be_given_any_end(api: Api, sim: Simulator, outcome: str, status: str) -> None:
    api.opened()
    sim.pay("ord-1")
    sim.faults.add("refund", outcome)
    api.post("/refund", json={"transaction": "ord-1"})
    sim.advance(120)

    assert api.get("/refund").json()["data"][0]["status"] == outcome
    assert api.verified()["status"] == status


def played(seed: int) -> list[dict[str, object]]:
    """The story of a seed over the same calls."""
    faults = Faults(Settings(seed=seed, fault_rates=EVERYTHING))
    for _ in range(40):
        for operation in ("initialize", "verify", "charge.success", "refund.pending", "payment", "refund"):
            faults.take(operation)
    return faults.story()


def test_the_same_seed_gives_the_same_story() -> None:
    assert played(7) == played(7)
    assert played(7) != played(8)
    assert len(played(7)) > 20


PINNED = [("charge.success", 1, "metadata-zero"), ("verify", 2, "html"), ("charge.success", 2, "string-amounts")]


def test_a_story_is_the_same_on_every_machine() -> None:
    """Pinned: whoever changes how faults are drawn changes the stories people have written down."""
    first = played(7)[:3]

    assert [(line["operation"], line["occurrence"], line["mode"]) for line in first] == PINNED


def test_a_story_does_not_depend_on_who_comes_first() -> None:
    faults = Faults(Settings(seed=7, fault_rates=EVERYTHING))
    barrier = threading.Barrier(6)

    def call(operation: str) -> None:
        barrier.wait()
        for _ in range(40):
            faults.take(operation)

    names = ("initialize", "verify", "charge.success", "refund.pending", "payment", "refund")
    threads = [threading.Thread(target=call, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def by_operation(story: list[dict[str, object]]) -> set[tuple[object, ...]]:
        return {tuple(line.values()) for line in story}

    assert by_operation(faults.story()) == by_operation(played(7))


def test_every_mode_is_met_and_only_where_it_means_something() -> None:
    faults = Faults(Settings(seed=1, fault_rates=dict.fromkeys(EVERYTHING, 1.0)))
    for operation in ("initialize", "verify", "charge_authorization", "charge.success", "payment", "refund"):
        met = {faults.take(operation) for _ in range(500)}
        assert met == set(modes_of(operation))
    assert "paused" not in modes_of("verify")


def test_a_narrower_rate_goes_first() -> None:
    faults = Faults(Settings(seed=1, fault_rates={"*": 1, "verify": 0, "webhook": 0, "charge.success": 1}))

    assert faults.take("verify") is None
    assert faults.take("initialize") is not None
    assert faults.take("refund.pending") is None
    assert faults.take("charge.success") is not None
    assert faults.take("payment") is None


def test_without_a_seed_nothing_is_drawn() -> None:
    faults = Faults(Settings(fault_rates={"*": 1.0}))

    assert [faults.take("verify") for _ in range(50)] == [None] * 50


def test_the_story_is_told_with_the_state_and_begins_anew(api: Api, sim: Simulator) -> None:
    def switched(path: str, **order: object) -> requests.Response:
        return api.session.post(f"{BASE}/_simulator{path}", json=order)

    def story() -> object:
        return api.session.get(f"{BASE}/_simulator/state").json()["story"]

    switched("/settings", seed=3, fault_rates={"verify": 1})
    switched("/faults", operation="list_transactions", mode="500")
    api.get("/transaction")
    with contextlib.suppress(requests.RequestException):
        api.get("/transaction/verify/x")

    lines = story()
    assert isinstance(lines, list)
    assert lines[0] == {"operation": "list_transactions", "occurrence": 1, "mode": "500", "drawn": False}
    assert lines[1]["operation"] == "verify"
    assert lines[1]["drawn"] is True

    api.session.delete(f"{BASE}/_simulator/faults")
    assert story() == []


def test_a_whole_shop_survives_a_seed_and_plays_it_twice_alike() -> None:
    """The same orders under the same seed: the same answers, outcomes and deliveries."""

    def day(seed: int) -> list[object]:
        app = create_simulator(seed=seed, fault_rates=EVERYTHING, hang_seconds=0.001)
        sim: Simulator = app.extensions["simulator"]
        client = app.test_client()
        headers = {"Authorization": "Bearer sk_test_a"}
        seen: list[object] = []
        for number in range(30):
            body = {"email": "a@b.co", "amount": 100_000, "reference": f"r{number}"}
            seen.append(client.post("/transaction/initialize", json=body, headers=headers).status_code)
            if sim.world.find(f"r{number}"):
                paid = sim.pay(f"r{number}")
                seen.append((paid.amount, paid.currency))
        return [*seen, *sim.faults.story(), *[(each.event, each.fault) for each in sim.webhooks.snapshot()]]

    assert day(11) == day(11)
    assert day(11) != day(12)
