"""The simulator's own switches, under ``/_simulator``: look at its state, move its clock, play its people, break its answers.

Paystack has nothing like it. Answers are JSON; a request that makes no sense gets a 400 with a sentence.
"""

from typing import Any, TypeVar

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from paystack_simulator import dispute_payloads, faults, payloads
from paystack_simulator.clock import iso
from paystack_simulator.model import RefundStatus, Transaction
from paystack_simulator.orders import (
    Advance,
    AuthorizationChange,
    KeyChange,
    NewDispute,
    Order,
    Override,
    Payment,
    PlannedFault,
)
from paystack_simulator.settings import Settings
from paystack_simulator.simulator import simulator
from paystack_simulator.state import delivery_state, transaction_state, whole_state

bp = Blueprint("control", __name__, url_prefix="/_simulator")

EVENTS = frozenset(
    {"charge.success"}
    | {f"charge.dispute.{what}" for what in ("create", "remind", "resolve")}
    | {f"refund.{status}" for status in RefundStatus}
)
"""Every event the simulator sends."""

Told = TypeVar("Told", bound=Order)


class Unknown(Exception):
    """What the address names does not exist; answered with a 404."""


@bp.errorhandler(ValidationError)
def not_understood(error: ValidationError) -> ResponseReturnValue:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return {"error": f"{where}: {first['msg']}." if where else f"{first['msg']}."}, 400


@bp.errorhandler(ValueError)
def not_possible(error: ValueError) -> ResponseReturnValue:
    return {"error": str(error)}, 400


@bp.errorhandler(Unknown)
def unknown(error: Unknown) -> ResponseReturnValue:
    return {"error": str(error)}, 404


@bp.before_request
def refuse_strangers() -> ResponseReturnValue | None:
    """No web site elsewhere may press a switch through somebody's browser."""
    if request.method != "GET" and request.headers.get("Sec-Fetch-Site") == "cross-site":
        return {"error": "The simulator's switches are not pressed from another web site."}, 403
    return None


def _order(kind: type[Told]) -> Told:
    return kind.model_validate_json(request.get_data() or b"{}")


@bp.get("/state")
def state() -> ResponseReturnValue:
    """Everything at a glance; ``?reference=`` narrows it to one payment."""
    return jsonify(whole_state(simulator(), request.args.get("reference")))


@bp.post("/clock")
def advance() -> ResponseReturnValue:
    """``{"seconds": n}`` moves time forward; what comes due then is done by the couriers, or by ``/deliver``."""
    simulator().advance(_order(Advance).seconds)
    return {"clock": iso(simulator().clock.now())}


@bp.post("/deliver")
def deliver() -> ResponseReturnValue:
    """Make every webhook attempt that is due before answering."""
    return {"attempts": simulator().deliver_due()}


@bp.post("/settings")
def change_settings() -> ResponseReturnValue:
    """Change the named settings, all or none."""
    apply_settings(Settings.model_validate_json(request.get_data() or b"{}").model_dump(exclude_unset=True))
    return simulator().settings.model_dump()


def apply_settings(changes: dict[str, Any]) -> None:
    """Change settings, all or none. Raises ValueError for one that cannot be."""
    checked = Settings.model_validate(changes).model_dump(exclude_unset=True)
    for operation in checked.get("fault_rates", ()):
        know(operation)
    for name, value in checked.items():
        setattr(simulator().settings, name, value)


def know(operation: str) -> None:
    """Raises ValueError for what no fault can befall."""
    others = {faults.ANY, faults.WEBHOOK, faults.PAYMENT, faults.REFUND, *EVENTS}
    if operation not in others and f"api.{operation}" not in current_app.view_functions:
        raise ValueError(f"There is no operation {operation}.")


@bp.post("/faults")
def plan_fault() -> ResponseReturnValue:
    """``{"operation": "verify", "mode": "500", "times": 2}``: see ``faults``; ``*`` is any operation of the API.

    ``webhook`` is any event, ``charge.success`` one kind of them; ``payment`` and ``refund`` are how those end.
    """
    order = _order(PlannedFault)
    know(order.operation)
    simulator().faults.add(order.operation, order.mode, order.times)
    return simulator().faults.planned()


@bp.delete("/faults")
def clear_faults() -> ResponseReturnValue:
    """Nothing planned goes wrong any more, and a seed's story begins anew."""
    simulator().faults.clear()
    return {}


@bp.post("/disputes")
def open_dispute() -> ResponseReturnValue:
    """``{"reference": "ord-1", "amount": 5000}``: the cardholder's bank asks for a payment's money back."""
    order = _order(NewDispute)
    with simulator().world.lock:
        transaction = _find(order.reference)
        return dispute_payloads.read(
            simulator().disputes.open(transaction, order.amount, order.category, order.message)
        )


@bp.put("/uploads/<name>")
def upload(name: str) -> ResponseReturnValue:
    """Where evidence for a dispute is put: taken, and forgotten."""
    return {"fileName": name}


@bp.post("/transactions/<reference>/pay")
def pay(reference: str) -> ResponseReturnValue:
    """Play the customer, without a browser: ``{"card": "pin-otp", "otp": "000000"}``. Right answers are the default."""
    order = _order(Payment)
    with simulator().world.lock:
        transaction = _find(reference)
        simulator().pay(transaction.reference, **order.model_dump())
        return transaction_state(transaction, simulator().settings)


@bp.post("/transactions/<reference>/overrides")
def override(reference: str) -> ResponseReturnValue:
    """What the next successful payment reports: other amounts, as with passed-on fees, or another currency."""
    order = _order(Override)
    with simulator().world.lock:
        overrides = _find(reference).overrides
        for name in order.model_fields_set:
            setattr(overrides, name, getattr(order, name))
    return order.model_dump()


@bp.post("/authorizations/<code>")
def change_authorization(code: str) -> ResponseReturnValue:
    """Deactivate a card's authorization, make it single-use, or let its charges be declined with a reason."""
    order = _order(AuthorizationChange)
    with simulator().world.lock:
        for integration in simulator().world.integrations.values():
            if (found := integration.authorizations.get(code)) is not None:
                for name in order.model_fields_set:
                    setattr(found, name, getattr(order, name))
                return payloads.authorization(found)
    raise Unknown(f"There is no authorization {code}.")


@bp.post("/deliveries/<int:delivery_id>/again")
def deliver_again(delivery_id: int) -> ResponseReturnValue:
    """Send an event's same bytes once more."""
    try:
        delivery = simulator().webhooks.deliver_again(delivery_id)
    except KeyError:
        raise Unknown(f"There is no delivery {delivery_id}.") from None
    return delivery_state(delivery)


@bp.post("/keys")
def rotate_key() -> ResponseReturnValue:
    """``{"old": "sk_test_a", "new": "sk_test_b"}``: the merchant rolls the secret key; new events are signed with it."""
    order = _order(KeyChange)
    try:
        simulator().world.rotate_key(order.old, order.new)
    except KeyError as error:
        raise Unknown(f"The key {error.args[0]} is unknown, or taken already.") from None
    return {}


def _find(reference: str) -> Transaction:
    transaction = simulator().world.find(reference)
    if transaction is None:
        raise Unknown(f"There is no transaction {reference}.")
    return transaction
