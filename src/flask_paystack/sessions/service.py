"""Session tokens, opened by an access key."""

import hashlib
import secrets
from collections.abc import Container
from datetime import timedelta

from flask_paystack.errors import InvalidSession, NoSuchSession
from flask_paystack.expiring import ExpiringStore

LIFETIME = timedelta(minutes=10)
"""How long a session lasts, however much it is used."""


class Sessions:
    """Sessions of admins: 256 random bits each, kept as a hash, refused from the first moment after ten minutes.

    Args:
        admins: the admins there are. A session of somebody who is no admin any more is refused.
    """

    def __init__(self, store: ExpiringStore, admins: Container[str]) -> None:
        self._tokens = store.map("session_tokens", LIFETIME)
        self._admins = admins

    @property
    def expires_in(self) -> int:
        """Seconds that a new session lasts."""
        return int(LIFETIME.total_seconds())

    def open(self, admin: str) -> str:
        """A new session token of ``admin``. It is told here once, and cannot be read back."""
        while True:
            token = secrets.token_urlsafe(32)
            if self._tokens.add(_digest(token), {"admin": admin}):
                return token

    def who(self, token: str) -> str:
        """The admin whose session this is. Raises InvalidSession where it is unknown, expired or ended."""
        held = self._tokens.get(_digest(token))
        if isinstance(held, dict) and held["admin"] in self._admins:
            return str(held["admin"])
        raise InvalidSession("Invalid session token")

    def check(self, token: str) -> None:
        """Return where the session holds. Raises NoSuchSession: here the token was asked about, not used to come in."""
        try:
            self.who(token)
        except InvalidSession as refused:
            raise NoSuchSession(str(refused)) from None

    def end(self, token: str) -> None:
        """End a session. Raises InvalidSession where none of that token lasts: of two who end it, one is told so."""
        if not self._tokens.delete(_digest(token)):
            raise InvalidSession("Invalid session token")

    def remove_expired_sessions(self) -> int:
        """Free the space of sessions that are over; how many. They are refused with or without it."""
        return self._tokens.remove_expired()


def _digest(token: str) -> str:
    """A plain hash will do: nobody guesses 256 random bits. Any characters may come, lone surrogates too."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
