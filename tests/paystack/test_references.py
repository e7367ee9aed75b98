"""A reference is one segment of a path, whatever its characters (FAULTS R27)."""

from urllib.parse import quote

import pytest
import requests

from flask_paystack.clock import SystemClock
from flask_paystack.errors import Invalid
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.paystack.errors import Unavailable
from flask_paystack.paystack.references import path_segment
from tests.paystack import KEY
from tests.paystack.server import http, running_server

ODD = [
    "..",
    ".",
    "...",
    "",
    "%2e",
    "%2e%2e",
    "%2E%2e/",
    "../refund",
    "..%2frefund",
    "a/../../refund",
    "a/b",
    "/",
    "//evil.test/x",
    "?",
    "a?perPage=100",
    "#",
    "a#b",
    "a b",
    "a\r\nX-Other: 1",
    "a\x00b",
    "a\\b",
    "..\\",
    ";",
    "é",
    "\u2025",
    "．．",
    "\ud800",
    "a" * 5000,
]
PLAIN = ["pay-00112233445566778899aabbccddeeff", "ord=1", "a.b", "..a", "T_1", "a" * 100, "-"]


@pytest.mark.parametrize("reference", ODD)
def test_an_odd_reference_never_leaves_this_machine(reference: str) -> None:
    with running_server(http({"status": True, "data": []})) as server:
        client = PaystackClient(KEY, SystemClock(), server.url)
        with pytest.raises(Invalid):
            client.verify(reference)
        client.close()

        assert server.requests == []


@pytest.mark.parametrize("reference", PLAIN)
def test_a_plain_reference_is_asked_for_exactly(reference: str) -> None:
    with running_server(http({"status": True, "data": {}})) as server:
        client = PaystackClient(KEY, SystemClock(), server.url)
        with pytest.raises(Unavailable):
            client.verify(reference)
        client.close()

        assert set(server.requests) == {f"GET /transaction/verify/{quote(reference, safe='')}"}
        assert path_segment(reference) == quote(reference, safe="")


@pytest.mark.parametrize("quoting", [str, lambda reference: quote(reference, safe="")])
def test_a_client_that_only_quotes_would_list_every_transaction(quoting: "type[str]") -> None:
    """The control: the same server sees what a bare f-string asks for."""
    with running_server(http({"status": True, "data": []})) as server:
        requests.get(f"{server.url}/transaction/verify/{quoting('..')}", timeout=5)

        assert server.requests == ["GET /transaction/"]
