"""What the operator's routes accept."""

from typing import Annotated, Any

from pydantic import Field, field_validator

from flask_paystack.money import LARGEST, is_amount
from flask_paystack.web.parsing import Body

EVENT_STATES = ("waiting", "done", "kept", "unmatched", "unreadable", "dead")
"""``?state=`` of webhook events."""
MESSAGE_STATES = ("waiting", "done", "dead")
"""``?state=`` of messages."""


class RefundForm(Body):
    """``POST /admin/payments/<reference>/refund``."""

    amount: Annotated[int, Field(ge=1, le=LARGEST)] | None = Field(
        default=None, description="Whole subunits to give back; left out, all that is left."
    )

    @field_validator("amount", mode="before")
    @classmethod
    def _whole_subunits(cls, value: Any) -> Any:
        if value is not None and not is_amount(value):
            raise ValueError("An amount is a whole number of subunits, without quotes and without a decimal point.")
        return value
