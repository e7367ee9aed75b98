"""Accounts, as views and the command line ask for them."""

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from flask_paystack.accounts.choosing import is_common, names_itself
from flask_paystack.accounts.model import DISABLED, LONGEST_PASSWORD, SHORTEST_PASSWORD, Role, User, is_password
from flask_paystack.accounts.passwords import Passwords
from flask_paystack.accounts.throttle import LoginThrottle
from flask_paystack.accounts.tokens import Claims, TokenRefused, Tokens
from flask_paystack.clock import Clock
from flask_paystack.email_address import email_address
from flask_paystack.errors import EmailTaken, Invalid, InvalidLink, NotFound, NotLoggedIn, WrongCredentials
from flask_paystack.expiring import ExpiringMap, ExpiringStore
from flask_paystack.mail.notices import password_reset
from flask_paystack.records.accounts import AccountRecords

log = logging.getLogger(__name__)

RESET_LIFETIME = timedelta(hours=1)
"""How long the link to a new password works."""
RESET_MAIL_EVERY = timedelta(minutes=5)
"""An address is mailed such a link at most once in this time, however often it is asked for."""


@dataclass(frozen=True)
class AccessToken:
    """What a user gets for logging in."""

    token: str = field(repr=False)
    expires_in: int
    """Seconds."""


class Accounts:
    """Register, log in, log out, and choose a new password.

    Args:
        store: for counts of wrong passwords and of reset mails.
        token_secrets: at least 32 bytes each, newest first: the first signs, all are accepted while they rotate.
        token_lifetime: how long an access token lasts.
        queued: called when a mail was queued.
    """

    def __init__(
        self,
        records: AccountRecords,
        store: ExpiringStore,
        clock: Clock,
        token_secrets: Sequence[str],
        token_lifetime: timedelta,
        queued: Callable[[], None],
        passwords: Passwords | None = None,
    ) -> None:
        self._records = records
        self._clock = clock
        self._access = Tokens(token_secrets, "access", token_lifetime, clock)
        self._reset = Tokens(token_secrets, "password-reset", RESET_LIFETIME, clock)
        self._throttle = LoginThrottle(store)
        self._reset_mails = store.map("reset_mails", RESET_MAIL_EVERY)
        self._passwords = passwords or Passwords()
        self._queued = queued

    @property
    def counters(self) -> tuple[ExpiringMap, ...]:
        """The expiring maps to sweep."""
        return *self._throttle.counters, self._reset_mails

    def register(self, email: str, password: str, address: str) -> AccessToken:
        """Open a customer's account, and log in from ``address``. Raises EmailTaken, Invalid, TooManyRequests."""
        user = self.create(email, password, Role.CUSTOMER)
        self._throttle.succeeded(user.email, address)
        return self._issue(user)

    def create(self, email: str, password: str, role: Role) -> User:
        """Open an account. Raises EmailTaken, Invalid, TooManyRequests."""
        try:
            email = email_address(email).lower()
        except ValueError as error:
            raise Invalid(f"email: {error}", {"email": str(error)}) from None
        _check_password(password, email)
        with self._passwords.turn():
            password_hash = self._passwords.hash(password)
        now = self._clock.now()
        user = User(secrets.token_hex(16), email, role, now, now, password_hash)
        if not self._records.add_user(user):
            raise EmailTaken("There is an account with this e-mail already.")
        log.info("The account %s was opened: %s.", user.id, role.value)
        return user

    def login(self, email: str, password: str, address: str) -> AccessToken:
        """An access token for whoever knows the password, and asks from ``address``.

        A stranger's e-mail is refused with the same words, after the same time, as a wrong password.

        Raises:
            WrongCredentials: the e-mail and password do not belong together.
            TooManyRequests: there were too many tries at this account, or too many people log in at once.
        """
        email = email.lower()
        with self._passwords.turn():
            self._throttle.count(email, address)
            user = self._records.get_by_email(email)
            matches = self._passwords.matches(password, user.password_hash if user else None)
            if user is None or not matches:
                log.warning("A login failed, from %s: account %s.", address, user.id if user else "unknown")
                raise WrongCredentials("The e-mail and password do not belong together.")
            if self._passwords.is_outdated(user.password_hash):
                self._records.renew_hash(user, self._passwords.hash(password))
        self._throttle.succeeded(email, address)
        log.info("The account %s logged in, from %s.", user.id, address)
        return self._issue(user)

    def _issue(self, user: User) -> AccessToken:
        token = self._access.make(user.id, user.generation)
        return AccessToken(token, int(self._access.lifetime.total_seconds()))

    def who(self, token: str) -> User:
        """The user whose access token this is. Raises NotLoggedIn."""
        return self._read(token)[0]

    def logout(self, token: str) -> None:
        """Refuse this access token from now on: on every server, after restarts too. Raises NotLoggedIn."""
        user, claims = self._read(token)
        self._records.revoke(claims.id, claims.expires_at)
        log.info("The account %s logged out.", user.id)

    def _read(self, token: str) -> tuple[User, Claims]:
        try:
            claims = self._access.read(token)
        except TokenRefused:
            raise NotLoggedIn("The access token does not hold, or no longer does; log in again.") from None
        user = self._records.get_unless_revoked(claims.subject, claims.id)
        if user is None or user.generation != claims.generation:
            raise NotLoggedIn("The access token does not hold, or no longer does; log in again.")
        return user, claims

    def forgot(self, email: str) -> None:
        """Mail a link to a new password, where there is such an account; nothing tells the caller whether there is.

        Repeated within five minutes it mails nothing, so that nobody can be flooded.
        """
        email = email.lower()
        if not self._reset_mails.add(email, value=True):
            return
        user = self._records.get_by_email(email)
        if user is not None and user.is_disabled:
            user = None
        message = password_reset(user.id if user else secrets.token_hex(16), email, self._clock.now())
        self._records.queue_reset(message, for_a_member=user is not None)
        self._queued()

    def password_reset_token(self, user_id: str) -> str:
        """What the link to a new password carries. Raises NotFound.

        It works once, within ``RESET_LIFETIME``, and only as long as the password it is to replace is the present one.
        """
        user = self._records.get(user_id)
        if user is None:
            raise NotFound("There is no such account.")
        return self._reset.make(user.id, user.generation)

    def reset(self, token: str, password: str, address: str) -> None:
        """Choose a new password, which ends every earlier token of that user.

        Raises:
            InvalidLink: the token was not made by us for this, was used, or its time is over.
            Invalid, TooManyRequests.
        """
        refused = InvalidLink("This link does not work, or no longer does; ask for a new one.")
        try:
            claims = self._reset.read(token)
        except TokenRefused:
            raise refused from None
        user = self._records.get(claims.subject)
        if user is None or user.generation != claims.generation or user.is_disabled:
            raise refused
        _check_password(password, user.email)
        with self._passwords.turn():
            password_hash = self._passwords.hash(password)
        if not self._records.change_password(user, password_hash):
            raise refused
        self._throttle.succeeded(user.email, address)
        log.info("The account %s has a new password, chosen from %s.", user.id, address)

    def disable(self, email: str) -> User:
        """End every token of a user, on every server, and let nobody in by this account, nor choose a password for it.

        Raises NotFound.
        """
        while not (user := self._named(email)).is_disabled:
            self._records.change_password(user, DISABLED + user.password_hash)
        return user

    def enable(self, email: str) -> User:
        """Let a disabled user in again, by the password they had; earlier tokens stay ended. Raises NotFound."""
        user = self._named(email)
        self._records.renew_hash(user, user.password_hash.removeprefix(DISABLED))
        return self._named(email)

    def _named(self, email: str) -> User:
        try:
            user = self._records.get_by_email(email_address(email).lower())
        except ValueError:  # on a command line anything may stand, even bytes that are no text
            user = None
        if user is None:
            raise NotFound("There is no such account.")
        return user

    def remove_expired_revocations(self) -> int:
        """Forget ended tokens that have expired anyway; how many."""
        return self._records.remove_expired_revocations()


def _check_password(password: str, email: str) -> None:
    sentence = ""
    if not is_password(password):
        sentence = f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
    elif is_common(password):
        sentence = "This password is among the first that are tried; choose another."
    elif names_itself(password, email):
        sentence = "A password that is our name or your e-mail is guessed first; choose another."
    if sentence:
        raise Invalid(f"password: {sentence}", {"password": sentence})
