"""The models of what operators are answered, and of what the merchant's code is sent."""

from typing import Annotated, Any, Literal

from pydantic import Field

from flask_paystack.openapi.answers import Payment
from flask_paystack.openapi.shapes import Amount, Answer, Count, Currency, Cursor, Instant, Url

Work = Literal["waiting", "done", "dead"]
EventState = Literal["waiting", "done", "kept", "unmatched", "unreadable", "dead"]


class FullPayment(Payment):
    """What operators see, and what the merchant's code is handed."""

    email: str
    user: str | None
    metadata: Annotated[dict[str, Any], Field(description="What came with `POST /pay/{product}`.")]
    paystack_id: str | None
    paid_amount: Annotated[int | None, Field(description="What Paystack says was paid, in subunits.")]
    created_at: Instant
    updated_at: Instant
    settled_at: Instant | None
    authorization_url: Url | None


class FullPayments(Answer):
    """A page of payments, newest first."""

    payments: list[FullPayment]
    next: Cursor


class Refund(Answer):
    """Money given back."""

    amount: Amount
    currency: Currency
    status: Annotated[str, Field(description="Paystack's word; `requested` while we know no answer; or `not made`.")]
    requested_by: str
    created_at: Instant
    updated_at: Instant


class Dispute(Answer):
    """A cardholder's bank asks for money back."""

    paystack_id: str
    amount: Amount | None
    currency: Currency | None
    status: Annotated[str, Field(description="Paystack's word; `resolved` and `archived` are its end.")]
    resolution: Annotated[str | None, Field(description="`merchant-accepted`, `auto-accepted` or `declined`.")]
    category: str | None
    due_at: Annotated[Instant | None, Field(description="Unanswered until then, it counts as accepted.")]
    resolved_at: Instant | None
    created_at: Instant
    updated_at: Instant


class Handover(Answer):
    """How far the merchant's own code has accepted a settled payment."""

    id: Annotated[str, Field(description="The same at each try.")]
    state: Work
    attempts: Count
    accepted_by: list[str]
    error: str | None
    next_attempt_at: Instant | None
    finished_at: Instant | None


class Entry(Answer):
    """A line of a payment's timeline: who did what, and why it is now in this state."""

    at: Instant
    actor: str
    kind: str
    sentence: str
    facts: dict[str, Any]


class PaymentWithTimeline(FullPayment):
    """One payment, with all that happened to it."""

    refunds: list[Refund]
    disputes: list[Dispute]
    handover: Handover | None
    timeline: list[Entry]


class Event(Answer):
    """A webhook event."""

    id: Count
    event: Annotated[str | None, Field(description="Its name, once read.")]
    reference: str | None
    state: EventState
    deliveries: Count
    attempts: Count
    error: str | None
    received_at: Instant
    last_delivery_at: Instant
    next_attempt_at: Instant | None
    finished_at: Instant | None


class EventWithBytes(Event):
    """A webhook event with the bytes that were signed."""

    headers: dict[str, str]
    body: Annotated[
        str | None,
        Field(
            json_schema_extra={"contentEncoding": "base64"},
            description="Null where it is sealed under a secret that is not among ours now; `error` says so.",
        ),
    ]


class Events(Answer):
    """A page of webhook events, newest first."""

    events: list[Event]
    next: Cursor


class Replayed(Answer):
    """How many events are processed once more."""

    replayed: Count


class Message(Answer):
    """A message of the outbox. Its words are made only when it is sent."""

    id: Count
    kind: str
    recipient: str
    reference: str | None
    state: Work
    attempts: Count
    error: str | None
    created_at: Instant
    next_attempt_at: Instant | None
    finished_at: Instant | None


class Messages(Answer):
    """A page of the outbox, newest first."""

    messages: list[Message]
    next: Cursor


class Alarm(Answer):
    """Something that needs a person, until it is over."""

    alarm: str
    sentence: str
    since: Instant


class Summary(Answer):
    """Counts by status or state, and sums of settled payments by currency, in subunits."""

    payments: dict[str, Count]
    events: dict[str, Count]
    messages: dict[str, Count]
    handovers: dict[str, Count]
    settled: dict[str, Count]
    open_disputes: Count
    alarms: list[Alarm]
    oldest_unprocessed_event: Instant | None
    last_webhook: Instant | None


class SettledNotice(Answer):
    """What `NOTIFY_URL` is sent of a settled payment."""

    type: Literal["payment.settled"]
    id: Annotated[str, Field(description="The same at each try, as in the header `webhook-id`.")]
    timestamp: Instant
    data: FullPayment
