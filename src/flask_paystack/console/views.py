"""``/admin``: an operator's JSON API."""

from collections.abc import Collection

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from flask_paystack.console import facts
from flask_paystack.console.forms import EVENT_STATES, MESSAGE_STATES, RefundForm
from flask_paystack.email_address import email_address
from flask_paystack.errors import Invalid
from flask_paystack.payments import facts as payment_facts
from flask_paystack.payments.model import Payment, Status, Wanted
from flask_paystack.web import pages
from flask_paystack.web.guards import current_operator, session_required
from flask_paystack.web.parsing import parse_or
from flask_paystack.web.services import services

bp = Blueprint("console", __name__, url_prefix="/admin")

NUMBER = "<int(max=9223372036854775807):number>"
"""A row's number, in the path. SQLite holds no larger one, and fails over the question."""


@bp.get("/payments")
@session_required
def list_payments() -> ResponseReturnValue:
    """Payments, newest first, by ``status``, ``order``, ``email``, ``from``, ``to``."""
    status = _one_of("status", tuple(Status))
    wanted = Wanted(
        status=Status(status) if status else None,
        order=request.args.get("order") or None,
        email=_email(),
        since=pages.instant("from"),
        until=pages.instant("to"),
    )
    page = services().console.list_payments(wanted, pages.after(), pages.limit())
    return {"payments": [payment_facts.full(each) for each in page.items], "next": page.next}


def _one_of(name: str, choices: Collection[str]) -> str | None:
    text = request.args.get(name)
    if not text:
        return None
    if text not in choices:
        raise Invalid(f"That is no {name}.", {name: f"One of {', '.join(choices)}."})
    return text


def _email() -> str | None:
    """The address in the form in which payments keep it."""
    text = request.args.get("email")
    try:
        return email_address(text) if text else None
    except ValueError as error:
        raise Invalid("That is no e-mail address.", {"email": str(error)}) from None


@bp.get("/payments/<reference>")
@session_required
def show_payment(reference: str) -> ResponseReturnValue:
    """One payment, with its timeline."""
    return services().console.show_payment(reference)


@bp.post("/payments/<reference>/verify")
@session_required
def verify(reference: str) -> ResponseReturnValue:
    """Ask Paystack now."""
    return _told(services().console.verify(reference, current_operator()))


@bp.post("/payments/<reference>/accept")
@session_required
def accept(reference: str) -> ResponseReturnValue:
    """Settle a quarantined payment on a person's word."""
    return _told(services().console.accept(reference, current_operator()))


@bp.post("/payments/<reference>/refund")
@session_required
def refund(reference: str) -> ResponseReturnValue:
    """Give money back: ``{"amount": subunits}``, or all that is left."""
    form = parse_or(RefundForm)
    return _told(services().console.refund(reference, form.amount, current_operator()))


@bp.post("/payments/<reference>/retry")
@session_required
def retry(reference: str) -> ResponseReturnValue:
    """Mail the customer a link to try again."""
    return _told(services().console.retry(reference, current_operator()))


def _told(payment: Payment) -> ResponseReturnValue:
    return services().console.show_payment(payment.reference)


@bp.get("/events")
@session_required
def list_events() -> ResponseReturnValue:
    """Webhook events, newest first, by ``state`` and ``reference``."""
    page = services().console.list_events(
        pages.after(), pages.limit(), _one_of("state", EVENT_STATES), request.args.get("reference") or None
    )
    return {"events": [facts.event(each) for each in page.items], "next": page.next}


@bp.get(f"/events/{NUMBER}")
@session_required
def show_event(number: int) -> ResponseReturnValue:
    """One webhook event, with the bytes that were signed."""
    return facts.event_with_bytes(services().console.show_event(number))


@bp.post(f"/events/{NUMBER}/replay")
@session_required
def replay_event(number: int) -> ResponseReturnValue:
    """Process an event once more."""
    return facts.event(services().console.replay_event(number))


@bp.post("/events/replay")
@session_required
def replay_failed() -> ResponseReturnValue:
    """Process once more every event that waits for a person."""
    return {"replayed": services().console.replay_failed()}


@bp.get("/messages")
@session_required
def list_messages() -> ResponseReturnValue:
    """The e-mail outbox, newest first, by ``state`` and ``reference``."""
    page = services().console.list_messages(
        pages.after(), pages.limit(), _one_of("state", MESSAGE_STATES), request.args.get("reference") or None
    )
    return {"messages": [facts.message(each) for each in page.items], "next": page.next}


@bp.post(f"/messages/{NUMBER}/resend")
@session_required
def resend(number: int) -> ResponseReturnValue:
    """Send a message once more."""
    return facts.message(services().console.resend(number))


@bp.get("/summary")
@session_required
def summary() -> ResponseReturnValue:
    """Counts and sums."""
    return services().console.summary()
