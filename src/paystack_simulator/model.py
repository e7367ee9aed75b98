"""What Paystack keeps: integrations, customers, authorizations, transactions, refunds, disputes. Money is in subunits."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from paystack_simulator.cards import Card, Step

UNTOUCHED = "The transaction was not completed"
"""``gateway_response`` of a transaction nobody has tried to pay (CONTRACT §3.1; the exact wording is unconfirmed)."""


class Status(StrEnum):
    """What happened to the money: ``data.status`` of a transaction (CONTRACT §3.2)."""

    ABANDONED = "abandoned"
    ONGOING = "ongoing"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAILED = "failed"
    REVERSAL_PENDING = "reversal-pending"
    REVERSED = "reversed"


class RefundStatus(StrEnum):
    """The life of a refund (CONTRACT §7)."""

    PENDING = "pending"
    PROCESSING = "processing"
    NEEDS_ATTENTION = "needs-attention"
    FAILED = "failed"
    PROCESSED = "processed"


@dataclass(slots=True)
class Customer:
    """A payer, one for each e-mail address of an integration."""

    id: int
    email: str
    code: str
    created_at: datetime
    updated_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    metadata: dict[str, Any] | None = None
    risk_action: str = "default"


@dataclass(slots=True)
class Authorization:
    """One use of a card, which may be charged again if ``reusable`` (CONTRACT §4.1)."""

    code: str
    email: str
    card: Card
    signature: str
    reusable: bool
    exp_month: str = "12"
    exp_year: str = "2030"
    active: bool = True
    declines: str | None = None
    """When set, every charge of this authorization is declined with this reason."""
    balance: int | None = None
    """What a partial debit finds on the account, in subunits; None is enough for anything (CONTRACT §4.2)."""


@dataclass(slots=True)
class LogEntry:
    """A line of ``log.history``; ``time`` is seconds since the first attempt."""

    type: str
    message: str
    time: int


@dataclass(slots=True)
class Overrides:
    """What the next successful payment of one transaction shall report instead of the truth."""

    amount: int | None = None
    requested_amount: int | None = None
    currency: str | None = None


@dataclass(slots=True)
class Transaction:
    """A payment, from initialize to its refund. ``amount`` is what was charged, ``requested_amount`` what was asked for."""

    id: int
    integration: "Integration"
    reference: str
    access_code: str
    amount: int
    requested_amount: int
    currency: str
    customer: Customer
    created_at: datetime
    metadata: Any = None
    callback_url: str | None = None
    label: str | None = None
    entry_point: str = "transaction_initialize"
    status: Status = Status.ABANDONED
    gateway_response: str = UNTOUCHED
    response_code: str | None = None
    paid_at: datetime | None = None
    fees: int | None = None
    ip_address: str | None = None
    authorization: Authorization | None = None
    card: Card | None = None
    steps: list[Step] = field(default_factory=list)
    """What the customer has still to answer in the attempt under way."""
    started_at: datetime | None = None
    authentication: str | None = None
    attempts: int = 0
    errors: int = 0
    history: list[LogEntry] = field(default_factory=list)
    overrides: Overrides = field(default_factory=Overrides)
    refunds: list["Refund"] = field(default_factory=list)
    charged_back: bool = False
    """Whether a dispute over it was accepted (CONTRACT §8)."""

    @property
    def channel(self) -> str:
        """How it was paid, or tried last."""
        return self.card.channel if self.card else "card"

    @property
    def paid(self) -> bool:
        """Whether the customer's money was taken, whatever became of it later."""
        return self.paid_at is not None

    def note(self, kind: str, message: str, at: datetime) -> None:
        """Add a line to the log the merchant reads (CONTRACT §3.1)."""
        self.started_at = self.started_at or at
        self.history.append(LogEntry(kind, message, int((at - self.started_at).total_seconds())))


@dataclass(slots=True)
class Refund:
    """Money on its way back. ``path`` holds the statuses still to come, ``due_at`` when the next one does."""

    id: int
    transaction: Transaction
    amount: int
    currency: str
    customer_note: str
    merchant_note: str
    created_at: datetime
    updated_at: datetime
    due_at: datetime
    path: list[RefundStatus]
    status: RefundStatus = RefundStatus.PENDING
    reference: str | None = None

    @property
    def open(self) -> bool:
        """Whether the money may still go back."""
        return self.status in {RefundStatus.PENDING, RefundStatus.PROCESSING, RefundStatus.NEEDS_ATTENTION}


class DisputeStatus(StrEnum):
    """The life of a dispute (CONTRACT §8)."""

    AWAITING_MERCHANT = "awaiting-merchant-feedback"
    AWAITING_BANK = "awaiting-bank-feedback"
    PENDING = "pending"
    RESOLVED = "resolved"


class Resolution(StrEnum):
    """How a dispute ended (CONTRACT §8)."""

    ACCEPTED = "merchant-accepted"
    DECLINED = "declined"
    AUTO_ACCEPTED = "auto-accepted"


@dataclass(slots=True)
class Evidence:
    """What a merchant sends to show that value was delivered."""

    id: int
    customer_email: str
    customer_name: str
    customer_phone: str
    service_details: str
    created_at: datetime
    delivery_address: str | None = None
    delivery_date: str | None = None


@dataclass(slots=True)
class Dispute:
    """A cardholder's bank asks for the money of a payment back. ``refund_amount`` is in subunits."""

    id: int
    transaction: Transaction
    refund_amount: int
    category: str
    created_at: datetime
    updated_at: datetime
    due_at: datetime
    message: str
    status: DisputeStatus = DisputeStatus.AWAITING_MERCHANT
    resolution: Resolution | None = None
    resolved_at: datetime | None = None
    note: str | None = None
    attachments: str | None = None
    evidence: Evidence | None = None
    history: list[tuple[str, str, datetime]] = field(default_factory=list)
    """Status, by whom, and when."""

    @property
    def open(self) -> bool:
        """Whether the merchant may still answer."""
        return self.status is not DisputeStatus.RESOLVED


@dataclass(slots=True, eq=False)
class Integration:
    """A merchant's account in one mode. The secret key both opens the API and signs the webhooks (CONTRACT §1, §6.1)."""

    id: int
    secret_key: str
    domain: str = "test"
    transactions: dict[str, Transaction] = field(default_factory=dict)
    transactions_by_id: dict[int, Transaction] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    authorizations: dict[str, Authorization] = field(default_factory=dict)
    refunds: dict[int, Refund] = field(default_factory=dict)
    disputes: dict[int, Dispute] = field(default_factory=dict)
    session_timeout: float | None = None
    """Its own payment session timeout in seconds, 0 for none; None leaves it to the settings (CONTRACT §2)."""
