"""The Webhook Events API: what was sent to the merchant, and sending it again (CONTRACT §6.1)."""

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue

from paystack_simulator import errors, event_rows, parsing
from paystack_simulator.api.door import answer, bp
from paystack_simulator.deliveries import Delivery
from paystack_simulator.errors import Refused
from paystack_simulator.simulator import simulator

MOST_RESENT = 100
"""How many events one call may send again (CONTRACT §9)."""


@bp.get("/integration/webhooks/events")
def list_webhook_events() -> ResponseReturnValue:
    """A page of events by cursor, newest first."""
    arguments = request.args.to_dict()
    rows, meta = event_rows.page(event_rows.matching(_mine(), arguments), arguments)
    return answer("Webhook events retrieved", [event_rows.row(each, _again(each)) for each in rows], meta)


@bp.get("/integration/webhooks/events/lookup")
def lookup_webhook_event() -> ResponseReturnValue:
    """Events by ``reference``: an event's ``_id`` or a transaction's numeric id."""
    wanted = request.args.get("reference", "")
    found = [each for each in _mine() if wanted in {event_rows.event_id(each), str(each.row_id)}]
    if not found:
        raise Refused(errors.WEBHOOK_NOT_FOUND)
    return answer("Webhook events retrieved", [event_rows.row(each, _again(each)) for each in found])


@bp.get("/integration/webhooks/events/<event_id>")
def fetch_webhook_event(event_id: str) -> ResponseReturnValue:
    """One event by its ``_id``."""
    found = _find(event_id)
    return answer("Webhook event retrieved", event_rows.row(found, _again(found)))


@bp.post("/integration/webhooks/events/resend")
def resend_webhook_events() -> ResponseReturnValue:
    """Send events again by their ids. It is not idempotent: each call delivers once more."""
    ids = parsing.body(request).get("ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_RESENT:
        raise Refused(errors.WEBHOOK_IDS_REQUIRED)
    return _resend([_find(str(each)) for each in ids])


@bp.post("/integration/webhooks/events/resend-matching")
def resend_matching_webhook_events() -> ResponseReturnValue:
    """Send every event again that filters let through; ``?preview=true`` only counts them."""
    filters = parsing.body(request).get("filters")
    if not isinstance(filters, dict):
        raise Refused(errors.WEBHOOK_FILTERS_REQUIRED)
    found = event_rows.matching(_mine(), {str(name): str(value) for name, value in filters.items()})
    if request.args.get("preview", "").lower() == "true":
        return answer("Webhook events matched", {"count": len(found), "preview": True})
    return _resend(found)


def _resend(chosen: list[Delivery]) -> ResponseReturnValue:
    for each in chosen:
        simulator().webhooks.deliver_again(each.id)
    data: dict[str, Any] = {"count": len(chosen), "ids": [event_rows.event_id(each) for each in chosen]}
    return answer("Webhook events queued for resend", data)


def _mine() -> list[Delivery]:
    """The integration's events, newest first, without what was sent again of them."""
    rows = reversed(simulator().webhooks.snapshot())
    return [each for each in rows if each.integration is g.integration and each.again_of is None]


def _again(original: Delivery) -> list[Delivery]:
    return [each for each in simulator().webhooks.snapshot() if each.again_of == original.id]


def _find(event_id: str) -> Delivery:
    found = next((each for each in _mine() if event_rows.event_id(each) == event_id), None)
    if found is None:
        raise Refused(errors.WEBHOOK_NOT_FOUND)
    return found
