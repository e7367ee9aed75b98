"""Our secret key travels over TLS that is verified, to the configured address, and nowhere else (FAULTS R55)."""

import ssl
from pathlib import Path
from threading import Thread

import pytest
import requests
from flask import Flask, request
from werkzeug.serving import BaseWSGIServer, make_server

from flask_paystack.clock import SystemClock
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.paystack.errors import Unavailable
from tests.paystack import KEY, REFERENCE
from tests.paystack.server import http, running_server
from tests.smtp import self_signed
from tests.wire import QuietHandler


def verify(url: str) -> None:
    client = PaystackClient(KEY, SystemClock(), url, 5, 2)
    try:
        with pytest.raises(Unavailable):
            client.verify(REFERENCE)
    finally:
        client.close()


def serve(context: ssl.SSLContext, seen: list[str]) -> tuple[BaseWSGIServer, Thread]:
    """Notes the Authorization header of whoever gets through."""
    app = Flask("paystack over TLS")

    @app.route("/<path:path>", methods=["GET", "POST"])
    def take(path: str) -> str:
        seen.append(request.headers.get("Authorization", ""))
        return path

    server = make_server("127.0.0.1", 0, app, request_handler=QuietHandler, ssl_context=context)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    return server, thread


def test_a_certificate_nobody_vouches_for_gets_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, certificate = self_signed(tmp_path)
    seen: list[str] = []
    server, thread = serve(context, seen)
    url = f"https://127.0.0.1:{server.port}"
    try:
        # Not even where the environment vouches for it: what requests reads there is not for our session.
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        monkeypatch.setenv("CURL_CA_BUNDLE", str(certificate))
        verify(url)
        assert seen == []

        # The control: the server is there, and whoever trusts its certificate is heard.
        requests.get(f"{url}/x", headers={"Authorization": f"Bearer {KEY}"}, verify=str(certificate), timeout=5)
        assert seen == [f"Bearer {KEY}"]
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_no_redirect_is_followed_with_the_key(status: str) -> None:
    with running_server(http({"status": True})) as elsewhere:
        to = {"Location": f"{elsewhere.url}/transaction/verify/{REFERENCE}"}
        with running_server(http({}, status, **to)) as server:
            verify(server.url)
            assert all(each["authorization"] == f"Bearer {KEY}" for each in server.headers)
        assert elsewhere.requests == []
