"""What can be changed about the simulated Paystack while it runs."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Rate = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel):
    """Dashboard settings of the merchant, and switches Paystack does not have. Times are in seconds."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    webhook_url: str | None = None
    """Where events go. Unset, they are recorded as undelivered."""
    webhooks: Literal["on", "dropped"] = "on"
    """``dropped`` loses new events as a broken network would."""
    webhook_timetable: Literal["test", "live"] = "test"
    webhook_delay: float = Field(0, ge=0)
    webhook_copies: int = Field(1, ge=1, le=100)
    """How often each event is delivered; above 1 the receiver sees duplicates."""
    webhook_timeout: float = Field(30, gt=0)
    bad_signatures: int = Field(0, ge=0)
    """How many of the next deliveries are signed with another key."""

    seed: int | None = None
    """With a seed, faults are drawn at ``fault_rates``; the same seed gives the same story. A new one begins a new story."""
    fault_rates: dict[str, Rate] = {"*": 0.05, "webhook": 0.2, "payment": 0.05, "refund": 0.2}
    """How likely an operation meets a fault, from 0 to 1, by the names of ``faults``; the narrower name goes first."""
    fault_delay: float = Field(600, ge=0)
    """How late an event is that a fault delays, or holds back with no other to overtake it."""

    callback_url: str | None = None
    """The dashboard's own, for transactions that name none (CONTRACT §5)."""
    public_url: str | None = None
    """Base of checkout addresses; unset, the address the API was called at."""
    merchant_name: str = "Simulated Paystack"
    currencies: list[str] = ["NGN", "GHS", "ZAR", "KES", "USD"]
    session_timeout: float = Field(0, ge=0)
    """How long a checkout page may be paid on; 0 is for ever (CONTRACT §2). An integration may set its own."""
    dispute_deadline: float = Field(16 * 3600, gt=0)
    """How long a merchant may take to answer a dispute before it is accepted for them (CONTRACT §8)."""
    dispute_reminder: float = Field(4 * 3600, gt=0)
    """How often the merchant is reminded of an open dispute."""
    refund_step: float = Field(60, ge=0)
    """How long a refund stays in each of its statuses."""
    insufficient_balance: bool = False
    """Refuse refunds because the merchant's balance is too low."""
    empty_metadata: Literal["varied", "", 0] | None = "varied"
    """What stands for metadata that was never sent. ``varied``: ``""`` from the API and ``0`` in webhooks."""
    hang_seconds: float = Field(60, gt=0)
    """How long a server keeps a caller waiting whose request is made to hang."""
