"""What the pay routes accept."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from flask_paystack.email_address import EmailAddress
from flask_paystack.money import LARGEST, is_amount
from flask_paystack.payments.callbacks import LONGEST as LONGEST_CALLBACK
from flask_paystack.payments.model import ORDER, OUR_REFERENCE, is_order
from flask_paystack.web.parsing import Body

MOST_METADATA = 8 * 1024


def _order(value: str) -> str:
    if not is_order(value):
        raise ValueError("An order is 1 to 64 letters, digits and . _ - and may not look like one of our references.")
    return value


Amount = Annotated[int, Field(ge=1, le=LARGEST, description="Whole subunits: kobo, pesewas, cents.")]
Order = Annotated[
    str,
    AfterValidator(_order),
    Field(
        description="The merchant's own id; an order is paid once.",
        json_schema_extra={"pattern": f"^{ORDER.pattern}$", "not": {"pattern": f"^{OUR_REFERENCE.pattern}$"}},
    ),
]
Metadata = Annotated[
    dict[str, Any],
    Field(
        description=f"Kept, passed on to Paystack, and handed over; at most {MOST_METADATA} bytes of JSON.",
        json_schema_extra={"propertyNames": {"not": {"const": "cancel_action"}}},
    ),
]
CallbackUrl = Annotated[
    str,
    Field(
        description="Where the customer returns, at FRONTEND_URL or one of CORS_ORIGINS.",
        json_schema_extra={"format": "uri", "maxLength": LONGEST_CALLBACK},
    ),
]
SaveCard = Annotated[
    bool,
    Field(
        description="The customer agrees that the card paid with is kept at Paystack, and tried again where a payment of "
        "theirs fails. It counts for payments opened with an access token.",
    ),
]


class PayForm(Body):
    """``POST /pay/<product>``."""

    email: EmailAddress | None = None
    amount: Amount | None = None
    order: Order | None = None
    metadata: Metadata | None = None
    callback_url: CallbackUrl | None = None
    save_card: SaveCard = False

    @field_validator("amount", mode="before")
    @classmethod
    def _whole_subunits(cls, value: Any) -> Any:
        if value is not None and not is_amount(value):
            raise ValueError(
                f"An amount is a whole number of subunits (kobo, pesewas, cents) from 1 to {LARGEST}, "
                "without quotes and without a decimal point."
            )
        return value

    @field_validator("metadata")
    @classmethod
    def _small_and_ours_to_pass_on(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is None:
            return None
        if len(json.dumps(value)) > MOST_METADATA:
            raise ValueError(f"Metadata takes at most {MOST_METADATA} bytes of JSON.")
        if "cancel_action" in value:
            raise ValueError("cancel_action is set by us, from callback_url.")
        return value
