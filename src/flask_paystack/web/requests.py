"""Request ids, and the line that is logged of each request."""

import logging
import re
import secrets
import time

from flask import Response, g, request

from flask_paystack.accounts.model import User
from flask_paystack.web.log import request_id

log = logging.getLogger("flask_paystack.requests")
POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
"""What an answer that is no page may do where a browser shows it all the same: nothing (ASVS 3.2.1, 3.4.3, 3.4.6)."""
GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def begin() -> None:
    """Name the request, once: by the id a proxy gave it, where that is a plain word, else by a new one."""
    if request_id() is not None:
        return
    given = request.headers.get("X-Request-ID", "")
    g.paystack_request_id = given if GIVEN.fullmatch(given) else secrets.token_hex(8)
    g.paystack_request_began = time.perf_counter()


def end(response: Response) -> Response:
    """Tell the caller the id, and log, once, what was answered. Query strings are left out: they may hold what is secret."""
    begin()
    if "X-Request-ID" in response.headers:
        return response
    response.headers["X-Request-ID"] = g.paystack_request_id
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    route = request.url_rule.rule if request.url_rule else "unknown"
    milliseconds = (time.perf_counter() - g.paystack_request_began) * 1000
    told = {"method": request.method, "route": route, "status": response.status_code, "ms": round(milliseconds)}
    log.info(
        "%s %s %d in %.0f ms",
        request.method,
        route,
        response.status_code,
        milliseconds,
        extra={**told, **_who_and_why()},
    )
    return response


def client_address() -> str:
    """Where the request came from, as far as it is known."""
    return request.remote_addr or "unknown"


def _who_and_why() -> dict[str, str]:
    """Where a request came from, who was let in, and by which code it was refused, as far as there is any of it."""
    user, operator = g.get("user"), g.get("operator")
    found = {
        "address": request.remote_addr,
        "user": user.id if isinstance(user, User) else None,  # a host may keep something of its own there
        "operator": operator if isinstance(operator, str) else None,
        "code": g.get("paystack_refused_by"),
    }
    return {name: value for name, value in found.items() if value}
