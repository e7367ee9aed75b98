"""Events that lie, repeat, lag, and get lost (CONTRACT §6, §12)."""

import hashlib
import hmac
import json

import pytest

from paystack_simulator import Simulator, webhook_faults
from tests.simulator.conftest import KEY, Api
from tests.simulator.receiver import Receiver


def told(api: Api, sim: Simulator, mode: str, **fields: object) -> None:
    """Plan one fault of webhooks, and pay ``ord-1``."""
    sim.faults.add("webhook", mode)
    api.opened(**fields)
    sim.pay("ord-1")
    sim.deliver_due()


def test_an_event_can_come_twice(api: Api, sim: Simulator, receiver: Receiver) -> None:
    told(api, sim, "duplicated")

    assert len(receiver.received) == 2
    assert len({delivery.body for delivery in receiver.received}) == 1


def test_an_event_can_be_late(api: Api, sim: Simulator, receiver: Receiver) -> None:
    told(api, sim, "delayed")
    assert receiver.received == []

    sim.advance(600)
    assert sim.deliver_due() == 1


def test_an_event_can_get_lost(api: Api, sim: Simulator, receiver: Receiver) -> None:
    told(api, sim, "dropped")

    sim.advance(100 * 3600)
    assert sim.deliver_due() == 0
    assert sim.webhooks.deliveries[1].state == "dropped"


def test_an_event_can_be_overtaken_by_the_next(api: Api, sim: Simulator, receiver: Receiver) -> None:
    told(api, sim, "reordered")
    assert receiver.received == []

    api.post("/refund", json={"transaction": "ord-1"})
    sim.deliver_due()

    assert receiver.events == ["refund.pending", "charge.success"]


def test_an_event_that_nothing_overtakes_comes_late(api: Api, sim: Simulator, receiver: Receiver) -> None:
    told(api, sim, "reordered")

    sim.advance(600)
    sim.deliver_due()

    assert receiver.events == ["charge.success"]


def test_an_event_can_be_signed_by_a_stranger_at_first(api: Api, sim: Simulator, receiver: Receiver) -> None:
    receiver.will_answer(401)
    told(api, sim, "wrong-key")
    sim.advance(3600)
    sim.deliver_due()

    good = hmac.new(KEY.encode(), receiver.received[0].body, hashlib.sha512).hexdigest()
    assert [delivery.signature == good for delivery in receiver.received] == [False, True]


@pytest.mark.parametrize("mode", ["escaped", "pretty"])
def test_an_event_can_be_written_otherwise_and_still_be_signed(
    api: Api, sim: Simulator, receiver: Receiver, mode: str
) -> None:
    told(api, sim, mode, metadata={"page": "https://a.example/b", "name": "Zoë"})

    delivery = receiver.received[0]
    assert delivery.signature == hmac.new(KEY.encode(), delivery.body, hashlib.sha512).hexdigest()
    assert delivery.data["metadata"] == {"page": "https://a.example/b", "name": "Zoë"}
    assert delivery.body != webhook_faults.compact(json.loads(delivery.body))
    assert (rb"Zo\u00eb" in delivery.body and rb"https:\/\/" in delivery.body) is (mode == "escaped")


def test_an_event_can_lack_its_id(api: Api, sim: Simulator, receiver: Receiver) -> None:
    told(api, sim, "missing-ids")

    assert "id" not in receiver.received[0].data
    assert receiver.received[0].data["reference"] == "ord-1"


def test_an_event_can_spell_amounts_as_text(api: Api, sim: Simulator, receiver: Receiver) -> None:
    told(api, sim, "string-amounts")

    data = receiver.received[0].data
    assert (data["amount"], data["requested_amount"], data["fees"]) == ("500000", "500000", "17500")


def test_an_event_can_have_forgotten_its_metadata(api: Api, sim: Simulator, receiver: Receiver) -> None:
    told(api, sim, "metadata-zero", metadata={"order_id": "7"})

    assert receiver.received[0].data["metadata"] == 0
    assert api.verified()["metadata"] == {"order_id": "7"}


def test_a_fault_can_wait_for_one_kind_of_event(api: Api, sim: Simulator, receiver: Receiver) -> None:
    sim.faults.add("refund.pending", "dropped")
    api.opened()
    sim.pay("ord-1")
    api.post("/refund", json={"transaction": "ord-1"})
    sim.deliver_due()

    assert receiver.events == ["charge.success"]


def test_a_star_leaves_events_alone(api: Api, sim: Simulator, receiver: Receiver) -> None:
    api.opened()
    sim.faults.add("*", "500")
    sim.pay("ord-1")

    assert sim.deliver_due() == 1
    assert sim.faults.planned() == {"*": [{"mode": "500", "times": 1}]}


@pytest.mark.parametrize("mode", sorted(webhook_faults.MODES))
def test_no_mode_breaks_the_couriers(api: Api, sim: Simulator, receiver: Receiver, mode: str) -> None:
    told(api, sim, mode)
    sim.advance(24 * 3600)
    sim.deliver_due()

    assert {delivery.state for delivery in sim.webhooks.snapshot()} <= {"delivered", "dropped"}
