"""What the merchant's code is told of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Handover:
    """A settled payment on its way to the merchant's code."""

    id: str
    """The same at each try, so that the receiver can tell a repeat (Standard Webhooks' ``webhook-id``)."""
    reference: str
    created_at: datetime
    accepted_by: Sequence[str]
    """Receivers that said yes and are not told again."""
    state: str
    """``waiting``, ``done`` or ``dead`` (given up; shown to the operator)."""
    attempts: int
    error: str | None
    next_attempt_at: datetime
    finished_at: datetime | None
