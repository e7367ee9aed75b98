"""Servers that misbehave, over real connections."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from flask_paystack.clock import SystemClock
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.paystack.errors import KeyRefused, Rejected, Unavailable, UnknownTransaction
from tests.clock import ManualClock
from tests.paystack import KEY, REFERENCE
from tests.paystack.server import Answer, dripping, http, running_server, silence
from tests.servers import free_port

PAID = {
    "status": True,
    "message": "Verification successful",
    "data": {"id": 1, "reference": REFERENCE, "status": "success", "amount": 1, "domain": "test", "currency": "NGN"},
}
OPENED = {
    "status": True,
    "data": {
        "authorization_url": "https://checkout.paystack.com/k3v9x0qplm27abc",
        "access_code": "k3v9x0qplm27abc",
        "reference": REFERENCE,
    },
}


@contextmanager
def calling(url: str, timeout: float = 5, concurrency: int = 8) -> Iterator[PaystackClient]:
    client = PaystackClient(KEY, SystemClock(), url, timeout, concurrency)
    try:
        yield client
    finally:
        client.close()


def initialize(client: PaystackClient) -> object:
    return client.initialize(REFERENCE, "ada@example.com", 500000, "NGN")


def verify(client: PaystackClient) -> object:
    return client.verify(REFERENCE)


UNUSABLE: dict[str, bytes] = {
    "500": http({"status": False, "message": "Oops"}, "500 Internal Server Error"),
    "503 without a body": http(b"", "503 Service Unavailable"),
    "a page": http(b"<html>Welcome</html>", Content_Type="text/html"),
    "half a body": http(b'{"status": true, "mess'),
    "less than announced": http(b'{"status": true}', Content_Length="4000"),
    "nothing at all": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a list": http(b"[]"),
    "no status": http(b'{"data": {}}'),
    "a status that is text": http(b'{"status": "true", "data": {}}'),
    "no data": http({"status": True, "message": "Verification successful"}),
    "data that is a list": http({"status": True, "data": []}),
    "UTF-16": http('{"status": true}'.encode("utf-16")),
    "NaN": http(b'{"status": true, "data": {"amount": NaN}}'),
    "deep": http(b'{"status": true, "data": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"),
    "no gzip though it says so": http(b"plain", Content_Encoding="gzip"),
    "another reference": http({**PAID, "data": {**PAID["data"], "reference": "pay-of-somebody-else"}}),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_no_usable_answer_is_unavailable(name: str) -> None:
    with running_server(UNUSABLE[name]) as server, calling(server.url) as client:
        with pytest.raises(Unavailable):
            verify(client)
        with pytest.raises(Unavailable):
            initialize(client)


@pytest.mark.parametrize("name", ["500", "half a body", "nothing at all"])
def test_questions_are_retried_and_orders_sent_once(name: str) -> None:
    with running_server(UNUSABLE[name]) as server, calling(server.url) as client:
        with pytest.raises(Unavailable):
            verify(client)
        assert server.requests == [f"GET /transaction/verify/{REFERENCE}"] * 3
        for order in (
            lambda: initialize(client),
            lambda: client.refund(REFERENCE, 100, "NGN"),
            lambda: client.charge_authorization(REFERENCE, "ada@example.com", 100, "NGN", "AUTH_1"),
        ):
            server.requests.clear()
            with pytest.raises(Unavailable):
                order()
            assert len(server.requests) == 1


def test_a_question_succeeds_at_its_second_try() -> None:
    with running_server(UNUSABLE["500"], http(PAID)) as server, calling(server.url) as client:
        assert client.verify(REFERENCE).status == "success"
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        ("400 Bad Request", {"message": "No such", "code": "transaction_not_found"}, UnknownTransaction, True),
        ("404 Not Found", {"message": "Transaction not found"}, UnknownTransaction, False),
        ("401 Unauthorized", {"message": "Invalid key", "code": "invalid_Key"}, KeyRefused, True),
        ("422 Unprocessable Entity", {"message": "Wrong state"}, Rejected, False),
        ("200 OK", {"message": "No"}, Rejected, False),
        ("400 Bad Request", {}, Rejected, False),
    ],
)
def test_a_no_is_rejected_and_never_retried(
    status: str, body: dict[str, str], kind: type[Rejected], code: bool
) -> None:
    with running_server(http({"status": False, **body}, status)) as server, calling(server.url) as client:
        with pytest.raises(Rejected) as caught:
            verify(client)

        assert type(caught.value) is kind
        assert caught.value.code == (body["code"] if code else None)
        assert caught.value.message == body.get("message", "no reason given")
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17),
        ("0", 1),
        ("999999", 3600),
        ("9" * 5000, 30),
        ("soon", 30),
        ("-5", 30),
        ("1.5", 30),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 30),
        (None, 30),
    ],
)
def test_being_asked_to_wait_says_for_how_long_and_is_not_pressed(header: str | None, seconds: int) -> None:
    headers = {} if header is None else {"Retry-After": header}
    answer = http({"status": False, "message": "Please wait"}, "429 Too Many Requests", **headers)
    with running_server(answer) as server, calling(server.url) as client:
        with pytest.raises(Unavailable) as caught:
            verify(client)

        assert caught.value.details["retry_after"] == seconds
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("ask", [verify, initialize])
def test_a_redirect_is_not_followed_and_our_key_stays_here(
    status: str, ask: Callable[[PaystackClient], object]
) -> None:
    with (
        running_server(http(PAID)) as elsewhere,
        running_server(http(b"", status, Location=f"{elsewhere.url}/transaction/verify/x")) as server,
        calling(server.url) as client,
    ):
        with pytest.raises(Unavailable):
            ask(client)

        assert server.headers[0]["authorization"] == f"Bearer {KEY}"
        assert elsewhere.requests == []


def test_nobody_listening_is_unavailable() -> None:
    with calling(f"http://127.0.0.1:{free_port()}") as client, pytest.raises(Unavailable):
        verify(client)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SLOW: dict[str, Answer] = {
    "silence": silence,
    "headers without end": dripping(HEAD, b"X-Wait: a little\r\n"),
    "a body that drips": dripping(HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "chunks without end": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a body without a length": dripping(HEAD + b"Connection: close\r\n\r\n", b" "),
    "provisional answers": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("ask", [verify, initialize])
@pytest.mark.parametrize("name", SLOW)
def test_a_call_ends_in_time_however_slow_the_answer(name: str, ask: Callable[[PaystackClient], object]) -> None:
    """Retries included: the bound is for the whole call."""
    with running_server(SLOW[name]) as server, calling(server.url, timeout=0.3) as client:
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            ask(client)

        assert time.monotonic() - begun < 1.5
        assert len(server.requests) == 1


def test_a_call_that_was_hung_up_leaves_its_place_to_the_next() -> None:
    with (
        running_server(SLOW["a body that drips"], http(PAID)) as server,
        calling(server.url, timeout=0.3, concurrency=1) as client,
    ):
        with pytest.raises(Unavailable):
            verify(client)

        assert client.verify(REFERENCE).status == "success"


def test_a_connection_that_is_kept_serves_the_next_call() -> None:
    """The watch of a call that ended well must not shut it later."""
    bodies = [http(PAID, Connection="keep-alive") for _ in range(3)]

    def several(connection: socket.socket, over: threading.Event) -> None:
        for body in bodies:
            connection.sendall(body)
            if body is not bodies[-1]:
                connection.recv(65536)

    with running_server(several) as server, calling(server.url, timeout=0.3) as client:
        assert client.verify(REFERENCE).status == "success"
        assert client.verify(REFERENCE).status == "success"
        assert client.verify(REFERENCE).status == "success"
        assert len(server.requests) == 1


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    def flood(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(HEAD + b"Connection: close\r\n\r\n" + b'{"status":')
        while not over.is_set():
            connection.sendall(b" " * 1_000_000)

    with running_server(flood) as server, calling(server.url) as client, pytest.raises(Unavailable, match="too long"):
        initialize(client)


def test_one_call_too_many_is_refused_at_once() -> None:
    """The bulkhead: a silent Paystack holds as many threads as it may, and no more."""
    with running_server(silence) as server, calling(server.url, timeout=5, concurrency=3) as client:
        waiting = [threading.Thread(target=_refused, args=(client,)) for _ in range(3)]
        for thread in waiting:
            thread.start()
        for _ in waiting:
            assert server.came.acquire(timeout=10)

        begun = time.monotonic()
        with pytest.raises(Unavailable, match="Too many"):
            initialize(client)
        assert time.monotonic() - begun < 1

        server.over.set()
        for thread in waiting:
            thread.join(10)
        assert len(server.requests) == 3


@pytest.mark.parametrize(("threads", "places"), [(16, 3), (4, 2), (2, 1), (1, 1)])
def test_calls_hold_half_of_the_threads_at_most(threads: int, places: int) -> None:
    with running_server(silence) as server, calling(server.url, timeout=5, concurrency=3) as client:
        client.leave_half_of(threads)
        waiting = [threading.Thread(target=_refused, args=(client,)) for _ in range(places)]
        for thread in waiting:
            thread.start()
        for _ in waiting:
            assert server.came.acquire(timeout=10)

        with pytest.raises(Unavailable, match="Too many"):
            initialize(client)
        server.over.set()
        for thread in waiting:
            thread.join(10)


def test_jobs_wait_as_long_as_paystack_asks_them_to() -> None:
    clock = ManualClock()
    with running_server(http({}, "429 Too Many Requests", Retry_After="17"), http(PAID)) as server:
        client = PaystackClient(KEY, clock, server.url)
        client.refuse_to_press()
        with pytest.raises(Unavailable):
            verify(client)
        verify(client)  # a customer's own question is asked, and lifts nothing
        clock.advance(16.9)
        with pytest.raises(Unavailable) as caught:
            client.refuse_to_press()
        assert caught.value.details["retry_after"] == 1
        clock.advance(0.1)
        client.refuse_to_press()
        client.close()


def _refused(client: PaystackClient) -> None:
    with pytest.raises(Unavailable):
        initialize(client)


STRANGE_PAGES = [
    "http://checkout.paystack.com/abc",
    "https://checkout.paystack.com.evil.test/abc",
    "https://evil.test/checkout.paystack.com",
    "https://checkout.paystack.com@evil.test/",
    "https://user:pw@checkout.paystack.com/",
    "https://checkout.paystack.com:8443/",
    "https://checkout.paystack.com\\@evil.test/",
    "//evil.test/abc",
    "javascript:alert(1)",
    "data:text/html,hi",
    "https://checkout.paystack.com/a\nb",
    " https://checkout.paystack.com/abc",
    "https://checkout.paystack.com/\x00",
    "https://checkout.pаystack.com/abc",
    "https://[::1",
    "/checkout/abc",
    "",
]


@pytest.mark.parametrize("page", STRANGE_PAGES)
def test_a_customer_is_only_sent_to_paystacks_own_page(page: str) -> None:
    answer = http({"status": True, "data": {**OPENED["data"], "authorization_url": page}})  # type: ignore[dict-item]
    paused = http({"status": True, "data": {**OPENED["data"], "authorization_url": page, "paused": True}})  # type: ignore[dict-item]
    with running_server(answer, paused) as server, calling(server.url) as client:
        with pytest.raises(Unavailable):
            initialize(client)
        with pytest.raises(Unavailable):
            client.charge_authorization(REFERENCE, "ada@example.com", 100, "NGN", "AUTH_1")


def test_paystacks_page_and_the_simulators_are_accepted() -> None:
    with running_server(http(OPENED)) as server, calling(server.url) as client:
        initialize(client)
        server.answers[:] = [
            http({"status": True, "data": {**OPENED["data"], "authorization_url": f"{server.url}/checkout/a"}})  # type: ignore[dict-item]
        ]
        initialize(client)


def test_an_answer_about_another_reference_is_no_answer() -> None:
    other = http({"status": True, "data": {**OPENED["data"], "reference": "pay-of-somebody-else"}})  # type: ignore[dict-item]
    charged = http({"status": True, "data": {**PAID["data"], "reference": "pay-of-somebody-else"}})  # type: ignore[dict-item]
    with running_server(other, charged) as server, calling(server.url) as client:
        with pytest.raises(Unavailable, match="another"):
            initialize(client)
        with pytest.raises(Unavailable, match="another"):
            client.charge_authorization(REFERENCE, "ada@example.com", 100, "NGN", "AUTH_1")


def test_neither_netrc_nor_proxies_of_the_environment_come_between(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """``requests`` would replace our Authorization header by what ``.netrc`` says."""
    import requests

    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password secret\n")
    netrc.chmod(0o600)
    with running_server(http(PAID)) as proxy, running_server(http(PAID)) as server:
        monkeypatch.setenv("NETRC", str(netrc))
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.delenv("NO_PROXY", raising=False)

        with calling(server.url) as client:
            verify(client)
            initialize_anyway(client)
        assert [each["authorization"] for each in server.headers] == [f"Bearer {KEY}"] * 2
        assert proxy.requests == []

        # The control: a session that trusts its environment does both.
        requests.get(f"{server.url}/x", headers={"Authorization": f"Bearer {KEY}"}, timeout=5)
        assert len(proxy.requests) == 1
        assert proxy.headers[0]["authorization"].startswith("Basic ")


def initialize_anyway(client: PaystackClient) -> None:
    with pytest.raises(Unavailable):
        initialize(client)
