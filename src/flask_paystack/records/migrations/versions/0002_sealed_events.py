"""Events are sealed"""

import sqlalchemy as sa
from alembic import op

from flask_paystack.records.columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record_keys",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_keys")),
    )
    op.create_table(
        "record_key_wraps",
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("secret_name", sa.String(length=32), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["record_keys.id"], name=op.f("fk_record_key_wraps_key_id")),
        sa.PrimaryKeyConstraint("key_id", "secret_name", name=op.f("pk_record_key_wraps")),
    )
    # Null for what lies in clear: whatever was kept so far, and what the program of before still keeps beside the new one.
    op.add_column("webhook_events", sa.Column("sealed_with", sa.Integer(), nullable=True))
    op.create_index(
        "ix_webhook_events_in_clear",
        "webhook_events",
        ["id"],
        unique=False,
        sqlite_where=sa.text("sealed_with IS NULL"),
        postgresql_where=sa.text("sealed_with IS NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("What is sealed would never open again. Restore a backup of before.")
