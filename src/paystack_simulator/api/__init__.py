"""The API as the contract has it: one module for each subject, and 501 for what is not simulated.

Each view is an *operation*, called by its name when a fault befalls it. ``coverage`` lists which of Paystack's there are.
"""

from flask import request
from flask.typing import ResponseReturnValue

from paystack_simulator import errors
from paystack_simulator.api import charges, customers, disputes, integration, refunds, transactions, webhook_events
from paystack_simulator.api.door import bp
from paystack_simulator.coverage import hidden
from paystack_simulator.errors import Refused

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@bp.route("/", methods=METHODS, defaults={"path": ""})
@bp.route("/<path:path>", methods=METHODS)
def not_simulated(path: str) -> ResponseReturnValue:
    """Everything the simulator has not learned yet."""
    raise Refused(errors.not_simulated(request.method, "/" + path))


def _absent() -> ResponseReturnValue:
    raise Refused(errors.not_simulated(request.method, request.path))


# Without rules of their own, /transaction/export and its like would be taken for a transaction's id.
for _each in hidden():
    bp.add_url_rule(_each.rule, f"not_simulated_{_each.name}", _absent, methods=[_each.method])

__all__ = [
    "bp",
    "charges",
    "customers",
    "disputes",
    "integration",
    "refunds",
    "transactions",
    "webhook_events",
]
