"""Events: their bytes, their signature, and when they come again (CONTRACT §6)."""

import hashlib
import json
import re
import threading

import pytest
import requests
from flask import Flask
from werkzeug.wrappers import Request, Response

from paystack_simulator import Simulator, SimulatorAdapter, create_simulator
from tests.simulator.conftest import BASE, KEY, Api
from tests.simulator.receiver import Receiver

HOUR = 3600


def hmac_sha512(key: bytes, message: bytes) -> str:
    """HMAC written out from RFC 2104, so that no code is shared with what is tested."""
    block = key.ljust(128, b"\0")
    inner = hashlib.sha512(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return hashlib.sha512(bytes(byte ^ 0x5C for byte in block) + inner).hexdigest()


def test_a_payment_is_told_with_a_signed_event(api: Api, sim: Simulator, receiver: Receiver) -> None:
    api.opened()
    sim.pay("ord-1")

    assert sim.deliver_due() == 1

    delivery = receiver.received[0]
    assert delivery.method == "POST"
    assert delivery.headers["Content-Type"] == "application/json"
    assert re.fullmatch("[0-9a-f]{128}", delivery.signature)
    assert delivery.signature == hmac_sha512(KEY.encode(), delivery.body)
    assert "Authorization" not in delivery.headers


def test_the_body_is_compact_json_in_raw_utf8(api: Api, sim: Simulator, receiver: Receiver) -> None:
    api.opened(metadata={"name": "Zoë", "page": "https://a.example/b"})
    sim.pay("ord-1")
    sim.deliver_due()

    body = receiver.received[0].body
    assert body == json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    assert '"name":"Zoë","page":"https://a.example/b"'.encode() in body


def test_every_charge_success_holds_a_name_that_is_not_ascii(api: Api, sim: Simulator, receiver: Receiver) -> None:
    """Whoever hashes re-serialised JSON is found out by the first event (CONTRACT §12.1)."""
    api.opened()
    sim.pay("ord-1")
    sim.deliver_due()

    assert not receiver.received[0].body.isascii()


def test_charge_success_has_the_documented_keys(api: Api, sim: Simulator, receiver: Receiver) -> None:
    api.opened()
    sim.pay("ord-1")
    sim.deliver_due()

    delivery = receiver.received[0]
    documented = (
        "id domain status reference amount message gateway_response paid_at created_at channel currency ip_address metadata "
        "fees_breakdown log fees fees_split authorization customer plan subaccount split order_id paidAt requested_amount "
        "pos_transaction_data source"
    )
    assert delivery.event == "charge.success"
    assert set(documented.split()) <= set(delivery.data)
    assert (delivery.data["plan"], delivery.data["metadata"]) == ({}, 0)
    assert delivery.data["source"]["entry_point"] == "transaction_initialize"
    assert delivery.data["id"] == api.verified()["id"]


def test_each_merchants_events_are_signed_with_their_own_key(api: Api, sim: Simulator, receiver: Receiver) -> None:
    api.as_merchant("sk_test_of_bob").opened("bobs")
    sim.pay("bobs")
    sim.deliver_due()

    assert receiver.received[0].signature == hmac_sha512(b"sk_test_of_bob", receiver.received[0].body)


@pytest.mark.parametrize("status", [201, 204, 302, 400, 401, 404, 500, 503])
def test_only_a_200_acknowledges(api: Api, sim: Simulator, receiver: Receiver, status: int) -> None:
    receiver.will_answer(status)
    api.opened()
    sim.pay("ord-1")

    sim.deliver_due()
    assert sim.webhooks.deliveries[1].state == "waiting"

    sim.advance(HOUR)
    sim.deliver_due()
    assert sim.webhooks.deliveries[1].state == "delivered"
    assert len(receiver.received) == 2


def test_no_proxy_of_this_machine_is_used(
    api: Api, sim: Simulator, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    api.opened()
    sim.pay("ord-1")
    sim.deliver_due()

    assert len(receiver.received) == 1


def test_redirects_are_not_followed(api: Api, sim: Simulator, receiver: Receiver) -> None:
    receiver.answers.append(Response("", 302, {"Location": receiver.url}))
    api.opened()
    sim.pay("ord-1")
    sim.deliver_due()

    assert len(receiver.received) == 1


def test_test_mode_tries_again_hourly_for_ten_hours(api: Api, sim: Simulator, receiver: Receiver) -> None:
    receiver.will_answer(*[500] * 99)
    api.opened()
    sim.pay("ord-1")
    assert sim.deliver_due() == 1

    for _ in range(10):
        sim.advance(HOUR - 1)
        assert sim.deliver_due() == 0
        sim.advance(1)
        assert sim.deliver_due() == 1

    sim.advance(100 * HOUR)
    assert sim.deliver_due() == 0
    assert sim.webhooks.deliveries[1].state == "given-up"


def test_live_mode_tries_again_after_minutes_and_then_hourly_for_three_days(
    api: Api, sim: Simulator, receiver: Receiver
) -> None:
    sim.settings.webhook_timetable = "live"
    receiver.will_answer(*[500] * 99)
    api.opened()
    sim.pay("ord-1")
    sim.deliver_due()

    sim.advance(80 * HOUR)
    sim.deliver_due()

    attempts = sim.webhooks.deliveries[1].attempts
    minutes = [(attempt.due_at - attempts[0].due_at).total_seconds() / 60 for attempt in attempts]
    assert minutes[:7] == [0, 3, 6, 9, 12, 72, 132]
    assert minutes[-1] == 12 + 71 * 60
    assert 71 * 60 < minutes[-1] <= 72 * 60


def test_every_try_sends_the_same_bytes(api: Api, sim: Simulator, receiver: Receiver) -> None:
    receiver.will_answer(*[500] * 99)
    api.opened()
    sim.pay("ord-1")
    sim.deliver_due()
    api.post("/refund", json={"transaction": "ord-1"})
    sim.advance(2 * HOUR)
    sim.deliver_due()

    charges = [delivery for delivery in receiver.received if delivery.event == "charge.success"]
    assert len(charges) == 3
    assert len({(delivery.body, delivery.signature) for delivery in charges}) == 1


def test_a_receiver_that_is_not_there_is_tried_again(api: Api, sim: Simulator) -> None:
    with Receiver() as gone:
        sim.settings.webhook_url = gone.url
    api.opened()
    sim.pay("ord-1")

    sim.deliver_due()

    attempt = sim.webhooks.deliveries[1].attempts[0]
    assert attempt.http_status is None
    assert attempt.error is not None
    assert "Connection" in attempt.error
    assert sim.webhooks.deliveries[1].state == "waiting"


def test_a_receiver_that_keeps_silent_is_tried_again(api: Api, sim: Simulator, receiver: Receiver) -> None:
    sim.settings.webhook_timeout = 0.2
    receiver.gate.clear()
    api.opened()
    sim.pay("ord-1")

    sim.deliver_due()

    assert "Timeout" in str(sim.webhooks.deliveries[1].attempts[0].error)


def test_the_timeout_is_paystacks(sim: Simulator) -> None:
    assert sim.settings.webhook_timeout == 30


def test_the_event_comes_after_the_change_it_tells_of(
    api: Api, sim: Simulator, app: Flask, receiver: Receiver, session: requests.Session
) -> None:
    """Whoever verifies from inside the webhook finds the payment settled."""
    receiver.gate.clear()
    api.opened()
    sim.pay("ord-1")
    courier = threading.Thread(target=sim.deliver_due)
    courier.start()

    receiver.wait_for(1)
    assert api.verified()["status"] == "success"
    receiver.gate.set()
    courier.join()


def test_without_an_address_events_are_kept_as_undelivered(api: Api, sim: Simulator) -> None:
    api.opened()
    sim.pay("ord-1")

    assert sim.deliver_due() == 0
    assert (sim.webhooks.deliveries[1].event, sim.webhooks.deliveries[1].state) == ("charge.success", "undelivered")


def test_an_undelivered_event_can_be_sent_once_there_is_an_address(
    api: Api, sim: Simulator, receiver: Receiver
) -> None:
    sim.settings.webhook_url = None
    api.opened()
    sim.pay("ord-1")
    sim.settings.webhook_url = receiver.url

    sim.webhooks.deliver_again(1)
    sim.deliver_due()

    assert receiver.received[0].body == sim.webhooks.deliveries[1].body


def test_events_can_be_dropped(api: Api, sim: Simulator, receiver: Receiver) -> None:
    sim.settings.webhooks = "dropped"
    api.opened()
    sim.pay("ord-1")

    assert sim.deliver_due() == 0
    assert sim.webhooks.deliveries[1].state == "dropped"


def test_events_can_be_late(api: Api, sim: Simulator, receiver: Receiver) -> None:
    sim.settings.webhook_delay = 90
    api.opened()
    sim.pay("ord-1")

    sim.advance(89)
    assert sim.deliver_due() == 0
    sim.advance(1)
    assert sim.deliver_due() == 1


def test_events_can_come_several_times(api: Api, sim: Simulator, receiver: Receiver) -> None:
    sim.settings.webhook_copies = 3
    api.opened()
    sim.pay("ord-1")

    assert sim.deliver_due() == 3
    assert len({delivery.body for delivery in receiver.received}) == 1


def test_events_can_be_signed_with_a_strangers_key(api: Api, sim: Simulator, receiver: Receiver) -> None:
    sim.settings.bad_signatures = 1
    receiver.will_answer(401)
    api.opened()
    sim.pay("ord-1")
    sim.deliver_due()
    sim.advance(HOUR)
    sim.deliver_due()

    good = hmac_sha512(KEY.encode(), receiver.received[0].body)
    assert [delivery.signature == good for delivery in receiver.received] == [False, True]


def test_webhooks_can_stay_in_process() -> None:
    """A receiver that is a WSGI application needs no port: the session that carries the webhooks is handed in."""
    taken: list[bytes] = []

    @Request.application
    def backend(request: Request) -> Response:
        taken.append(request.get_data())
        return Response("")

    with requests.Session() as carrier, requests.Session() as merchant:
        carrier.mount("http://backend.test", SimulatorAdapter(backend))
        app = create_simulator(webhook_url="http://backend.test/pay/webhook", webhook_session=carrier)
        merchant.mount(BASE, SimulatorAdapter(app))
        Api(merchant).opened()
        app.extensions["simulator"].pay("ord-1")
        app.extensions["simulator"].deliver_due()

    assert [json.loads(body)["event"] for body in taken] == ["charge.success"]


def test_many_threads_deliver_each_event_once(api: Api, sim: Simulator, receiver: Receiver) -> None:
    for number in range(60):
        api.opened(f"ord-{number}")
        sim.pay(f"ord-{number}")
    barrier = threading.Barrier(8)

    def courier() -> None:
        barrier.wait()
        sim.deliver_due()

    threads = [threading.Thread(target=courier) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(delivery.data["reference"] for delivery in receiver.received) == sorted(f"ord-{n}" for n in range(60))


def test_many_threads_pay_a_transaction_once(api: Api, sim: Simulator, receiver: Receiver) -> None:
    for number in range(30):
        api.opened(f"ord-{number}")
    barrier = threading.Barrier(8)

    def customer() -> None:
        for number in range(30):
            barrier.wait()
            sim.pay(f"ord-{number}")

    threads = [threading.Thread(target=customer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sim.webhooks.deliveries) == 30
