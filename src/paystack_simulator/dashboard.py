"""The page at ``/_simulator/``: what is going on, and the switches as forms. It needs no script.

Everything it does, ``control`` does too; the same state as JSON is at ``/_simulator/state``.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from paystack_simulator import cards, control, faults
from paystack_simulator.checkout import keep_to_ourselves, money
from paystack_simulator.clock import iso
from paystack_simulator.coverage import NOT, OPERATIONS
from paystack_simulator.simulator import simulator

bp = Blueprint("dashboard", __name__, url_prefix="/_simulator")

SHOWN = 50
"""How many of the newest transactions, deliveries and lines of the story are shown."""

MOVES = {"1 min": 60, "3 min": 180, "1 hour": 3600, "4 hours": 4 * 3600, "1 day": 86400, "3 days": 3 * 86400}
REFRESH = {"5", "30"}

bp.before_request(control.refuse_strangers)
bp.after_request(keep_to_ourselves)


@bp.get("/")
def show() -> ResponseReturnValue:
    """Transactions, deliveries, clock and switches; ``?refresh=5`` looks again every five seconds."""
    sim = simulator()
    with sim.world.lock:
        everything = list(sim.world.all_transactions())
        transactions = sorted(everything, key=lambda each: each.id, reverse=True)[:SHOWN]
        deliveries = sim.webhooks.snapshot()
        refresh = request.args.get("refresh", "")
        return render_template(
            "dashboard.html",
            sim=sim,
            now=iso(sim.clock.now()),
            transactions=transactions,
            transaction_count=len(everything),
            deliveries=deliveries[: -SHOWN - 1 : -1],
            delivery_count=len(deliveries),
            disputes=[each for one in sim.world.integrations.values() for each in one.disputes.values()][-SHOWN:],
            story=sim.faults.story()[: -SHOWN - 1 : -1],
            operations=_operations(),
            refresh=refresh if refresh in REFRESH else None,
            problem=request.args.get("problem"),
            moves=MOVES,
            cards=cards.CARDS,
            money=money,
            iso=iso,
        )


def _operations() -> dict[str, dict[str, list[str]]]:
    """What can go wrong, for the list of the form: group, operation, modes."""
    views = [each.view for each in OPERATIONS if each.extent != NOT]
    return {
        "Webhooks": {name: faults.modes_of(name) for name in (faults.WEBHOOK, *sorted(control.EVENTS))},
        "Outcomes": {name: faults.modes_of(name) for name in (faults.PAYMENT, faults.REFUND)},
        "API": {name: faults.modes_of(name) for name in (faults.ANY, *views)},
    }


def _back(problem: str | None = None, place: str | None = None) -> ResponseReturnValue:
    refresh = request.args.get("refresh")
    return redirect(url_for("dashboard.show", problem=problem, refresh=refresh, _anchor=place), 303)


@bp.errorhandler(ValueError)
def not_possible(error: ValueError) -> ResponseReturnValue:
    return _back(str(error).splitlines()[0])


@bp.post("/page/clock")
def move_clock() -> ResponseReturnValue:
    """A button of the clock, or the seconds typed."""
    simulator().advance(float(request.form.get("seconds", "")))
    return _back()


@bp.post("/page/deliver")
def deliver() -> ResponseReturnValue:
    """Everything that is due goes out now."""
    simulator().deliver_due()
    return _back(place="deliveries")


@bp.post("/page/faults")
def plan_fault() -> ResponseReturnValue:
    """A line of the list of faults."""
    operation, _, mode = request.form.get("fault", "").partition(" ")
    control.know(operation)
    simulator().faults.add(operation, mode, int(request.form.get("times", "1")))
    return _back(place="faults")


@bp.post("/page/faults/none")
def clear_faults() -> ResponseReturnValue:
    """Nothing goes wrong any more."""
    simulator().faults.clear()
    return _back(place="faults")


@bp.post("/page/settings")
def change_settings() -> ResponseReturnValue:
    """The settings of the form; an empty field is unset."""
    given = {name: value.strip() or None for name, value in request.form.items()}
    control.apply_settings({name: value for name, value in given.items() if name in OFFERED})
    return _back(place="settings")


OFFERED = ("webhook_url", "webhooks", "webhook_timetable", "webhook_copies", "bad_signatures", "seed")


@bp.post("/page/transactions/<reference>/pay")
def pay(reference: str) -> ResponseReturnValue:
    """The customer pays with the card chosen, and types what it asks for."""
    try:
        simulator().pay(reference, request.form.get("card") or None)
    except KeyError:
        return _back(f"There is no transaction {reference}.")
    return _back(place="transactions")


@bp.post("/page/transactions/<reference>/dispute")
def dispute(reference: str) -> ResponseReturnValue:
    """The cardholder's bank asks for the money back."""
    with simulator().world.lock:
        transaction = simulator().world.find(reference)
        if transaction is None:
            return _back(f"There is no transaction {reference}.")
        simulator().disputes.open(transaction, None, "chargeback", "Customer complained about debit without value")
    return _back(place="transactions")


@bp.post("/page/deliveries/<int:delivery_id>/again")
def deliver_again(delivery_id: int) -> ResponseReturnValue:
    """The same bytes once more."""
    try:
        simulator().webhooks.deliver_again(delivery_id)
    except KeyError:
        return _back(f"There is no delivery {delivery_id}.")
    return _back(place="deliveries")
