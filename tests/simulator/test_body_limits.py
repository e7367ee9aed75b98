"""Limits on what callers send, over a real connection: chunked bodies too, and nothing is cut short without a word."""

import json
from collections.abc import Iterator

import pytest

from paystack_simulator import create_simulator
from paystack_simulator.app import LARGEST_BODY
from paystack_simulator.parsing import DEEPEST_BODY
from tests.wire import Answer, chunked, head, send, served

KEY = "Authorization: Bearer sk_test_of_ada"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(create_simulator()) as port:
        yield port


def padded(length: int) -> bytes:
    body = json.dumps({"email": "ada@example.org", "amount": 500000}).encode()
    return body + b" " * (length - len(body))


def posted(port: int, body: bytes, path: str = "/transaction/initialize") -> Answer:
    return send(port, head(path, KEY, "Transfer-Encoding: chunked"), chunked(body, 65536))


def test_a_chunked_body_up_to_the_limit_is_read_whole(port: int) -> None:
    assert posted(port, padded(LARGEST_BODY)).status == 200


@pytest.mark.parametrize("path", ["/transaction/initialize", "/_simulator/settings", "/checkout/none"])
@pytest.mark.parametrize("length", [LARGEST_BODY + 1, LARGEST_BODY + 2, LARGEST_BODY + 100_000])
def test_a_body_over_the_limit_is_refused_and_not_cut(port: int, length: int, path: str) -> None:
    """Its first megabyte is good JSON and spaces: a server that cuts would take it."""
    assert posted(port, padded(length), path).status == 413
    assert send(port, head(path, KEY, f"Content-Length: {length}"), padded(length)).status == 413


@pytest.mark.parametrize(("levels", "status"), [(DEEPEST_BODY, 200), (DEEPEST_BODY + 1, 400), (20_000, 400)])
def test_a_body_nests_to_a_fixed_depth(port: int, levels: int, status: int) -> None:
    extra = b"[" * (levels - 1) + b"]" * (levels - 1)
    assert posted(port, padded(0)[:-1] + b', "ignored": ' + extra + b"}").status == status
