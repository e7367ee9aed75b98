"""The Flask application that puts the simulator on HTTP."""

import contextlib
import socket

import requests
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from paystack_simulator import api, api_faults, checkout, control, dashboard, errors
from paystack_simulator.adapter import IN_PROCESS
from paystack_simulator.clock import Clock
from paystack_simulator.settings import Settings
from paystack_simulator.simulator import Simulator, simulator

LARGEST_BODY = 1024 * 1024


def create_simulator(
    *,
    clock: Clock | None = None,
    webhook_session: requests.Session | None = None,
    settings: Settings | None = None,
    **changes: object,
) -> Flask:
    """An offline Paystack as a Flask application; its state is ``application.extensions["simulator"]``.

    ``changes`` are fields of ``Settings`` by name, as in ``webhook_url="http://127.0.0.1:5000/pay/webhook"``. Without a
    ``clock`` it runs on the machine's time. ``webhook_session`` carries the webhooks; with a ``SimulatorAdapter`` of the
    receiver mounted on it they stay in process. Raises pydantic's ValidationError for a setting that cannot be.
    """
    app = Flask(__name__, static_url_path="/_simulator/static")
    # One byte more than is taken: werkzeug cuts a chunked body short there, without a word.
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY + 1
    # Bodies leave as Paystack's do, in raw UTF-8 and in the order of the contract.
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.compact = True  # type: ignore[attr-defined]
    chosen = Settings.model_validate((settings.model_dump() if settings else {}) | changes)
    app.extensions["simulator"] = Simulator(chosen, clock, webhook_session)
    app.register_blueprint(checkout.bp)
    app.register_blueprint(control.bp)
    app.register_blueprint(dashboard.bp)
    app.register_blueprint(api.bp)
    app.before_request(_refuse_too_large)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _plain_error)
    app.after_request(_break_connection)
    return app


def _refuse_too_large() -> None:
    if len(request.get_data()) > LARGEST_BODY:
        raise RequestEntityTooLarge


def _too_large(error: RequestEntityTooLarge) -> Response:
    del error
    return api_faults.refuse(errors.BODY_TOO_LARGE)


def _plain_error(error: HTTPException) -> Response:
    return api_faults.refuse(errors.Refusal(error.code or 500, error.description or error.name))


def _break_connection(response: Response) -> Response:
    """Over a real connection, keep the caller waiting or hang up where a fault asks for it."""
    outcome = response.headers.get(api_faults.OUTCOME_HEADER)
    if outcome is None or request.environ.get(IN_PROCESS):
        return response
    if outcome == "timeout":
        simulator().released.wait(simulator().settings.hang_seconds)
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    return response
