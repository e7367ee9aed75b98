"""Who may have an account, and what a password is."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What an account may do."""

    CUSTOMER = "customer"
    OPERATOR = "operator"


@dataclass(frozen=True)
class User:
    """Somebody with an account."""

    id: str
    email: str
    role: Role
    created_at: datetime
    tokens_valid_from: datetime
    """Tokens issued before this instant are refused: a new password ends them all."""
    password_hash: str = field(repr=False, default="")
