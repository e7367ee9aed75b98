"""What the environment, redirects and certificates do to our secret key: it goes to the provider's origin alone (FAULTS R55).

Every call of our client is made with a ``.netrc`` for that host, proxy variables, a bundle of certificates that vouches for a
stranger, and redirects to another origin. Each must carry our own Authorization to the address that was configured, over TLS
that is verified, and nowhere else. The control calls ``requests`` plainly.
"""

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import requests
from flask import Flask, request
from werkzeug.serving import make_server

from flask_paystack.clock import SystemClock
from flask_paystack.errors import SettingsError
from flask_paystack.paystack.answers import Answer, read_answer
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.paystack.errors import Rejected, Unavailable
from flask_paystack.settings import Settings
from tests.faults import Outcome, silence
from tests.faults.pair import scratch
from tests.paystack.server import http, running_server
from tests.shop import JWT_SECRET, SECRET_KEY
from tests.smtp import self_signed
from tests.wire import QuietHandler

CONTROLS = ("plain-requests",)
BEARER = f"Bearer {SECRET_KEY}"
PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
REDIRECTS = ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect")
INSECURE = ("http://api.paystack.co", "http://10.0.0.1", "http://127.0.0.1.evil.test", "http://localhost.evil.test")
CALLS: Mapping[str, Callable[[PaystackClient], object]] = {
    "initialize": lambda client: client.initialize("ord-1", "ada@example.org", 500000, "NGN"),
    "verify": lambda client: client.verify("ord-1"),
    "fetch": lambda client: client.fetch("5100000001"),
    "list": lambda client: client.list(),
    "charge": lambda client: client.charge_authorization("ord-2", "ada@example.org", 100, "NGN", "AUTH_1"),
    "refund": lambda client: client.refund("ord-1", 100, "NGN"),
    "refunds": lambda client: client.list_refunds("5100000001"),
}


class PlainClient(PaystackClient):
    """Calls as the first example in anybody's documentation does."""

    def _call_with(self, key: str, method: str, path: str, deadline: float, **sent: Any) -> Answer:
        headers = {"Authorization": f"Bearer {key}"}
        try:
            response = requests.request(method, self._base_url + path, headers=headers, timeout=5, **sent)
        except requests.RequestException:
            raise Unavailable("There was no answer.") from None
        return read_answer(response, lambda: True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return tempt(PlainClient if options.control else PaystackClient)


def tempt(client: type[PaystackClient] = PaystackClient) -> Outcome:
    """Make every call in every environment."""
    with scratch() as directory, silence():
        reached = _with_netrc_and_proxies(directory, client)
        followed = sum(_behind_redirect(status, client) for status in REDIRECTS)
        strangers = _with_a_strangers_certificate(directory, client)
    accepted = sum(_is_accepted(url) for url in INSECURE)
    numbers: dict[str, object] = {
        "calls": len(CALLS) * (len(REDIRECTS) + 2),
        "without_our_key": reached[0],
        "through_a_proxy": reached[1],
        "redirects_followed": followed,
        "keys_told_to_a_stranger": strangers,
        "insecure_addresses_accepted": accepted,
    }
    return Outcome(not any((*reached, followed, strangers, accepted)), numbers)


def _call_all(client: type[PaystackClient], url: str) -> None:
    """Make every call, whatever is answered."""
    opened = client(SECRET_KEY, SystemClock(), url, 5)
    for call in CALLS.values():
        with suppress(Unavailable, Rejected):
            call(opened)
    opened.close()


def _with_netrc_and_proxies(directory: Path, client: type[PaystackClient]) -> tuple[int, int]:
    """How many calls came without our key or not at all, and how many went to the proxy."""
    netrc = directory / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password secret\ndefault login mallory password secret\n")
    netrc.chmod(0o600)
    refused = http({"status": False, "message": "no"}, "400 Bad Request")
    with running_server(refused) as proxy, running_server(refused) as server:
        with environment(NETRC=str(netrc)):
            _call_all(client, server.url)
        with environment(no_proxy="", NO_PROXY="", **dict.fromkeys(PROXIES, proxy.url)):
            _call_all(client, server.url)
        rightly = sum(each.get("authorization") == BEARER for each in server.headers)
        return 2 * len(CALLS) - rightly, len(proxy.requests)


def _behind_redirect(status: str, client: type[PaystackClient]) -> int:
    """How many calls went where an answer pointed."""
    with running_server(http({"status": True})) as elsewhere:
        with running_server(http({}, status, Location=f"{elsewhere.url}/x")) as server:
            _call_all(client, server.url)
        return len(elsewhere.requests)


def _with_a_strangers_certificate(directory: Path, client: type[PaystackClient]) -> int:
    """How many calls told our key to a server for which only the environment vouches."""
    context, certificate = self_signed(directory)
    told: list[str] = []
    app = Flask("a stranger")
    app.before_request(lambda: told.append(request.headers.get("Authorization", "")))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler, ssl_context=context)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        with environment(**dict.fromkeys(BUNDLES, str(certificate))):
            _call_all(client, f"https://127.0.0.1:{server.port}")
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
    return told.count(BEARER)


def _is_accepted(url: str) -> bool:
    settings = {"PAYSTACK_SECRET_KEY": SECRET_KEY, "JWT_SECRET": JWT_SECRET, "PAYSTACK_BASE_URL": url}
    try:
        Settings.read(settings)
    except SettingsError:
        return False
    return True


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """The process's environment with these in it."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
