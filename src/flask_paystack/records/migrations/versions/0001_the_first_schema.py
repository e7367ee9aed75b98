"""The first schema"""

import sqlalchemy as sa
from alembic import op

from flask_paystack.records.columns import JsonText, RowId, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("answer", JsonText(), nullable=True),
        sa.Column("running_until", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_expires_at"), "idempotency_keys", ["expires_at"], unique=False)

    op.create_table(
        "incidents",
        sa.Column("id", RowId, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index(
        op.f("ix_incidents_name"),
        "incidents",
        ["name"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )

    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
    )
    op.create_table(
        "messages",
        sa.Column("id", RowId, nullable=False),
        sa.Column("identity", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("context", JsonText(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("identity", name=op.f("uq_messages_identity")),
    )
    op.create_index(op.f("ix_messages_finished_at"), "messages", ["finished_at"], unique=False)
    op.create_index(op.f("ix_messages_reference"), "messages", ["reference"], unique=False)
    op.create_index(op.f("ix_messages_state_next_attempt_at"), "messages", ["state", "next_attempt_at"], unique=False)

    op.create_table(
        "orders",
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("paid_reference", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("product", "order_id", name=op.f("pk_orders")),
    )
    op.create_table(
        "revoked_tokens",
        sa.Column("jti", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_revoked_tokens")),
    )
    op.create_index(op.f("ix_revoked_tokens_expires_at"), "revoked_tokens", ["expires_at"], unique=False)

    op.create_table(
        "users",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tokens_valid_from", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index(op.f("ix_users_created_at_id"), "users", ["created_at", "id"], unique=False)

    op.create_table(
        "webhook_events",
        sa.Column("id", RowId, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("headers", JsonText(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("last_delivery_at", UtcDateTime(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=80), nullable=True),
        sa.Column("reference", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_events")),
        sa.UniqueConstraint("digest", name=op.f("uq_webhook_events_digest")),
    )
    op.create_index(op.f("ix_webhook_events_last_delivery_at"), "webhook_events", ["last_delivery_at"], unique=False)
    op.create_index(op.f("ix_webhook_events_reference"), "webhook_events", ["reference"], unique=False)
    op.create_index(
        op.f("ix_webhook_events_state_next_attempt_at"), "webhook_events", ["state", "next_attempt_at"], unique=False
    )

    op.create_table(
        "payments",
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("metadata", JsonText(), nullable=False),
        sa.Column("callback_url", sa.Text(), nullable=True),
        sa.Column("save_card", sa.Boolean(), nullable=False),
        sa.Column("retry_of", sa.String(length=64), nullable=True),
        sa.Column("authorization_url", sa.Text(), nullable=True),
        sa.Column("access_code", sa.Text(), nullable=True),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("paystack_id", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=True),
        sa.Column("paid_amount", sa.BigInteger(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("paid_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("asking_until", UtcDateTime(), nullable=True),
        sa.Column("next_check_at", UtcDateTime(), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("declined_at", UtcDateTime(), nullable=True),
        sa.Column("decline_code", sa.String(length=40), nullable=True),
        sa.Column("notified_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["retry_of"], ["payments.reference"], name=op.f("fk_payments_retry_of")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_payments_user_id")),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_payments")),
    )
    op.create_index(op.f("ix_payments_created_at_reference"), "payments", ["created_at", "reference"], unique=False)
    op.create_index(
        op.f("ix_payments_declined_at"),
        "payments",
        ["declined_at"],
        unique=False,
        sqlite_where=sa.text(
            "notified_at IS NULL AND NOT refused AND retry_of IS NULL AND status IN ('pending', 'failed', 'abandoned')"
        ),
        postgresql_where=sa.text(
            "notified_at IS NULL AND NOT refused AND retry_of IS NULL AND status IN ('pending', 'failed', 'abandoned')"
        ),
    )
    op.create_index(
        op.f("ix_payments_email_created_at_reference"), "payments", ["email", "created_at", "reference"], unique=False
    )
    op.create_index(
        op.f("ix_payments_next_check_at"),
        "payments",
        ["next_check_at"],
        unique=False,
        sqlite_where=sa.text("next_check_at IS NOT NULL"),
        postgresql_where=sa.text("next_check_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_payments_order_id_created_at_reference"),
        "payments",
        ["order_id", "created_at", "reference"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payments_status_created_at_reference"), "payments", ["status", "created_at", "reference"], unique=False
    )
    op.create_index(
        op.f("ix_payments_user_id_created_at_reference"),
        "payments",
        ["user_id", "created_at", "reference"],
        unique=False,
    )

    op.create_table(
        "auto_retries",
        sa.Column("id", RowId, nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("card_reference", sa.String(length=64), nullable=False),
        sa.Column("last_reference", sa.String(length=64), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["card_reference"], ["payments.reference"], name=op.f("fk_auto_retries_card_reference")
        ),
        sa.ForeignKeyConstraint(
            ["last_reference"], ["payments.reference"], name=op.f("fk_auto_retries_last_reference")
        ),
        sa.ForeignKeyConstraint(["reference"], ["payments.reference"], name=op.f("fk_auto_retries_reference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_retries")),
        sa.UniqueConstraint("product", "order_id", name=op.f("uq_auto_retries_product_order_id")),
    )
    op.create_index(
        op.f("ix_auto_retries_state_next_attempt_at"), "auto_retries", ["state", "next_attempt_at"], unique=False
    )

    op.create_table(
        "disputes",
        sa.Column("id", RowId, nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("paystack_id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("resolution", sa.String(length=40), nullable=True),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["payments.reference"], name=op.f("fk_disputes_reference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("paystack_id", name=op.f("uq_disputes_paystack_id")),
    )
    op.create_index(op.f("ix_disputes_reference"), "disputes", ["reference"], unique=False)
    op.create_index(op.f("ix_disputes_status"), "disputes", ["status"], unique=False)
    op.create_index(
        op.f("ix_disputes_updated_at"),
        "disputes",
        ["updated_at"],
        unique=False,
        sqlite_where=sa.text("resolution IN ('merchant-accepted', 'auto-accepted')"),
        postgresql_where=sa.text("resolution IN ('merchant-accepted', 'auto-accepted')"),
    )

    op.create_table(
        "handovers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("accepted_by", JsonText(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["reference"], ["payments.reference"], name=op.f("fk_handovers_reference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
        sa.UniqueConstraint("reference", name=op.f("uq_handovers_reference")),
    )
    op.create_index(op.f("ix_handovers_created_at_id"), "handovers", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_handovers_state_next_attempt_at"), "handovers", ["state", "next_attempt_at"], unique=False)

    op.create_table(
        "payment_timeline",
        sa.Column("id", RowId, nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("facts", JsonText(), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["payments.reference"], name=op.f("fk_payment_timeline_reference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_timeline")),
    )
    op.create_index(op.f("ix_payment_timeline_reference_id"), "payment_timeline", ["reference", "id"], unique=False)

    op.create_table(
        "refunds",
        sa.Column("id", RowId, nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("paystack_id", sa.String(length=32), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["payments.reference"], name=op.f("fk_refunds_reference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
    )
    op.create_index(op.f("ix_refunds_reference"), "refunds", ["reference"], unique=False)


def downgrade() -> None:

    op.drop_table("refunds")

    op.drop_table("payment_timeline")

    op.drop_table("handovers")

    op.drop_table("disputes")

    op.drop_table("auto_retries")

    op.drop_table("payments")

    op.drop_table("webhook_events")

    op.drop_table("users")

    op.drop_table("revoked_tokens")
    op.drop_table("orders")

    op.drop_table("messages")
    op.drop_table("jobs")

    op.drop_table("incidents")

    op.drop_table("idempotency_keys")
    op.drop_table("cursors")
