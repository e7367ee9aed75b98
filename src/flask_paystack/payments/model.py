"""What a payment is, and the one table of its legal steps."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_paystack.money import Money
from flask_paystack.paystack.model import Transaction


class Status(StrEnum):
    """Where a payment stands, in the words of our own API."""

    PENDING = "pending"
    """Opened; also while Paystack says abandoned, ongoing, processing or queued, or has not answered."""
    SUCCESS = "success"
    FAILED = "failed"
    ABANDONED = "abandoned"
    """We stopped asking. A late success still settles."""
    QUARANTINED = "quarantined"
    """Money arrived that does not fit; a person decides, or a later verify that fits."""
    REVERSAL_PENDING = "reversal-pending"
    REVERSED = "reversed"


_REFUNDED = frozenset({Status.REVERSAL_PENDING, Status.REVERSED})

LEGAL_STEPS: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.SUCCESS, Status.FAILED, Status.ABANDONED, Status.QUARANTINED}) | _REFUNDED,
    Status.FAILED: frozenset({Status.SUCCESS, Status.QUARANTINED}) | _REFUNDED,
    Status.ABANDONED: frozenset({Status.SUCCESS, Status.FAILED, Status.QUARANTINED}) | _REFUNDED,
    Status.QUARANTINED: frozenset({Status.SUCCESS}) | _REFUNDED,
    Status.SUCCESS: _REFUNDED,
    Status.REVERSAL_PENDING: frozenset({Status.SUCCESS, Status.QUARANTINED, Status.REVERSED}),
    Status.REVERSED: frozenset(),
}
"""From each status, the ones a payment may go to. There are no other steps; staying is not a step.

A late failure never undoes a success, and a payment that settled is never granted again: ``reversal-pending`` goes back to
``success`` when a refund failed, and that grants nothing new (``Payment.settled_at`` is set once)."""

FINAL = frozenset({Status.SUCCESS, Status.REVERSAL_PENDING, Status.REVERSED})
"""Paystack is not asked about these again, unless a refund event says to."""


def is_legal(before: Status, after: Status) -> bool:
    """Whether a payment may go from ``before`` to ``after``."""
    return after in LEGAL_STEPS[before]


OUR_REFERENCE = re.compile(r"pay-[0-9a-f]{32}", re.ASCII)
ORDER = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def new_reference() -> str:
    """A reference of our own: 128 random bits in Paystack's alphabet (CONTRACT §2), so that nobody guesses it."""
    return f"pay-{secrets.token_hex(16)}"


def is_our_reference(text: str) -> bool:
    """Whether ``text`` could have come from ``new_reference``."""
    return OUR_REFERENCE.fullmatch(text) is not None


def is_order(text: str) -> bool:
    """Whether ``text`` may be a merchant's order id: 1–64 letters, digits, ``._-``, and no reference of ours."""
    return ORDER.fullmatch(text) is not None and not is_our_reference(text)


UNKNOWN_FOR_GOOD = timedelta(hours=1)
"""A payment that Paystack still does not know at this age never reached it."""


@dataclass(frozen=True)
class Payment:
    """One attempt to pay for an order. Its first attempt's reference is the order where the merchant gave none."""

    reference: str
    order: str
    product: str
    email: str
    amount: int
    """What is due, in subunits of ``currency``. Our own record: compared with what Paystack says, never replaced by it."""
    currency: str
    status: Status
    created_at: datetime
    updated_at: datetime
    metadata: Mapping[str, Any] = field(default_factory=dict)
    callback_url: str | None = None
    user_id: str | None = None
    """Whose access token opened it; None for a stranger."""
    save_card: bool = False
    """The customer agreed, when it was opened, that its card is charged again where a payment of theirs fails."""
    retry_of: str | None = None
    """The failed payment that this one tries again by itself, with a saved card; None where a customer opened it."""
    authorization_url: str | None = field(default=None, repr=False)
    """Paystack's page for it; None until Paystack answered, and verify never tells it again (CONTRACT §2)."""
    access_code: str | None = field(default=None, repr=False)
    refused: bool = False
    """Paystack refused to open it, so it never existed there."""
    paystack_id: str | None = None
    """Paystack's numeric id as text: up to 64 unsigned bits, which databases do not hold as numbers."""
    channel: str | None = None
    paid_amount: int | None = None
    paid_at: datetime | None = None
    settled_at: datetime | None = None
    message: str | None = None
    """The last word on it, for people: a gateway's answer, or why it is quarantined."""
    asked_at: datetime | None = None
    asking_until: datetime | None = None
    """While this lies ahead, somebody is waiting for Paystack's answer about it."""
    answer: str | None = None
    """Paystack's last answer in short, so that only new ones are told in the timeline."""
    next_check_at: datetime | None = None
    """When the poller asks next; None when it has no more reason to."""
    checks: int = 0
    declined_at: datetime | None = None
    """Since when a decline or failure stands: the customer's last act, by Paystack's time where it gives one."""
    decline_code: str | None = None
    """The response code of that decline, or Paystack's name for it."""
    notified_at: datetime | None = None
    """When the customer was told of the failure; once per payment."""

    @property
    def due(self) -> Money:
        """What has to be paid."""
        return Money(self.amount, self.currency)

    @property
    def is_open(self) -> bool:
        """Whether the customer may still pay it on a page we know."""
        return self.status is Status.PENDING and self.authorization_url is not None

    def never_existed(self, now: datetime) -> bool:
        """Whether Paystack does not know it although it is so old that our request can no longer be on its way."""
        return self.answer == "unknown" and now - self.created_at >= UNKNOWN_FOR_GOOD

    def is_being_asked(self, now: datetime) -> bool:
        """Whether a question about it runs at Paystack, the opening one included."""
        return self.asking_until is not None and self.asking_until > now


@dataclass(frozen=True)
class Wanted:
    """Which payments a list shows; None is any."""

    status: Status | None = None
    order: str | None = None
    email: str | None = None
    user_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Up to, and not including, this instant of opening."""


@dataclass(frozen=True)
class Entry:
    """A line of a payment's timeline: who did what, and why it is now in this state."""

    actor: str
    """``customer``, ``paystack``, ``webhook 12``, ``poller``, ``admin1``, ``command line``…"""
    kind: str
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    """When it happened; set by the records."""


@dataclass(frozen=True)
class DisputeRow:
    """A dispute as we keep it."""

    id: int
    reference: str
    paystack_id: str
    status: str
    resolution: str | None
    category: str | None
    amount: int | None
    currency: str | None
    due_at: datetime | None
    resolved_at: datetime | None
    told_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class RefundRow:
    """A refund as we keep it."""

    id: int
    reference: str
    paystack_id: str | None
    amount: int
    currency: str
    status: str
    """Paystack's word, or ``requested`` while we know no answer, or ``not made``."""
    requested_by: str
    created_at: datetime
    updated_at: datetime


def mismatches(payment: Payment, transaction: Transaction, domain: str) -> list[str]:
    """Why a success that Paystack reports is not the money we expect: sentences, none when it is (CONTRACT §3.3).

    Args:
        domain: our key's mode, ``test`` or ``live``.
    """
    found = []
    if transaction.reference != payment.reference:
        found.append(f"It is about the reference {transaction.reference}, not {payment.reference}.")
    if transaction.domain != domain:
        found.append(
            f"It comes from Paystack's {transaction.domain or 'unnamed'} domain, and our key is a {domain} key."
        )
    if transaction.currency != payment.currency:
        found.append(f"It was paid in {transaction.currency or 'no currency'}, and {payment.currency} was due.")
    if transaction.amount is None:
        found.append("It names no amount that can be read.")
    elif transaction.requested_amount is None:
        if transaction.amount != payment.amount:
            found.append(f"{transaction.amount} subunits were paid, and {payment.amount} were due.")
    elif transaction.requested_amount != payment.amount:
        found.append(f"{transaction.requested_amount} subunits were asked for, and {payment.amount} were due.")
    elif transaction.amount < payment.amount:
        found.append(f"Only {transaction.amount} of {payment.amount} subunits due were paid.")
    return found
