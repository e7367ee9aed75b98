"""A message that somebody will be sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Message:
    """A message to queue: what it is about, not yet its words.

    Words are made when it is sent, from ``kind`` and ``context``, so that no link that opens something lies in the outbox.
    """

    identity: str
    """Unique and fixed, as in ``receipt.pay-…``: its Message-ID is made of it, and a second one is not queued."""
    kind: str
    recipient: str
    context: Mapping[str, Any]
    """JSON: what the template of this kind needs."""
    reference: str | None = None


@dataclass(frozen=True)
class QueuedMessage(Message):
    """A message in the outbox."""

    id: int = 0
    state: str = "waiting"
    """``waiting``, ``done`` (the mail server took it) or ``dead`` (given up)."""
    attempts: int = 0
    error: str | None = None
    created_at: datetime | None = None
    next_attempt_at: datetime | None = None
    finished_at: datetime | None = None
