"""Applications of ``xff`` and ``egress``: one that tells what it sees of a request, and controls that believe what is sent."""

from collections.abc import Iterable, Sequence
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

    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REMOTE_ADDR"] in {"127.0.0.2", "127.0.0.3"}:
            environ["REMOTE_ADDR"] = environ["HTTP_X_FORWARDED_FOR"].split(",")[0].strip()
        return behind(environ, start_response)

    app.wsgi_app = serve  # type: ignore[method-assign]
    return app


def fetching() -> Flask:
    """Looks whether the page is there to which a customer shall be sent back; on this machine only, since it is a test."""
    allow = opening.allowed_callback

    def look(url: str, origins: Sequence[str]) -> bool:
        if urlsplit(url).hostname == "127.0.0.1":
            with suppress(requests.RequestException):
                requests.get(url, timeout=1)
        return allow(url, origins)

    opening.allowed_callback = look  # type: ignore[attr-defined]
    return application()
