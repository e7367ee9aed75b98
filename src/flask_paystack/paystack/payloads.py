"""Paystack's JSON, read tolerantly where CONTRACT says that it varies, into our own model.

Amounts come as integers or as digits in a string (§6.2), ids need 64 bits, ``metadata`` may be anything, keys may be missing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_paystack import strict_json
from flask_paystack.paystack.model import ProviderDispute, ProviderRefund, Transaction

NOT_A_DECLINE = re.compile(r"approved|success|not completed|no transaction has been|session timeout|^$", re.IGNORECASE)
"""Gateway responses that do not mean that somebody's bank said no."""


class Unreadable(ValueError):
    """The JSON is not what Paystack documents. Its words are a sentence for the operator."""


@dataclass(frozen=True)
class Event:
    """A webhook body: what happened, and to what (CONTRACT §6.1)."""

    name: str
    data: Mapping[str, Any] = field(repr=False)
    """Holds a chargeable code. Empty where the event carries a list, as ``subscription.expiring_cards`` does."""

    @property
    def domain(self) -> str | None:
        """The mode it comes from, ``test`` or ``live``; None where it names none."""
        return text(self.data.get("domain"), 16)


@dataclass(frozen=True)
class SentEvent:
    """A row of the Webhook Events API: what Paystack sent, or tried to send (CONTRACT §6.1)."""

    paystack_id: str | None
    domain: str | None
    body: bytes = field(repr=False)
    """What would have been delivered."""


@dataclass(frozen=True)
class Opened:
    """Paystack's answer to an initialize."""

    reference: str
    authorization_url: str = field(repr=False)
    access_code: str = field(repr=False)


def read_event(body: bytes) -> Event:
    """The event that a webhook body holds. Raises Unreadable."""
    try:
        found = strict_json.loads(body)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    name = found.get("event") if isinstance(found, dict) else None
    if not isinstance(name, str) or not name:
        raise Unreadable("The body names no event.")
    data = found.get("data")
    return Event(text(name, 80) or "", data if isinstance(data, dict) else {})


def correlation(event: Event) -> str | None:
    """The reference of the transaction that an event is about, where it names one (CONTRACT §6.2)."""
    inner = _mapping(event.data.get("transaction"))
    for candidate in (event.data.get("transaction_reference"), inner.get("reference"), event.data.get("reference")):
        if isinstance(candidate, str) and candidate:
            return text(candidate, 255)
    return None


def read_transaction(data: Any) -> Transaction:
    """A transaction from verify, fetch, list or a charge event. Raises Unreadable."""
    if not isinstance(data, dict):
        raise Unreadable("There is no transaction in it.")
    reference, status = data.get("reference"), data.get("status")
    if not isinstance(reference, str) or not reference:
        raise Unreadable("The transaction has no reference.")
    if not isinstance(status, str) or not status:
        raise Unreadable("The transaction has no status.")
    log = _mapping(data.get("log"))
    gateway_response = text(data.get("gateway_response"))
    return Transaction(
        reference=text(reference, 255) or "",
        status=text(status, 64) or "",
        domain=text(data.get("domain"), 16),
        amount=amount(data.get("amount")),
        requested_amount=amount(data.get("requested_amount")),
        currency=text(data.get("currency"), 3),
        paystack_id=identifier(data.get("id")),
        channel=text(data.get("channel"), 64),
        paid_at=instant(data.get("paid_at")) or instant(data.get("paidAt")),
        attempted_at=_last_act_at(log),
        gateway_response=gateway_response,
        message=text(data.get("message")),
        declined=_is_declined(data, log, gateway_response),
        decline_code=_decline_code(data),
        authorization=_mapping(data.get("authorization")),
    )


def read_opened(data: Any) -> Opened:
    """Initialize's answer. Raises Unreadable."""
    parts = [_mapping(data).get(name) for name in ("reference", "authorization_url", "access_code")]
    if not all(isinstance(part, str) and part for part in parts):
        raise Unreadable("Paystack opened a transaction without saying where it is paid.")
    return Opened(*parts)  # type: ignore[arg-type]  # each was just seen to be a string


def read_sent_event(data: Any) -> SentEvent:
    """One row of the Webhook Events API. Raises Unreadable where it holds no payload."""
    found = _mapping(data)
    payload = found.get("event_payload")
    if isinstance(payload, dict):
        payload = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    if not isinstance(payload, str) or not payload:
        raise Unreadable("The event has no payload.")
    return SentEvent(identifier(found.get("_id")), text(found.get("domain"), 16), payload.encode(errors="replace"))


def read_cursor(meta: Any) -> str | None:
    """Where the next page of a list begins; None on the last. Raises Unreadable."""
    following = _mapping(meta).get("next")
    if following is None or following == "":
        return None
    if not isinstance(following, str) or len(following) > 2000:
        raise Unreadable("The next page has no cursor that can be passed on.")
    return following


def read_refund(data: Any) -> ProviderRefund:
    """One refund. Raises Unreadable."""
    found = _mapping(data)
    status = text(found.get("status"), 32)
    if status is None:
        raise Unreadable("The refund has no status.")
    return ProviderRefund(
        identifier(found.get("id")), status, amount(found.get("amount")), text(found.get("currency"), 3)
    )


def read_dispute(data: Any) -> ProviderDispute:
    """One dispute, of an event or of the API, which spell its dates in two ways (CONTRACT §6.2). Raises Unreadable."""
    found = _mapping(data)
    paystack_id, status = identifier(found.get("id")), text(found.get("status"), 40)
    if paystack_id is None or status is None:
        raise Unreadable("The dispute has no id, or no status.")
    said = found.get("messages")
    return ProviderDispute(
        paystack_id=paystack_id,
        status=status,
        resolution=text(found.get("resolution"), 40),
        category=text(found.get("category"), 40),
        amount=amount(found.get("refund_amount")),
        currency=text(found.get("currency"), 3),
        due_at=instant(found.get("dueAt")) or instant(found.get("due_at")),
        resolved_at=instant(found.get("resolvedAt")) or instant(found.get("resolved_at")),
        told_at=instant(found.get("updated_at")) or instant(found.get("updatedAt")),
        claim=text(_mapping(said[-1]).get("body")) if isinstance(said, list) and said else None,
    )


def text(value: Any, longest: int = 300) -> str | None:
    """Text that any database and any terminal bears: without control characters and lone surrogates."""
    if not isinstance(value, str):
        return None
    clean = re.sub(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]", " ", value).strip()
    return clean[:longest] or None


def amount(value: Any) -> int | None:
    """Whole subunits; None for whatever is not a plain number of them. A float is not."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value, re.ASCII):
        value = int(value)
    return value if type(value) is int and 0 <= value < 10**18 else None


def identifier(value: Any) -> str | None:
    """An id of Paystack's, as text."""
    if type(value) is int and 0 <= value < 2**64:
        return str(value)
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,32}", value, re.ASCII) else None


def instant(value: Any) -> datetime | None:
    """A moment in ISO 8601; Paystack's are in UTC."""
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _errors(log: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    history = log.get("history")
    return (
        [_mapping(each) for each in history if _mapping(each).get("type") == "error"]
        if isinstance(history, list)
        else []
    )


def _last_act_at(log: Mapping[str, Any]) -> datetime | None:
    """When the last line of the log was written: each counts seconds from its start."""
    start, history = log.get("start_time"), log.get("history")
    lines = [_mapping(each).get("time") for each in history] if isinstance(history, list) else []
    seconds = [each for each in lines if type(each) is int]
    if type(start) is not int or not seconds:
        return None
    try:
        return datetime.fromtimestamp(start, UTC) + timedelta(seconds=max(seconds))
    except (ValueError, OverflowError, OSError):
        return None


def _decline_code(data: Mapping[str, Any]) -> str | None:
    name, code = text(data.get("gateway_response_code"), 40), text(data.get("response_code"), 40)
    found = name if name and name != "unknown" else code
    return None if data.get("status") == "success" or found in {"approved", "00"} else found


def _is_declined(data: Mapping[str, Any], log: Mapping[str, Any], gateway_response: str | None) -> bool:
    if data.get("status") == "success":
        return False
    code = data.get("gateway_response_code")
    if isinstance(code, str) and code not in {"", "approved", "unknown"}:
        return True
    return bool(_errors(log)) or (gateway_response is not None and not NOT_A_DECLINE.search(gateway_response))
