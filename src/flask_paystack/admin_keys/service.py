"""Access keys: asked for by anybody, mailed to an admin, traded for a session."""

import hashlib
import hmac
import logging
import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask_paystack.accounts.tokens import TokenRefused, Tokens
from flask_paystack.admin_keys.budgets import Budgets
from flask_paystack.clock import Clock
from flask_paystack.errors import InvalidAccessKey, InvalidAdmin, MailUnavailable, StorageUnavailable
from flask_paystack.expiring import ExpiringMap, ExpiringStore
from flask_paystack.mail.letters import write_letter
from flask_paystack.mail.links import Links
from flask_paystack.mail.notices import access_key
from flask_paystack.mail.sender import Sender
from flask_paystack.sessions.service import Sessions

log = logging.getLogger(__name__)

LIFETIME = timedelta(seconds=50)
"""How long a key works, from the moment the mail server has accepted it."""
GUESSES = 5
"""Keys that are looked at for one id. A sixth is refused unread."""
MAILS_AT_ONCE = 2
"""Requests that may wait for the mail server at the same time."""
MACHINE = "machine"
MACHINE_LIFETIME = timedelta(seconds=60)

_ID = re.compile(r"[0-9]{1,16}-[0-9a-f]{16}", re.ASCII)
_KEY = re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True)
class Issued:
    """A key that was mailed: what its asker is told of it."""

    id: str
    expires_in: int
    """Seconds."""


class AdminKeys:
    """Makes, mails and verifies access keys.

    Args:
        admins: the admins' names and e-mail addresses.
        key_secrets: at least 32 bytes each, newest first: a key is kept as an HMAC under the first, and verified under each
            while they rotate. (A plain hash of six digits hides nothing.)
        sender: sends the key while the asker waits, so give it a short timeout.
    """

    def __init__(
        self,
        admins: Mapping[str, str],
        store: ExpiringStore,
        sessions: Sessions,
        sender: Sender,
        links: Links,
        key_secrets: Sequence[str],
        clock: Clock,
    ) -> None:
        self._admins = admins
        self._keys = store.map("access_keys", LIFETIME)
        # A count begins after its key was kept, so one that lives as long outlives it; twice as long bears a stepping clock.
        self._attempts = store.map("key_attempts", 2 * LIFETIME)
        self._budgets = Budgets(store, clock)
        self._sessions = sessions
        self._sender = sender
        self._links = links
        self._peppers = [_digest(secret.encode(), "flask-paystack access key") for secret in key_secrets]
        self._clock = clock
        self._machine = Tokens(key_secrets, MACHINE, MACHINE_LIFETIME, clock)
        self._mailing = threading.BoundedSemaphore(MAILS_AT_ONCE)

    @property
    def counters(self) -> tuple[ExpiringMap, ...]:
        """The expiring maps to sweep, beside the keys themselves."""
        return self._attempts, *self._budgets.counters

    def request(self, admin: str, operator_id: str | None = None) -> Issued:
        """Mail a fresh key to ``admin``, within the budget of the operator of that user id, or of strangers.

        Raises:
            InvalidAdmin: there is no such admin.
            TooManyRequests: the budget is used up.
            MailUnavailable: the mail server did not take the key in time, or two others wait for it. Nothing is kept.
        """
        self._address(admin)
        if not self._mailing.acquire(blocking=False):
            raise MailUnavailable("Other access keys are being mailed; try again in a moment.")
        try:
            self._budgets.spend(admin, operator_id)
            return self.issue(admin)
        finally:
            self._mailing.release()

    def machine_token(self) -> str:
        """Proof, for a minute, of having the machine, for a process that must ask the one that serves.

        A store in memory belongs to the serving process alone: a key that the command line kept would be known to nobody.
        """
        return self._machine.make(MACHINE, 0)

    def is_the_machine(self, token: str) -> bool:
        """Whether ``machine_token`` made this, with our secrets."""
        try:
            self._machine.read(token)
        except TokenRefused:
            return False
        return True

    def issue(self, admin: str) -> Issued:
        """Mail a fresh key to ``admin``, whatever the budgets: for whoever has the machine. Raises as ``request`` does."""
        address = self._address(admin)
        key = f"{secrets.randbelow(10**6):06d}"
        message = access_key(address, admin, key, int(LIFETIME.total_seconds()))
        try:
            self._sender.send(write_letter(message, self._links), address, message.identity)
        except MailUnavailable as error:
            log.warning("An access key for %s was not mailed: %s", admin, error)
            raise MailUnavailable("The access key could not be mailed; try again in a moment.") from None
        id = f"{int(self._clock.now().timestamp() * 1000)}-{secrets.token_hex(8)}"  # noqa: A001
        if not self._keys.add(id, {"admin": admin, "mac": self._mac(self._peppers[0], id, key)}):
            raise StorageUnavailable("The access key could not be kept; ask for another.")
        log.info("An access key was mailed to %s.", admin)
        return Issued(id, int(LIFETIME.total_seconds()))

    def verify(self, id: str, key: str) -> str:  # noqa: A002
        """Trade a key for a session token of its admin. Of any number who come with the right key, one gets one.

        Raises:
            InvalidAccessKey: the key is wrong, unknown, expired, spent, or was guessed at five times.
        """
        refused = InvalidAccessKey("Invalid access code")
        if not _ID.fullmatch(id) or not _KEY.fullmatch(key):
            raise refused
        held = self._keys.get(id)
        if not isinstance(held, dict):
            raise refused
        # Counted before comparing, in one step: however many guess at once, five are looked at. The count outlives the key, so
        # the key need not be deleted here, where that could rob one of the five who has just given the right one.
        guess = self._attempts.hit(id).count
        if guess > GUESSES:
            raise refused
        admin = str(held["admin"])
        if not self._matches(str(held["mac"]), id, key):
            log.warning("A wrong access key for %s was tried: guess %d of %d.", admin, guess, GUESSES)
            raise refused
        if self._keys.take(id) is None or admin not in self._admins:
            raise refused
        log.info("%s opened a session with an access key.", admin)
        return self._sessions.open(admin)

    @property
    def session_expires_in(self) -> int:
        """Seconds that the session lasts which a key opens."""
        return self._sessions.expires_in

    def remove_expired_keys(self) -> int:
        """Free the space of keys whose time is over; how many. They are refused with or without it."""
        return self._keys.remove_expired()

    def _address(self, admin: str) -> str:
        if admin not in self._admins:
            raise InvalidAdmin("Invalid admin")
        return self._admins[admin]

    def _matches(self, mac: str, id: str, key: str) -> bool:  # noqa: A002
        return any(hmac.compare_digest(mac, self._mac(pepper, id, key)) for pepper in self._peppers)

    @staticmethod
    def _mac(pepper: bytes, id: str, key: str) -> str:  # noqa: A002
        return _digest(pepper, f"{id}.{key}").hex()


def _digest(secret: bytes, text: str) -> bytes:
    return hmac.digest(secret, text.encode(), hashlib.sha256)
