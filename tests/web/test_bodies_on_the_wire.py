"""Limits on bodies, over a real connection: chunked ones too, and nothing is cut short without a word."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shop import EMAIL, Shop, signed
from tests.wire import Answer, chunked, head, send, served

LIMIT = 64 * 1024
WEBHOOK_LIMIT = 1024 * 1024


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    directory: Path = tmp_path_factory.mktemp("shop")
    with Shop(directory) as shop:
        yield shop


@pytest.fixture(scope="module")
def port(shop: Shop) -> Iterator[int]:
    with served(shop.app) as port:
        yield port


def padded(length: int) -> bytes:
    body = json.dumps({"email": EMAIL}).encode()
    return body + b" " * (length - len(body))


def post_chunked(port: int, body: bytes, path: str = "/pay/womaye-gsp", *headers: str, size: int = 4096) -> Answer:
    return send(port, head(path, "Transfer-Encoding: chunked", *headers), chunked(body, size))


def code(answer: Answer) -> str:
    told: str = json.loads(answer.body)["code"]
    return told


def test_a_chunked_body_is_read(port: int) -> None:
    assert post_chunked(port, padded(50), size=7).status == 201


def test_a_chunked_body_up_to_the_limit_is_read_whole(port: int) -> None:
    """The JSON ends with its last byte, so a body that was cut would not parse."""
    body = b" " * (LIMIT - 50) + padded(0)
    whole = body + b" " * (LIMIT - len(body))

    assert post_chunked(port, whole).status == 201


@pytest.mark.parametrize("length", [LIMIT + 1, LIMIT + 2, 2 * LIMIT])
def test_a_chunked_body_over_the_limit_is_refused_and_not_cut(port: int, length: int) -> None:
    """Its first 64 KiB are good JSON and spaces: a server that cuts would answer 201."""
    answer = post_chunked(port, padded(length))

    assert (answer.status, code(answer)) == (413, "body_too_large")
    assert answer.headers["x-request-id"]


def test_an_announced_length_over_the_limit_is_refused_unread(port: int) -> None:
    answer = send(port, head("/pay/womaye-gsp", "Content-Length: 10000000000"))

    assert (answer.status, code(answer)) == (413, "body_too_large")


def test_a_body_that_ends_early_is_refused(port: int) -> None:
    answer = send(port, head("/pay/womaye-gsp", "Content-Length: 100"), padded(40))

    assert (answer.status, code(answer)) == (400, "invalid_request")


def test_a_chunked_body_that_ends_early_is_refused(port: int) -> None:
    cut = chunked(padded(40))[: -len(b"0\r\n\r\n")]
    answer = send(port, head("/pay/womaye-gsp", "Transfer-Encoding: chunked"), cut)

    assert (answer.status, code(answer)) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["/pay/womaye-gsp", "/pay/webhook"])
def test_chunks_that_are_none_are_refused(port: int, path: str) -> None:
    answer = send(port, head(path, "Transfer-Encoding: chunked"), b"zz\r\n{}\r\n0\r\n\r\n")

    assert (answer.status, code(answer)) == (400, "invalid_request")


def test_a_chunked_webhook_is_kept_whole(shop: Shop, port: int) -> None:
    body = json.dumps({"event": "test.kept", "data": {"filler": "é" * 50_000}}, ensure_ascii=False).encode()

    answer = post_chunked(port, body, "/pay/webhook", f"x-paystack-signature: {signed(body)}")

    assert (answer.status, answer.body) == (200, b"Webhook received successfully")
    [(_, event)] = shop.ours.records.webhooks.claim(10, shop.ours.settings.lease)
    assert event.body == body


@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_webhook_over_its_limit_is_refused_however_it_is_signed(port: int, is_chunked: bool) -> None:
    body = b" " * (WEBHOOK_LIMIT + 1)
    signature = f"x-paystack-signature: {signed(body)}"
    cut = f"x-paystack-signature: {signed(body[:WEBHOOK_LIMIT])}"

    for header in (signature, cut):
        if is_chunked:
            answer = post_chunked(port, body, "/pay/webhook", header, size=65536)
        else:
            answer = send(port, head("/pay/webhook", f"Content-Length: {len(body)}", header), body[:1000])
        assert (answer.status, code(answer)) == (413, "body_too_large")


def test_a_signed_webhook_that_ends_early_is_not_kept(shop: Shop, port: int) -> None:
    """Even where what did come is signed: the rest is unknown."""
    came = b'{"event": "test.cut"}'
    answer = send(
        port, head("/pay/webhook", f"Content-Length: {len(came) + 5}", f"x-paystack-signature: {signed(came)}"), came
    )

    assert (answer.status, code(answer)) == (400, "invalid_request")
    assert came not in [event.body for _, event in shop.ours.records.webhooks.claim(10, shop.ours.settings.lease)]
