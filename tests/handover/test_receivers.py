"""Who is told, and what counts as a yes."""

import json
import socket
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from flask_paystack.handover.model import Handover
from flask_paystack.handover.receivers import (
    FunctionReceiver,
    NotAccepted,
    Receivers,
    SettledPayment,
    UrlReceiver,
)
from tests.clock import ManualClock
from tests.handover import SECRET
from tests.handover.merchant import Merchant

FACTS = {
    "reference": "pay-1",
    "order": "order-1",
    "product": "womaye-gsp",
    "email": "ada@example.com",
    "amount": 500000,
    "currency": "NGN",
    "status": "success",
    "channel": "card",
    "paid_at": "2026-03-01T09:59:58+00:00",
    "settled_at": "2026-03-01T10:00:00.000001+00:00",
    "metadata": {"seat": 7, "name": "Adá \ud800\x00"},
}


@pytest.fixture
def handover(clock: ManualClock) -> Handover:
    now = clock.now()
    return Handover("evt_1", "pay-1", now, (), "waiting", 1, None, now, None)


def test_the_receiver_can_verify_what_it_is_sent_with_the_standards_own_library(
    merchant: Merchant, clock: ManualClock, handover: Handover
) -> None:
    UrlReceiver(merchant.url, SECRET, clock).deliver(handover, FACTS)

    told = Webhook(SECRET).verify(merchant.bodies[0], merchant.headers[0])
    assert told == {
        "type": "payment.settled",
        "id": "evt_1",
        "timestamp": FACTS["settled_at"],
        "data": FACTS,
    }
    headers = {name.lower(): value for name, value in merchant.headers[0].items()}
    assert headers["webhook-id"] == "evt_1"
    assert headers["webhook-timestamp"] == str(int(clock.now().timestamp()))
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("flask-paystack/")


def test_an_altered_body_or_another_secret_does_not_verify(
    merchant: Merchant, clock: ManualClock, handover: Handover
) -> None:
    UrlReceiver(merchant.url, SECRET, clock).deliver(handover, FACTS)

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(merchant.bodies[0].replace(b"500000", b"900000"), merchant.headers[0])
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").verify(merchant.bodies[0], merchant.headers[0])


def test_every_try_sends_the_same_id_and_bytes_under_a_new_time(
    merchant: Merchant, clock: ManualClock, handover: Handover
) -> None:
    receiver = UrlReceiver(merchant.url, SECRET, clock)
    receiver.deliver(handover, FACTS)
    clock.advance(61)
    receiver.deliver(handover, dict(reversed(FACTS.items())))

    assert merchant.bodies[0] == merchant.bodies[1]
    assert [headers["Webhook-Id"] for headers in merchant.headers] == ["evt_1", "evt_1"]
    first, second = (int(headers["Webhook-Timestamp"]) for headers in merchant.headers)
    assert second - first == 61
    Webhook(SECRET).verify(merchant.bodies[1], merchant.headers[1])


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_accepts(merchant: Merchant, clock: ManualClock, handover: Handover, status: int) -> None:
    merchant.answers = [status]
    UrlReceiver(merchant.url, SECRET, clock).deliver(handover, FACTS)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_neither_followed_nor_a_yes(
    merchant: Merchant, clock: ManualClock, handover: Handover, status: int
) -> None:
    merchant.answers = [status, 200]
    with pytest.raises(NotAccepted, match=f"{status}, a redirect"):
        UrlReceiver(merchant.url, SECRET, clock).deliver(handover, FACTS)
    assert merchant.paths == ["/paid"]


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_any_other_answer_is_not_a_yes(merchant: Merchant, clock: ManualClock, handover: Handover, status: int) -> None:
    merchant.answers = [status]
    with pytest.raises(NotAccepted, match=f"It answered {status}"):
        UrlReceiver(merchant.url, SECRET, clock).deliver(handover, FACTS)


def test_a_silent_receiver_holds_us_no_longer_than_the_time_out(clock: ManualClock, handover: Handover) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/?token=hidden"
        receiver = UrlReceiver(url, SECRET, clock, timeouts=(1, 0.3))
        began = time.monotonic()
        with pytest.raises(NotAccepted, match="did not answer in time"):
            receiver.deliver(handover, FACTS)
        assert time.monotonic() - began < 3


def test_a_receiver_that_drips_its_answer_holds_us_no_longer_than_our_patience(
    clock: ManualClock, handover: Handover
) -> None:
    """A byte now and then never times out by itself."""
    over = Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not over.wait(0.05):
                connection.sendall(b"z")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=drip, args=(listener,))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        began = time.monotonic()
        with pytest.raises(NotAccepted, match="did not answer in time"):
            UrlReceiver(url, SECRET, clock, timeouts=(1, 2), patience=0.4).deliver(handover, FACTS)
        assert time.monotonic() - began < 2
        over.set()
        thread.join(10)
        assert not thread.is_alive()


def test_nobody_listening_is_not_a_yes_and_the_sentence_hides_the_url(clock: ManualClock, handover: Handover) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotAccepted) as refusal:
        UrlReceiver(f"http://127.0.0.1:{port}/?token=hidden", SECRET, clock).deliver(handover, FACTS)
    assert str(refusal.value) == "It could not be reached, or hung up before it answered."
    assert refusal.value.__cause__ is None


def test_proxies_and_netrc_of_the_environment_are_not_used(
    merchant: Merchant, clock: ManualClock, handover: Handover, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy would see the payment, and a ``.netrc`` would send somebody's password."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    UrlReceiver(merchant.url, SECRET, clock).deliver(handover, FACTS)
    assert "Authorization" not in merchant.headers[0]


def test_a_long_answer_is_not_read(clock: ManualClock, handover: Handover) -> None:
    """The receiver promises a terabyte and sends one byte: we have its status, and leave."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\nx")
                while connection.recv(65536):
                    pass

        thread = Thread(target=answer)
        thread.start()
        UrlReceiver(f"http://127.0.0.1:{listener.getsockname()[1]}/", SECRET, clock).deliver(handover, FACTS)
        thread.join(10)
        assert not thread.is_alive()


def test_a_function_is_told_in_pleasant_words(handover: Handover) -> None:
    told: list[SettledPayment] = []

    def grant(payment: SettledPayment) -> None:
        told.append(payment)

    FunctionReceiver(grant).deliver(handover, FACTS)

    (payment,) = told
    assert (payment.id, payment.reference, payment.order) == ("evt_1", "pay-1", "order-1")
    assert (payment.product, payment.email, payment.channel) == ("womaye-gsp", "ada@example.com", "card")
    assert (payment.amount, payment.currency) == (500000, "NGN")
    assert payment.paid_at is not None
    assert payment.settled_at - payment.paid_at == timedelta(seconds=2, microseconds=1)
    assert payment.settled_at.utcoffset() == timedelta()
    assert payment.metadata["seat"] == 7
    assert json.loads(json.dumps(payment.facts)) == FACTS
    assert {payment: "usable as a key"}[payment] == "usable as a key"


def test_whatever_a_function_raises_means_not_yet_and_its_words_stay_in_the_log(
    handover: Handover, caplog: pytest.LogCaptureFixture
) -> None:
    def grant(payment: SettledPayment) -> None:
        raise RuntimeError("postgresql://shop:hunter2@db")

    with pytest.raises(NotAccepted) as refusal:
        FunctionReceiver(grant).deliver(handover, FACTS)
    assert str(refusal.value) == "It raised RuntimeError; the log has the traceback."
    assert "Traceback" in caplog.text


def grant_access(payment: SettledPayment) -> str:
    """Grants, as a merchant's function might."""
    return payment.order


def test_on_settled_is_a_decorator_that_hands_the_function_back() -> None:
    receivers = Receivers()

    assert receivers.on_settled(grant_access) is grant_access
    assert [receiver.name for receiver in receivers] == ["tests.handover.test_receivers.grant_access"]


def test_two_functions_of_one_name_are_refused_since_one_yes_would_count_for_both() -> None:
    receivers = Receivers()
    receivers.on_settled(grant_access)
    with pytest.raises(ValueError, match=r"grant_access is told of settled payments already"):
        receivers.on_settled(grant_access)
    assert len(list(receivers)) == 1


def test_what_has_no_name_is_refused() -> None:
    class Nameless:
        def __call__(self, payment: SettledPayment) -> None: ...

    log: list[SettledPayment] = []
    for nameless in (Nameless(), log.append):
        with pytest.raises(ValueError, match="no name to remember it by"):
            Receivers().on_settled(nameless)
