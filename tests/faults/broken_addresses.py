"""Applications of ``xff`` and ``egress``: one that tells what it sees of a request, and controls that believe what is sent."""

import os
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from flask import Flask, request, url_for
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_paystack.cli.start import application
from flask_paystack.payments import opening

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def seeing() -> Flask:
    """The application as it is, with an address that tells whom and what a request is taken for."""
    app = application()
    app.add_url_rule("/seen", endpoint="seen", view_func=_seen)
    return app


def _seen() -> dict[str, str | None]:
    return {"address": request.remote_addr, "url": request.url, "link": url_for("seen", _external=True)}


def trusting() -> Flask:
    """The same, behind the middleware that everybody is told to use, whoever the peer is."""
    app = seeing()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    return app


def leftmost() -> Flask:
    """The same, where the client is the first that a proxy's header names, as most examples have it."""
    app = seeing()
    behind = app.wsgi_app
    proxies = os.environ["TRUSTED_PROXIES"].split(",")

    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REMOTE_ADDR"] in proxies:
            environ["REMOTE_ADDR"] = environ["HTTP_X_FORWARDED_FOR"].split(",")[0].strip()
        return behind(environ, start_response)

    app.wsgi_app = serve  # type: ignore[method-assign]
    return app


def fetching() -> Flask:
    """Looks whether the page is there to which a customer shall be sent back; only in the trap, since it is a test."""
    return _before_allowing(_fetch)


def _fetch(url: str) -> None:
    if urlsplit(url).netloc in os.environ["CORS_ORIGINS"]:
        with suppress(requests.RequestException):
            requests.get(url, timeout=1)


def resolving() -> Flask:
    """Looks whether the host has an address to which a customer shall be sent back."""
    return _before_allowing(_resolve)


def _resolve(url: str) -> None:
    with suppress(OSError):
        socket.getaddrinfo(urlsplit(url).hostname, 80)


def _before_allowing(look: Callable[[str], None]) -> Flask:
    allow = opening.allowed_callback

    def look_and_allow(url: str, origins: Sequence[str]) -> bool:
        look(url)
        return allow(url, origins)

    opening.allowed_callback = look_and_allow  # type: ignore[attr-defined]
    return application()
