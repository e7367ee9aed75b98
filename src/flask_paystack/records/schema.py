"""The tables. ``migrations/`` brings a database here; a test holds the two equal."""

# ruff: noqa: PLC0414 -- the tables of accounts are taken from here, too

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem

from flask_paystack.records.account_schema import logins as logins
from flask_paystack.records.account_schema import metadata as metadata
from flask_paystack.records.account_schema import recovery_codes as recovery_codes
from flask_paystack.records.account_schema import revoked_tokens as revoked_tokens
from flask_paystack.records.account_schema import second_factors as second_factors
from flask_paystack.records.account_schema import users as users
from flask_paystack.records.columns import JsonText, Name, RowId, UtcDateTime, Words

REVISION = "0003"
"""The newest migration, so that a start need not load Alembic to see whether the database is up to date."""

record_keys = Table(
    "record_keys",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("created_at", UtcDateTime, nullable=False),
)

record_key_wraps = Table(
    "record_key_wraps",
    metadata,
    Column("key_id", Integer, ForeignKey("record_keys.id"), nullable=False),
    Column("secret_name", String(32), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    PrimaryKeyConstraint("key_id", "secret_name"),
)

orders = Table(
    "orders",
    metadata,
    Column("product", Name(64), nullable=False),
    Column("order_id", Name(64), nullable=False),
    Column("paid_reference", Name(64)),
    PrimaryKeyConstraint("product", "order_id"),
)

UNNOTICED = "notified_at IS NULL AND NOT refused AND retry_of IS NULL AND status IN ('pending', 'failed', 'abandoned')"
"""Of these payments the customer may yet be told that they failed."""

payments = Table(
    "payments",
    metadata,
    Column("reference", Name(64), primary_key=True),
    Column("product", Name(64), nullable=False),
    Column("order_id", Name(64), nullable=False),
    Column("email", Name(254), nullable=False),
    Column("user_id", Name(32), ForeignKey("users.id")),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(16), nullable=False),
    Column("metadata", JsonText, nullable=False),
    Column("callback_url", Text),
    Column("save_card", Boolean, nullable=False),
    Column("retry_of", Name(64), ForeignKey("payments.reference")),
    Column("authorization_url", Text),
    Column("access_code", Text),
    Column("refused", Boolean, nullable=False),
    Column("paystack_id", Words(32)),
    Column("channel", Words(64)),
    Column("paid_amount", BigInteger),
    Column("message", Words),
    Column("answer", Words),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("paid_at", UtcDateTime),
    Column("settled_at", UtcDateTime),
    Column("asked_at", UtcDateTime),
    Column("asking_until", UtcDateTime),
    Column("next_check_at", UtcDateTime),
    Column("checks", Integer, nullable=False),
    Column("declined_at", UtcDateTime),
    Column("decline_code", Words(40)),
    Column("notified_at", UtcDateTime),
    Index(None, "created_at", "reference"),
    Index(None, "status", "created_at", "reference"),
    Index(None, "user_id", "created_at", "reference"),
    Index(None, "email", "created_at", "reference"),
    Index(None, "order_id", "created_at", "reference"),
    # Few are watched, and few wait for their notice: these stay small however many payments there are.
    Index(
        None,
        "next_check_at",
        sqlite_where=text("next_check_at IS NOT NULL"),
        postgresql_where=text("next_check_at IS NOT NULL"),
    ),
    Index(None, "declined_at", sqlite_where=text(UNNOTICED), postgresql_where=text(UNNOTICED)),
)

payment_timeline = Table(
    "payment_timeline",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("reference", Name(64), ForeignKey("payments.reference"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Words(80), nullable=False),
    Column("kind", Words(40), nullable=False),
    Column("sentence", Words, nullable=False),
    Column("facts", JsonText, nullable=False),
    Index(None, "reference", "id"),
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("reference", Name(64), ForeignKey("payments.reference"), nullable=False, index=True),
    Column("paystack_id", Words(32)),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", Words(32), nullable=False),
    Column("requested_by", Words(80), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

ACCEPTED = "resolution IN ('merchant-accepted', 'auto-accepted')"
"""Of these disputes the money goes back (CONTRACT §8)."""

disputes = Table(
    "disputes",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("reference", Name(64), ForeignKey("payments.reference"), nullable=False, index=True),
    Column("paystack_id", Name(32), nullable=False),
    Column("status", Words(40), nullable=False, index=True),
    Column("resolution", Words(40)),
    Column("category", Words(40)),
    Column("amount", BigInteger),
    Column("currency", String(3)),
    Column("due_at", UtcDateTime),
    Column("resolved_at", UtcDateTime),
    Column("told_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "updated_at", sqlite_where=text(ACCEPTED), postgresql_where=text(ACCEPTED)),
    UniqueConstraint("paystack_id"),
)


def _work() -> list[SchemaItem]:
    """The columns of work that is claimed under a lease: ``leases.py`` reads and writes them."""
    return [
        Column("state", String(16), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("next_attempt_at", UtcDateTime, nullable=False),
        Column("lease_until", UtcDateTime),
        Column("fence", Integer, nullable=False),
        Column("error", Words),
        Column("finished_at", UtcDateTime),
        Index(None, "state", "next_attempt_at"),
    ]


webhook_events = Table(
    "webhook_events",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("headers", JsonText, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("last_delivery_at", UtcDateTime, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("event", Words(80)),
    Column("reference", Words(255), index=True),
    Column("sealed_with", Integer),
    *_work(),
    Index(None, "last_delivery_at"),
    Index(
        "ix_webhook_events_in_clear",
        "id",
        sqlite_where=text("sealed_with IS NULL"),
        postgresql_where=text("sealed_with IS NULL"),
    ),
    UniqueConstraint("digest"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("identity", String(255), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("recipient", String(254), nullable=False),
    Column("reference", Name(64), index=True),
    Column("context", JsonText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    *_work(),
    Index(None, "finished_at"),
    UniqueConstraint("identity"),
)

handovers = Table(
    "handovers",
    metadata,
    Column("id", Name(64), primary_key=True),
    Column("reference", Name(64), ForeignKey("payments.reference"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("accepted_by", JsonText, nullable=False),
    *_work(),
    Index(None, "created_at", "id"),
    UniqueConstraint("reference"),
)

auto_retries = Table(
    "auto_retries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("product", Name(64), nullable=False),
    Column("order_id", Name(64), nullable=False),
    Column("reference", Name(64), ForeignKey("payments.reference"), nullable=False),
    Column("card_reference", Name(64), ForeignKey("payments.reference"), nullable=False),
    Column("last_reference", Name(64), ForeignKey("payments.reference")),
    Column("failed_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    *_work(),
    UniqueConstraint("product", "order_id"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", String(40), nullable=False),
    Column("sentence", Words, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    # One open incident of a name, whoever notices it.
    Index(
        None,
        "name",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", String(64), primary_key=True),
    Column("body_digest", String(64), nullable=False),
    Column("order_id", Name(64), nullable=False),
    Column("answer", JsonText),
    Column("running_until", UtcDateTime),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

jobs = Table(
    "jobs",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("beat_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
)
