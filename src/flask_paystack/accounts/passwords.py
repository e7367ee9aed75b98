"""Passwords: kept as Argon2id hashes, and checked a few at a time."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from flask_paystack.accounts.model import DISABLED, password_bytes
from flask_paystack.errors import TooManyRequests

MEMORY = 32 * 1024
"""KiB. OWASP asks for 19 MiB with two passes at least; this takes about 50 ms."""
PASSES = 2
AT_ONCE = 2
"""Hashes made at the same time: what they take in memory is at most this often ``MEMORY``."""
PLACES = 8
"""Callers who hash or wait for it. Whoever comes when all are taken is refused at once, so that a flood of logins holds few
threads, each for a fraction of a second."""


class Passwords:
    """Hashes and compares passwords. Call ``hash`` and ``matches`` within a ``turn``."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=PASSES, memory_cost=MEMORY, parallelism=1)
        self._places = threading.BoundedSemaphore(PLACES)
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys = self._hasher.hash(secrets.token_bytes(32))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the right to hash. Raises TooManyRequests where too many wait already."""
        if not self._places.acquire(blocking=False):
            raise TooManyRequests("Too many people are logging in; try again in a second.", retry_after=1)
        try:
            with self._turns:
                yield
        finally:
            self._places.release()

    def hash(self, password: str) -> str:
        """The hash to keep."""
        return self._hasher.hash(password_bytes(password))

    def matches(self, password: str, kept: str | None) -> bool:
        """Whether ``kept`` is the hash of ``password``. Without one, or disabled, the answer is no, and takes as long."""
        if kept is not None and kept.startswith(DISABLED):
            kept = None
        try:
            found = self._hasher.verify(kept or self._nobodys, password_bytes(password))
        except (VerificationError, InvalidHashError):
            return False
        return found and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than we use now."""
        return self._hasher.check_needs_rehash(kept)
