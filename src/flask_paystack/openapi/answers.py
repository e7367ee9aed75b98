"""The models of what our routes answer. They describe, and build nothing: tests hold them equal to the real answers."""

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from flask_paystack.accounts.model import Role
from flask_paystack.openapi.shapes import (
    MAY_BE_ABSENT,
    Amount,
    Answer,
    Currency,
    Cursor,
    Instant,
    Order,
    Reference,
    Seconds,
    Url,
)
from flask_paystack.payments.model import Status
from flask_paystack.web.errors import CODES

Code = Annotated[str, Field(json_schema_extra={"enum": list(CODES)}, description="Stable: programs may rely on it.")]


class Error(Answer):
    """Every error has this shape: a sentence for people, a stable code for programs, and fields that help."""

    error: Annotated[str, Field(min_length=1, description="A sentence for people.")]
    code: Code
    fields: Annotated[
        dict[str, str] | SkipJsonSchema[None],
        Field(description="A sentence for each offending field."),
        MAY_BE_ABSENT,
    ]
    retry_after: Annotated[Seconds | SkipJsonSchema[None], MAY_BE_ABSENT]
    product: Annotated[str | SkipJsonSchema[None], MAY_BE_ABSENT]
    order: Annotated[Order | SkipJsonSchema[None], MAY_BE_ABSENT]
    reference: Annotated[Reference | SkipJsonSchema[None], MAY_BE_ABSENT]
    left: Annotated[
        int | SkipJsonSchema[None],
        Field(ge=0, description="What is left to refund, in subunits."),
        MAY_BE_ABSENT,
    ]
    request_id: Annotated[str | SkipJsonSchema[None], MAY_BE_ABSENT]


class OpenedPayment(Answer):
    """A payment that waits to be paid on Paystack's page."""

    reference: Reference
    order: Order
    authorization_url: Annotated[Url, Field(description="Paystack's page for it: send the customer there.")]
    access_code: Annotated[str, Field(description="For Paystack's popup.")]
    amount: Amount
    currency: Currency
    status: Literal["pending"]


class Payment(Answer):
    """What anybody may know who knows the reference."""

    reference: Reference
    order: Order
    product: str
    status: Status
    amount: Amount
    currency: Currency
    channel: str | None
    paid_at: Instant | None
    message: Annotated[str | None, Field(description="The last word on it, for people.")]


class UnverifiedPayment(Payment):
    """Paystack gave no answer: the error, and the payment as we know it."""

    error: str
    code: Literal["paystack_unavailable"]
    retry_after: Seconds


class Payments(Answer):
    """A page of payments, newest first."""

    payments: list[Payment]
    next: Cursor


class AccessToken(Answer):
    """What a user gets for logging in."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Seconds


class Member(Answer):
    """Who is logged in."""

    email: Annotated[str, Field(json_schema_extra={"format": "email"})]
    role: Role
    created_at: Instant
    second_factor: Annotated[bool, Field(description="Whether logging in takes a code as well.")]


class Seed(Answer):
    """What an authenticator app makes its codes of."""

    secret: Annotated[str, Field(pattern="^[A-Z2-7]{32}$", description="To be typed in: base32.")]
    otpauth_uri: Annotated[str, Field(description="The same, to be shown as a QR code.")]


class RecoveryCodes(Answer):
    """Each logs in once in place of a code. They are shown here and never again."""

    recovery_codes: Annotated[list[str], Field(min_length=10, max_length=10)]


class Login(Answer):
    """A token that was handed out, and whence it was asked for."""

    id: Annotated[str, Field(description="To end it by.")]
    created_at: Instant
    expires_at: Instant
    address: Annotated[str, Field(description="The client's, as far as we know it.")]
    user_agent: Annotated[str, Field(description="What the client's program said it is: nobody vouches for it.")]
    current: Annotated[bool, Field(description="Whether it is the one that asks.")]


class Logins(Answer):
    """What is logged in to an account, newest first: 100 at most."""

    sessions: list[Login]


class Told(Answer):
    """A sentence."""

    message: str


class IssuedKey(Answer):
    """A key was mailed to the admin. It is not in here."""

    id: Annotated[str, Field(description="Send it with the key.")]
    expires_in: Seconds
    message: str


class OpenedSession(Answer):
    """What a key is traded for."""

    session_token: str
    expires_in: Seconds


class Alive(Answer):
    """The process answers."""

    status: Literal["alive"]


class Checks(Answer):
    """`ok`, or what is wrong."""

    store: str
    database: str
    jobs: str


Alarms = Annotated[list[str], Field(description="Names of the alarms that are on. They do not make it unready.")]


class Ready(Answer):
    """Able to work."""

    status: Literal["ready"]
    checks: Checks
    alarms: Alarms


class NotReady(Answer):
    """Something we depend on is missing."""

    status: Literal["not ready"]
    checks: Checks
    alarms: Alarms


Document = dict[str, Any]
"""The document itself."""
