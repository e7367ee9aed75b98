"""An event on its way to the merchant: its bytes, its signature, and when it is tried again (CONTRACT §6.1)."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from paystack_simulator.model import Integration

HOUR = 3600
TIMETABLES: dict[str, tuple[int, ...]] = {
    "test": (HOUR,) * 10,
    "live": (180,) * 4 + (HOUR,) * 71,
}
"""Seconds from one attempt to the next. Test: hourly for 10 h. Live: four times after 3 min, then hourly up to 72 h."""


def sign(body: bytes, secret_key: str) -> str:
    """``x-paystack-signature``: lower-case hex HMAC-SHA512 of the raw body with the secret key (CONTRACT §6.1)."""
    return hmac.new(secret_key.encode(), body, hashlib.sha512).hexdigest()


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"
    UNDELIVERED = "undelivered"
    DROPPED = "dropped"


@dataclass(slots=True)
class Attempt:
    """One request to the receiver: its answer, or why there was none."""

    due_at: datetime
    at: datetime
    url: str
    headers: dict[str, str]
    http_status: int | None = None
    answer: str = ""
    error: str | None = None


@dataclass(slots=True)
class Delivery:
    """One event to one address. Every attempt sends the same ``body``; only a 200 ends it well."""

    id: int
    integration: Integration
    event: str
    reference: str
    row_id: int
    """The id of the transaction, refund or dispute the event is about."""
    body: bytes
    secret_key: str
    url: str | None
    created_at: datetime
    due_at: datetime
    gaps: list[int]
    fault: str | None = None
    """The mode of ``webhook_faults`` it met."""
    again_of: int | None = None
    """The delivery whose bytes this one sends once more."""
    held: bool = False
    wrong_signatures: int = 0
    state: DeliveryState = DeliveryState.WAITING
    attempts: list[Attempt] = field(default_factory=list)
