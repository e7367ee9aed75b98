"""The controls of the faults about identity: applications that do what looks right and is not."""

import time
from collections.abc import Callable
from typing import Any

from flask import Flask

from flask_paystack.cli.start import application
from flask_paystack.web.services import EXTENSION

REMEMBERED = 5.0
"""Seconds."""


def caching() -> Flask:
    """Each process remembers for a while whose token it saw, so that it need not ask the store each time."""
    app = application()
    services = app.extensions[EXTENSION].services
    services.accounts.who = _remembering(services.accounts.who)
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
