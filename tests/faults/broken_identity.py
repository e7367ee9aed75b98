"""The controls of the faults about identity: applications that do what looks right and is not."""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, request
from werkzeug.debug import DebuggedApplication

from flask_paystack import strict_json
from flask_paystack.cli.start import application
from flask_paystack.clock import SystemClock
from flask_paystack.errors import StorageUnavailable
from flask_paystack.expiring import Hits
from flask_paystack.expiring.redis import RedisMap
from flask_paystack.web import parsing
from flask_paystack.web.services import EXTENSION
from flask_paystack.webhooks import views as webhook_views
from paystack_simulator import create_simulator

REMEMBERED = 5.0
"""Seconds."""


def caching() -> Flask:
    """Each process remembers for a while whose token it saw, so that it need not ask the store each time."""
    app = application()
    services = app.extensions[EXTENSION].services
    services.accounts.read = _remembering(services.accounts.read)
    services.sessions.who = _remembering(services.sessions.who)
    return app


def _remembering(ask: Callable[[str], Any]) -> Callable[[str], Any]:
    known: dict[str, tuple[float, Any]] = {}

    def who(token: str) -> Any:
        until, found = known.get(token, (0.0, None))
        if time.monotonic() >= until:
            found = ask(token)
            known[token] = time.monotonic() + REMEMBERED, found
        return found

    return who


def plain_read() -> Flask:
    """Bodies are read as Flask's documentation has it, and their JSON by Python's own reader."""
    parsing.read_bytes = _plain
    webhook_views.read_bytes = parsing.read_bytes  # type: ignore[attr-defined]
    strict_json.loads = json.loads
    return application()


def _plain(most: int) -> bytes:
    request.max_content_length = most
    return request.get_data()


def simulator() -> Flask:
    """The simulator as it is, with an address that tells when it serves."""
    app = create_simulator()
    app.add_url_rule("/healthz", view_func=lambda: "ok")
    return app


def failing() -> Flask:
    """The application as it is, with two views that fail: one of a host's, and one of ours."""
    app = application()
    app.add_url_rule("/fails", view_func=_fail)
    endpoint, _ = app.url_map.bind("backend.test").match("/pay/verify/fails")
    app.view_functions[endpoint] = _fail
    return app


def debugging() -> Flask:
    """The same, as a developer would run it."""
    app = failing()
    app.debug = True
    for handlers in app.error_handler_spec.values():
        for kinds in handlers.values():
            kinds.pop(Exception, None)
    app.wsgi_app = DebuggedApplication(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _fail(**_: Any) -> str:
    raise RuntimeError("canary-of-an-unforeseen-failure")


def fail_open() -> Flask:
    """What cannot be counted counts as one, so that people can work while the store is away."""
    count = RedisMap.hit

    def hit(self: RedisMap, key: str) -> Hits:
        try:
            return count(self, key)
        except StorageUnavailable:
            return Hits(1, self.lifetime.total_seconds())

    RedisMap.hit = hit  # type: ignore[method-assign]
    return application()


TIME_FILE = "TESTS_TIME_FILE"
"""Names, in the environment, a file that holds what time it is, in seconds since 1970."""


def moved() -> Flask:
    """The application as it is, by a wall clock that is set while it runs."""
    SystemClock.now = lambda _: datetime.fromtimestamp(_told_time(), UTC)  # type: ignore[method-assign]
    return application()


def moved_passing() -> Flask:
    """The same, where the time passed."""
    SystemClock.monotonic = lambda _: _told_time()  # type: ignore[method-assign]
    return moved()


def passing() -> Flask:
    """The application as it is, where the machine's time was not set but passed."""
    SystemClock.monotonic = lambda _: time.time()  # type: ignore[method-assign]
    return application()


def zone_time() -> Flask:
    """The same, where the time is what the clock on the wall shows."""
    shown = datetime.fromtimestamp
    SystemClock.now = lambda _: shown(_told_time()).replace(tzinfo=UTC)  # type: ignore[method-assign]
    return application()


def machines_zone_time() -> Flask:
    """The same by the machine's clock."""
    SystemClock.now = lambda _: datetime.now().replace(tzinfo=UTC)  # type: ignore[method-assign]  # noqa: DTZ005
    return application()


def _told_time() -> float:
    return float(Path(os.environ[TIME_FILE]).read_text(encoding="ascii"))
