"""The controls of ``provider``: clients of Paystack's as they are usually written."""

import threading

from flask import Flask

from flask_paystack.cli.start import application
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.web.services import EXTENSION


def no_timeouts() -> Flask:
    """Waits for Paystack as long as it takes."""
    app, client = _application()
    client._timeout = 3600
    return app


def no_bulkhead() -> Flask:
    """Lets every thread wait for Paystack."""
    app, client = _application()
    client._places = threading.BoundedSemaphore(1000)
    client.leave_half_of = lambda _: None  # type: ignore[method-assign]
    return app


def _application() -> tuple[Flask, PaystackClient]:
    app = application()
    return app, app.extensions[EXTENSION].wiring.paystack
