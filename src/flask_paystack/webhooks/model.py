"""A webhook event as it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class WebhookEvent:
    """The bytes Paystack signed, how often they came, and what became of them."""

    id: int
    body: bytes = field(repr=False)
    """Holds a chargeable code."""
    headers: Mapping[str, str]
    """Those that help to understand a delivery; never the signature."""
    received_at: datetime
    last_delivery_at: datetime
    deliveries: int
    event: str | None
    """Its name, once read."""
    reference: str | None
    state: str
    """``waiting``, ``done``, ``kept`` (nothing to do about it), ``unmatched`` (a payment we do not know, or
    another mode than our key's), ``unreadable``,
    or ``dead`` (given up). The last three wait for a person."""
    attempts: int
    error: str | None
    next_attempt_at: datetime
    finished_at: datetime | None
