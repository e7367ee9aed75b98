"""What the switches under ``/_simulator`` are told."""

from pydantic import BaseModel, ConfigDict, Field

from paystack_simulator.faults import ANY


class Order(BaseModel):
    """What a switch is told. Nothing it does not know passes unnoticed."""

    model_config = ConfigDict(extra="forbid")


class Advance(Order):
    seconds: float


class Payment(Order):
    card: str | None = None
    pin: str | None = None
    phone: str | None = None
    otp: str | None = None
    birthday: str | None = None
    address: str | None = None
    bank: str | None = None
    offline: str | None = None


class Override(Order):
    amount: int | None = Field(None, gt=0)
    requested_amount: int | None = Field(None, gt=0)
    currency: str | None = None


class PlannedFault(Order):
    operation: str = ANY
    mode: str
    times: int = 1


class AuthorizationChange(Order):
    reusable: bool | None = None
    active: bool | None = None
    declines: str | None = None
    balance: int | None = Field(None, ge=0)


class KeyChange(Order):
    old: str
    new: str = Field(pattern="^sk_test_.+")


class NewDispute(Order):
    reference: str
    amount: int | None = Field(None, gt=0)
    category: str = "chargeback"
    message: str = "Customer complained about debit without value"
