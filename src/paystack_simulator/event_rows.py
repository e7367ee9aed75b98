"""Rows of the Webhook Events API: their JSON, their filters, their pages (CONTRACT §6.1)."""

from collections.abc import Callable
from typing import Any

from paystack_simulator import parsing
from paystack_simulator.clock import iso
from paystack_simulator.deliveries import Attempt, Delivery, DeliveryState

Json = dict[str, Any]

_STATUS = {DeliveryState.DELIVERED: "Delivered", DeliveryState.WAITING: "Pending"}


def event_id(delivery: Delivery) -> str:
    """The ``_id`` of an event. It exists only here, and never in what is delivered."""
    return f"{delivery.integration.id:012x}{delivery.id:012x}"


def _status(delivery: Delivery, again: list[Delivery]) -> str:
    if any(each.state is DeliveryState.DELIVERED for each in again):
        return "Delivered"
    return _STATUS.get(delivery.state, "Failed")


def row(delivery: Delivery, again: list[Delivery]) -> Json:
    """An event with every trial of it; ``again`` are the deliveries that sent it once more."""
    tried: list[Attempt] = [attempt for each in [delivery, *again] for attempt in each.attempts]
    last = tried[-1] if tried else None
    status = _status(delivery, again)
    return {
        "_id": event_id(delivery),
        "domain": delivery.integration.domain,
        "category": category(delivery),
        "event_name": delivery.event,
        "category_row_id": delivery.row_id,
        "status": status,
        "status_detail": "retrying" if status == "Pending" and tried else None,
        "response_code": last.http_status if last else None,
        "trial_count": len(tried),
        "webhook_url": delivery.url,
        "event_payload": delivery.body.decode(),
        "merchant_response_body": last.answer if last else None,
        "createdAt": iso(delivery.created_at),
        "updatedAt": iso(last.at if last else delivery.created_at),
    }


def category(delivery: Delivery) -> str:
    """What an event is about. The contract names no values; these are the simulator's own."""
    if delivery.event.startswith("charge.dispute."):
        return "dispute"
    return "transaction" if delivery.event.startswith("charge.") else delivery.event.partition(".")[0]


def matching(rows: list[Delivery], arguments: dict[str, str]) -> list[Delivery]:
    """The rows that filters let through, in their order. Raises Refused for a bad date."""
    since, until = parsing.date(arguments, "from"), parsing.date(arguments, "to")
    wanted = {name: arguments[name] for name in _READERS if arguments.get(name)}
    return [
        each
        for each in rows
        if all(_READERS[name](each) == value for name, value in wanted.items())
        and (since is None or each.created_at >= since)
        and (until is None or each.created_at <= until)
    ]


_READERS: dict[str, Callable[[Delivery], str]] = {
    "category": category,
    "event_type": lambda each: each.event,
    "status": lambda each: _status(each, []),
    "category_row_id": lambda each: str(each.row_id),
}


def page(rows: list[Delivery], arguments: dict[str, str]) -> tuple[list[Delivery], Json]:
    """One page after the event ``next`` names, or before the one ``previous`` does; 50 rows unless ``limit`` says so."""
    size = parsing.count(arguments, "limit", 50)
    ids = [event_id(each) for each in rows]
    start = 0
    if (after := arguments.get("next")) in ids:
        start = ids.index(str(after)) + 1
    elif (before := arguments.get("previous")) in ids:
        start = max(ids.index(str(before)) - size, 0)
    chosen = rows[start : start + size]
    more = start + size < len(rows)
    meta = {
        "next": event_id(chosen[-1]) if chosen and more else None,
        "previous": event_id(chosen[0]) if chosen and start > 0 else None,
        "limit": size,
    }
    return chosen, meta
