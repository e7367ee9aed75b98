"""Promises about all routes, held over all routes: each has a guard, limits where they are due, one shape of errors."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.shop import EMAIL, Shop

OURS = "paystack."

LIMITED = {  # which limit counts a route, as the settings have it
    "pay": {
        "POST /pay/<product>",
        "GET /pay/retry/<token>",
        "POST /pay/retry/<token>",
        "POST /pay/retry/<token>/withdraw",
    },
    "verify": {"GET /pay/verify/<reference>"},
    "login": {
        "POST /auth/register",
        "POST /auth/login",
        "POST /auth/forgot",
        "POST /auth/reset",
        "POST /auth/password",
        "POST /auth/sessions/end",
        "POST /auth/totp",
        "POST /auth/totp/confirm",
        "POST /auth/totp/remove",
    },
    "keys": {"POST /admin-keys/request", "POST /admin-keys/verify"},
}

GUARDED = {  # routes by what must stand in their guard
    "JWT": {
        "POST /pay/<product>",
        "GET /payments",
        "GET /auth/me",
        "POST /auth/logout",
        "POST /auth/password",
        "GET /auth/sessions",
        "POST /auth/sessions/end",
        "POST /auth/totp",
        "POST /auth/totp/confirm",
        "POST /auth/totp/remove",
    },
    "x-paystack-signature": {"POST /pay/webhook"},
    "METRICS_TOKEN": {"GET /metrics"},
    "session token": {
        "DELETE /sessions",
        "GET /admin/payments",
        "GET /admin/payments/<reference>",
        "POST /admin/payments/<reference>/verify",
        "POST /admin/payments/<reference>/accept",
        "POST /admin/payments/<reference>/refund",
        "POST /admin/payments/<reference>/retry",
        "GET /admin/events",
        "GET /admin/events/<number>",
        "POST /admin/events/<number>/replay",
        "POST /admin/events/replay",
        "GET /admin/messages",
        "POST /admin/messages/<number>/resend",
        "GET /admin/summary",
    },
}


def named(rule: Rule) -> Iterator[str]:
    """``POST /pay/<product>`` for each method of a rule."""
    path = re.sub(r"<.*:", "<", rule.rule)
    for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
        yield f"{method} {path}"


def routes(app: Flask) -> dict[str, Callable[..., Any]]:
    """Every route of ours by method and path, with its view."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(OURS)]
    found = {name: app.view_functions[rule.endpoint] for rule in rules for name in named(rule)}
    return {name: view for name, view in found.items() if "/static/" not in name}


def test_every_route_has_a_guard_or_says_why_it_needs_none(shop: Shop) -> None:
    bare = [name for name, view in routes(shop.app).items() if not getattr(view, "guard", "")]

    assert not bare, f"No guard: {', '.join(bare)}."


def test_why_a_route_needs_no_guard_is_a_sentence(shop: Shop) -> None:
    reasons = [view.guard for view in routes(shop.app).values() if view.guard.startswith("nobody")]  # type: ignore[attr-defined]

    assert reasons
    assert all(len(reason) > len("nobody: ") + 20 for reason in reasons)


@pytest.mark.parametrize("what", GUARDED)
def test_the_contracts_guards_stand_where_it_wants_them(shop: Shop, what: str) -> None:
    found = routes(shop.app)

    assert {name: what in found[name].guard for name in GUARDED[what]} == dict.fromkeys(GUARDED[what], True)  # type: ignore[attr-defined]


def test_nothing_under_admin_is_open(shop: Shop) -> None:
    admin = {name: view for name, view in routes(shop.app).items() if " /admin/" in name}

    assert admin
    assert all("session token" in view.guard for view in admin.values())  # type: ignore[attr-defined]


def test_every_limited_route_is_counted_against_its_limit_and_no_other_is(shop: Shop) -> None:
    counted = {name: view.limit for name, view in routes(shop.app).items() if hasattr(view, "limit")}

    assert counted == {name: limit for limit, names in LIMITED.items() for name in names}


def test_a_route_without_a_guard_is_noticed(shop: Shop) -> None:
    """The control."""
    shop.app.view_functions["paystack.health.healthz"] = lambda: "bare"

    with pytest.raises(AssertionError, match="No guard: GET /healthz"):
        test_every_route_has_a_guard_or_says_why_it_needs_none(shop)


def test_guarded_routes_refuse_whoever_comes_with_nothing(shop: Shop) -> None:
    """Over every route: what claims a guard acts on it, whatever the body."""
    for name, view in routes(shop.app).items():
        if view.guard not in {"JWT", "session token"} and "x-paystack-signature" not in view.guard:  # type: ignore[attr-defined]
            continue
        method, path = name.split()
        answer = shop.client.open(_filled(path), method=method, json={} if method == "POST" else None)
        assert answer.status_code == 401, name
        assert answer.get_json()["code"], name
        assert answer.headers.get("WWW-Authenticate") == ("Bearer" if view.guard == "JWT" else None), name  # type: ignore[attr-defined]


def _filled(path: str) -> str:
    for part in ("product", "reference", "token", "number"):
        path = path.replace(f"<{part}>", "1")
    return path


@pytest.fixture(params=["alone", "mounted"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """Our own application, and ours within a host's."""
    where: dict[str, Any] = {"host": Flask("host"), "prefix": "/shop"} if request.param == "mounted" else {}
    with Shop(tmp_path, rate_limits="on", limit_verify="1/min", **where) as shop:
        yield shop


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/pay/verify/unknown", {}, 404, "not_found"),
        ("POST", "/pay/unknown", {"json": {"email": EMAIL}}, 404, "not_found"),
        ("GET", "/pay/womaye-gsp", {}, 405, "method_not_allowed"),
        ("DELETE", "/pay/womaye-gsp", {}, 405, "method_not_allowed"),
        ("PUT", "/pay/webhook", {}, 405, "method_not_allowed"),
        ("POST", "/healthz", {}, 405, "method_not_allowed"),
        ("POST", "/pay/womaye-gsp", {"data": "email=a"}, 415, "unsupported_media_type"),
        ("POST", "/pay/womaye-gsp", {"json": {"email": "x" * 70_000}}, 413, "body_too_large"),
        ("POST", "/pay/womaye-gsp", {"json": []}, 400, "invalid_request"),
        ("POST", "/pay/webhook", {"data": b"{}"}, 401, "invalid_signature"),
        ("POST", "/pay/womaye-gsp", {"json": {}, "headers": {"Authorization": "Bearer no"}}, 401, "not_logged_in"),
        ("GET", "/metrics", {"headers": {"X-Forwarded-For": "1.2.3.4"}}, 401, "not_logged_in"),
        ("GET", "/admin/summary", {}, 401, "invalid_session_token"),
        ("POST", "/admin-keys/request", {"json": {"permission_from": "nobody"}}, 400, "invalid_admin"),
    ],
)
def test_every_error_has_one_shape(
    served: Shop, method: str, path: str, options: dict[str, Any], status: int, code: str
) -> None:
    answer = served.client.open(served.prefix + path, method=method, **options)
    told = answer.get_json()

    assert (answer.status_code, told["code"]) == (status, code)
    assert isinstance(told["error"], str)
    assert answer.headers["X-Request-ID"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert status != 405 or answer.headers["Allow"]


def test_too_many_requests_have_it_too(served: Shop) -> None:
    served.client.get(f"{served.prefix}/pay/verify/unknown")
    answer = served.client.get(f"{served.prefix}/pay/verify/unknown")

    assert (answer.status_code, answer.get_json()["code"]) == (429, "too_many_requests")
    assert answer.headers["Retry-After"]
    assert answer.headers["X-Request-ID"]


def test_a_database_that_does_not_answer_is_told_in_it(served: Shop) -> None:
    served.ours.records.database.path.unlink()  # type: ignore[union-attr]
    served.ours.records.database.close()

    answer = served.client.get(f"{served.prefix}/pay/verify/unknown")

    assert (answer.status_code, answer.get_json()["code"]) == (503, "storage_unavailable")
    assert answer.headers["Retry-After"]


def test_an_unknown_address_of_our_own_application_has_it(shop: Shop) -> None:
    answer = shop.client.get("/nowhere")

    assert (answer.status_code, answer.get_json()) == (404, {"error": "There is nothing here.", "code": "not_found"})
    assert answer.headers["X-Request-ID"]
