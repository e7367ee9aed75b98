"""Charging without the hosted page (CONTRACT §4.3)."""

from collections.abc import Callable

from flask import Response, g, request
from flask.typing import ResponseReturnValue

from paystack_simulator import charge_payloads, parsing
from paystack_simulator.api.door import answer, bp, checkout_url, empty
from paystack_simulator.cards import Step
from paystack_simulator.charges import SUBMITTED
from paystack_simulator.model import Status, Transaction
from paystack_simulator.simulator import simulator

REFUSED_WITH_400 = frozenset({Step.PIN, Step.OTP})
"""A wrong one of these is a 400 with ``status: false``; other failures are a 200 (CONTRACT §4.3)."""


@bp.post("/charge")
def create_charge() -> ResponseReturnValue:
    """Begin a charge; ``data.status`` says what comes next."""
    fields = parsing.body(request)
    with simulator().world.lock:
        return _told(simulator().charges.create(g.integration, fields))


@bp.get("/charge/<path:reference>")
def check_charge(reference: str) -> ResponseReturnValue:
    """How a charge stands."""
    with simulator().world.lock:
        return _told(simulator().charges.find(g.integration, reference), "Reference check successful")


def _submit(step: Step) -> Callable[[], ResponseReturnValue]:
    def submit() -> ResponseReturnValue:
        fields = parsing.body(request)
        with simulator().world.lock:
            transaction = simulator().charges.submit(g.integration, step, fields)
            response = _told(transaction)
        if transaction.status is Status.FAILED and step in REFUSED_WITH_400:
            response = answer("Charge attempted", response.get_json()["data"], works=False)
            response.status_code = 400
        return response

    return submit


for _step in SUBMITTED:
    bp.add_url_rule(f"/charge/submit_{_step}", f"submit_{_step}", _submit(_step), methods=["POST"])


def _told(transaction: Transaction, message: str = "Charge attempted") -> Response:
    page = checkout_url(transaction)
    payable = simulator().charging.payable(transaction)
    return answer(message, charge_payloads.charge(transaction, empty(), page, payable=payable))
