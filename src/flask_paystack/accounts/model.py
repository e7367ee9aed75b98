"""Who may have an account, and what a password is."""

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256
"""Characters. There is no other rule about a password: none that is common advice makes it harder to guess."""


DISABLED = "!"
"""Stands before the password's hash of a disabled account, as in a shadow file."""


class Role(StrEnum):
    """What an account may do."""

    CUSTOMER = "customer"
    OPERATOR = "operator"


@dataclass(frozen=True)
class User:
    """Somebody with an account."""

    id: str
    email: str
    """In lower case: ``Ada@Example.com`` and ``ada@example.com`` are one account."""
    role: Role
    created_at: datetime
    tokens_valid_from: datetime
    """When the present password was chosen. A token names this instant, to the microsecond, and one that names another is
    refused: so a new password ends every earlier token, even one issued within the same second."""
    password_hash: str = field(repr=False, default="")
    """Argon2id; of a disabled account with ``DISABLED`` before it, so that nothing matches."""

    @property
    def is_disabled(self) -> bool:
        """Whether nobody may come in by this account."""
        return self.password_hash.startswith(DISABLED)

    @property
    def generation(self) -> int:
        """``tokens_valid_from`` as tokens name it: microseconds since 1970."""
        return (self.tokens_valid_from - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@dataclass(frozen=True)
class SecondFactor:
    """What makes a user's one-time codes."""

    user_id: str
    seed: str = field(repr=False)
    """In base32."""
    sealed: bytes = field(repr=False)
    """The seed as it is kept."""
    is_in_force: bool
    """Else it waits to be confirmed by its first code."""


@dataclass(frozen=True)
class Login:
    """One token of a user's, and whence it was asked for."""

    id: str
    """What its owner calls it by. It is not the token's, since it stands in answers."""
    user_id: str
    jti: str = field(repr=False)
    valid_from: datetime
    """The user's ``tokens_valid_from`` when it was made: a new password ends it."""
    created_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


def is_password(text: str) -> bool:
    """Whether this may be chosen as a password: 8 to 256 characters, any characters that UTF-8 can carry."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD


def password_bytes(text: str) -> bytes:
    """What is hashed. Keyboards and systems write one character in different ways; NFKC makes them one (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", text).encode()
