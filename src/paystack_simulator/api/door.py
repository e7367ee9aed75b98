"""The blueprint of the API, who may come in, and the envelope of every answer (CONTRACT §1)."""

from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from paystack_simulator import api_faults, errors
from paystack_simulator.errors import Refused
from paystack_simulator.model import Integration, Transaction
from paystack_simulator.simulator import simulator

bp = Blueprint("api", __name__)


@bp.before_request
def open_the_door() -> ResponseReturnValue | None:
    """Spoil the call if a fault befalls it, else find the integration the secret key opens (CONTRACT §1)."""
    operation = str(request.endpoint).removeprefix("api.")
    g.fault = simulator().faults.take(operation)
    if g.fault in api_faults.BEFORE:
        return api_faults.BEFORE[g.fault]()
    g.integration = _integration()
    simulator().settle_due()
    return None


@bp.after_request
def spoil_the_answer(response: Response) -> Response:
    """The work is done; the caller may not learn of it."""
    fault = g.get("fault")
    return api_faults.AFTER[fault]() if fault in api_faults.AFTER else response


@bp.errorhandler(Refused)
def refused(error: Refused) -> Response:
    return api_faults.refuse(error.refusal)


def _integration() -> Integration:
    """Any ``sk_test_…`` opens an integration of its own; a live key opens nothing here (CONTRACT §13.1)."""
    header = request.headers.get("Authorization")
    if not header:
        raise Refused(errors.NO_AUTHORIZATION)
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Refused(errors.MALFORMED_AUTHORIZATION)
    key = key.strip()
    world = simulator().world
    if not key.startswith("sk_test_") or key == "sk_test_" or key in world.retired_keys:
        raise Refused(errors.INVALID_KEY)
    return world.integration(key)


def answer(message: str, data: Any, meta: dict[str, Any] | None = None, *, works: bool = True) -> Response:
    """The envelope of a call that worked, whatever happened to the money."""
    body = {"status": works, "message": message, "data": data}
    return jsonify(body if meta is None else body | {"meta": meta})


def empty() -> object:
    """What the API says when no metadata was sent (CONTRACT §3.1)."""
    chosen = simulator().settings.empty_metadata
    return "" if chosen == "varied" else chosen


def checkout_url(transaction: Transaction, room: str = "checkout") -> str:
    """Where the customer goes on: the hosted page, or the bank's for a charge that was paused."""
    base = simulator().settings.public_url or request.host_url
    return f"{base.rstrip('/')}/{room}/{transaction.access_code}"
