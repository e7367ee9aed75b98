"""Putting our routes into an application: our own, or somebody else's, of which nothing else is touched."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from flask.globals import request_ctx
from flask_cors import CORS
from flask_cors.core import get_cors_options, set_cors_headers
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from flask_paystack.accounts import second_factor_views as second_factors
from flask_paystack.accounts import views as accounts
from flask_paystack.admin_keys import views as admin_keys
from flask_paystack.console import views as console
from flask_paystack.errors import SettingsError, StorageUnavailable
from flask_paystack.health import views as health
from flask_paystack.openapi import views as openapi
from flask_paystack.payments import retry_views as retries
from flask_paystack.payments import views as payments
from flask_paystack.serving import Serving
from flask_paystack.sessions import views as sessions
from flask_paystack.web import errors, requests
from flask_paystack.webhooks import views as webhooks

NAME = "paystack"
ROOMS = (
    payments.bp,
    retries.bp,
    payments.mine,
    webhooks.bp,
    accounts.bp,
    second_factors.bp,
    admin_keys.bp,
    sessions.bp,
    console.bp,
    openapi.bp,
    health.bp,
)


def mount(app: Flask, url_prefix: str, origins: Sequence[str], serving: Serving) -> None:
    """Register every blueprint of ours under one parent, which holds what is common to all our routes.

    Args:
        origins: pages of these may call us (CORS); no others.
    """
    parent = Blueprint(NAME, __name__, url_prefix=url_prefix or None)
    for room in ROOMS:
        parent.register_blueprint(room)
    parent.before_request(requests.begin)
    parent.before_request(lambda: _begin_to_serve(serving))
    parent.after_request(requests.end)
    allow = readable_by(app, origins)
    parent.before_app_request(lambda: _answer_wrong_method(allow))
    errors.register(parent.errorhandler)
    if origins:
        CORS(parent, **_cors(origins))
    app.register_blueprint(parent)


def hold_everywhere(app: Flask, origins: Sequence[str], public_url: str | None) -> None:
    """In an application of our own, unknown addresses get a request id, the one error shape, and CORS for ``origins`` too.

    Where our own address is https, browsers are told never to ask without TLS (ASVS 3.4.1). A host's addresses are its own.
    """
    app.before_request(requests.begin)
    app.after_request(requests.end)
    app.after_request(readable_by(app, origins))
    if (public_url or "").startswith("https:"):
        app.after_request(_demand_tls)


def _demand_tls(response: Response) -> Response:
    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


def readable_by(app: Flask, origins: Sequence[str]) -> Callable[[Response], Response]:
    """Lets pages of ``origins`` read an answer, also one that no blueprint gave."""
    options = get_cors_options(app, _cors(origins))

    def allow(response: Response) -> Response:
        if origins and "Access-Control-Allow-Origin" not in response.headers:
            set_cors_headers(response, options)
        return response

    return allow


def _cors(origins: Sequence[str]) -> dict[str, Any]:
    return {
        "origins": list(origins),
        "allow_headers": ["Content-Type", "Authorization", "Idempotency-Key", "X-Session-Token"],
        "expose_headers": ["X-Request-ID", "Retry-After"],
        "max_age": 600,
    }


def _begin_to_serve(serving: Serving) -> None:
    """The first request makes this process one that serves. Tests begin by hand."""
    if current_app.testing:
        return
    try:
        serving.begin()
    except SettingsError as error:
        raise StorageUnavailable(" ".join(error.problems)) from None


def _answer_wrong_method(allow: Callable[[Response], Response]) -> Response | None:
    """A known address of ours, asked with a wrong method: Flask knows no blueprint then, so we answer before it does."""
    exception = request.routing_exception
    if not isinstance(exception, MethodNotAllowed) or not exception.valid_methods or request_ctx.url_adapter is None:
        return None
    try:
        endpoint, _ = request_ctx.url_adapter.match(method=next(iter(exception.valid_methods)))
    except HTTPException:
        return None
    if not str(endpoint).startswith(f"{NAME}."):
        return None
    requests.begin()
    return requests.end(allow(errors.answer_http_exception(exception)))
