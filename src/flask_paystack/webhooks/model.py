"""A webhook event as it is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class WebhookEvent:
    """The bytes Paystack signed, how often they came, and what became of them."""

    id: int
    opening: Callable[[], bytes] = field(repr=False, compare=False)
    """Gives ``body``, which is kept sealed."""
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

    @property
    def body(self) -> bytes:
        """The bytes, as they came.

        Raises:
            CannotOpen: their key is not ours to open, or they were changed where they are kept.
            StorageUnavailable: their key could not be looked up.
        """
        return self.opening()
