"""The tables of accounts, and what all tables belong to. Take them from ``schema``, which has every one."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from flask_paystack.records.columns import Name, UtcDateTime, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("email", String(254), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("tokens_valid_from", UtcDateTime, nullable=False),
    Index(None, "created_at", "id"),
    UniqueConstraint("email"),
)

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("jti", String(64), primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

logins = Table(
    "logins",
    metadata,
    Column("id", Name(32), primary_key=True),
    Column("user_id", Name(32), ForeignKey("users.id"), nullable=False),
    Column("jti", String(64), nullable=False),
    Column("valid_from", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("address", Words(64), nullable=False),
    Column("user_agent", Words(200), nullable=False),
    Index(None, "user_id", "created_at", "id"),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("user_id", Name(32), ForeignKey("users.id"), primary_key=True),
    Column("sealed_seed", LargeBinary, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("last_step", BigInteger, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", Name(32), ForeignKey("users.id"), nullable=False, index=True),
)
