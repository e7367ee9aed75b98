"""What Paystack says of a payment, its refunds and its disputes, read out of its JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Transaction:
    """What Paystack says of a payment, by verify or in an event, already read out of its JSON."""

    reference: str
    status: str
    """One of CONTRACT §3.2, or a word we do not know."""
    domain: str | None
    amount: int | None
    requested_amount: int | None
    currency: str | None
    paystack_id: str | None = None
    channel: str | None = None
    paid_at: datetime | None = None
    attempted_at: datetime | None = None
    """When the customer last did something on the checkout page, by Paystack's time, where its log gives it."""
    gateway_response: str | None = None
    message: str | None = None
    declined: bool = False
    """Whether a bank said no to the last attempt, though the customer may still try another card."""
    decline_code: str | None = None
    """Paystack's name for why a bank said no, or the ISO 8583 code; None where there is none."""
    authorization: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Holds a chargeable code: never logged, never kept."""


@dataclass(frozen=True)
class ProviderRefund:
    """What Paystack says of a refund (CONTRACT §7). ``amount`` in subunits."""

    paystack_id: str | None
    status: str
    """``pending``, ``processing``, ``processed``, ``failed``, ``needs-attention``, or a word we do not know."""
    amount: int | None
    currency: str | None


DISPUTE_ENDED = frozenset({"resolved", "archived"})
"""Paystack's words for a dispute that is over."""


@dataclass(frozen=True)
class ProviderDispute:
    """What Paystack says of a dispute (CONTRACT §8)."""

    paystack_id: str
    status: str
    """``awaiting-merchant-feedback``, ``awaiting-bank-feedback``, ``pending``, ``resolved``, ``archived``, or a new word."""
    resolution: str | None
    """``merchant-accepted``, ``auto-accepted``, ``declined``; None while it is open."""
    category: str | None
    amount: int | None
    """What is claimed back, in subunits of ``currency``."""
    currency: str | None
    due_at: datetime | None
    """Unanswered until then, it counts as accepted and the money goes."""
    resolved_at: datetime | None
    told_at: datetime | None
    """When Paystack last changed it."""
    claim: str | None
    """The bank's or cardholder's last words."""

    @property
    def is_open(self) -> bool:
        """Whether it may still be answered."""
        return self.status not in DISPUTE_ENDED

    @property
    def is_accepted(self) -> bool:
        """Whether the money goes back, on the merchant's word or for want of it."""
        return self.resolution in {"merchant-accepted", "auto-accepted"}
