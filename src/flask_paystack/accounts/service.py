"""Accounts, as views and the command line ask for them."""

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask_paystack.accounts.checking import PasswordCheck
from flask_paystack.accounts.choosing import refuse_unfit
from flask_paystack.accounts.model import DISABLED, Login, Role, User
from flask_paystack.accounts.second_factors import SecondFactors
from flask_paystack.accounts.tokens import Claims, TokenRefused, Tokens
from flask_paystack.clock import Clock
from flask_paystack.email_address import email_address
from flask_paystack.errors import EmailTaken, Invalid, InvalidLink, NotFound, NotLoggedIn, WrongCredentials
from flask_paystack.expiring import ExpiringMap, ExpiringStore
from flask_paystack.mail.notices import account_changed, password_reset
from flask_paystack.records.accounts import AccountRecords
from flask_paystack.records.logins import LoginRecords

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
        logins: LoginRecords,
        check: PasswordCheck,
        second_factors: SecondFactors,
        store: ExpiringStore,
        clock: Clock,
        token_secrets: Sequence[str],
        token_lifetime: timedelta,
        queued: Callable[[], None],
    ) -> None:
        self._records = records
        self._logins = logins
        self._clock = clock
        self._access = Tokens(token_secrets, "access", token_lifetime, clock)
        self._reset = Tokens(token_secrets, "password-reset", RESET_LIFETIME, clock)
        self.check = check
        self._second_factors = second_factors
        self._reset_mails = store.map("reset_mails", RESET_MAIL_EVERY)
        self._queued = queued

    @property
    def counters(self) -> tuple[ExpiringMap, ...]:
        """The expiring maps to sweep."""
        return *self.check.counters, self._reset_mails

    def register(self, email: str, password: str, address: str, user_agent: str = "") -> AccessToken:
        """Open a customer's account, and log in from ``address``. Raises EmailTaken, Invalid, TooManyRequests."""
        user = self._chosen(email, password, Role.CUSTOMER)
        access, login = self._made(user, address, user_agent)
        self._open(user, login)
        self.check.succeeded(user, address)
        return access

    def create(self, email: str, password: str, role: Role) -> User:
        """Open an account. Raises EmailTaken, Invalid, TooManyRequests."""
        user = self._chosen(email, password, role)
        self._open(user)
        return user

    def _chosen(self, email: str, password: str, role: Role) -> User:
        """A new user, not kept yet."""
        try:
            email = email_address(email).lower()
        except ValueError as error:
            raise Invalid(f"email: {error}", {"email": str(error)}) from None
        refuse_unfit(password, email)
        password_hash = self.check.hash(password)
        now = self._clock.now()
        return User(secrets.token_hex(16), email, role, now, now, password_hash)

    def _open(self, user: User, login: Login | None = None) -> None:
        if not self._records.add_user(user, login):
            raise EmailTaken("There is an account with this e-mail already.")
        log.info("The account %s was opened: %s.", user.id, user.role.value)

    def login(
        self,
        email: str,
        password: str,
        address: str,
        user_agent: str = "",
        earlier: str | None = None,
        code: str | None = None,
    ) -> AccessToken:
        """An access token for whoever knows the password, and has the second factor where one is set.

        A stranger's e-mail is refused with the same words, after the same time, as a wrong password. Raises WrongCredentials,
        SecondFactorNeeded, WrongCode, TooManyRequests.

        Args:
            user_agent: what the caller's program says it is; the owner of the account sees it.
            code: of the second factor: six digits, or a recovery code.
            earlier: the token that came along: one of this account that holds ends with this login; any other means nothing.
        """
        user = self.check.check(email, password, address, "login")
        self._second_factors.demand(user, code, address)
        access, login = self._made(user, address, user_agent)
        self._logins.add(login, ends=self._earlier(user, earlier))
        self.check.succeeded(user, address)
        log.info("The account %s logged in, from %s.", user.id, address)
        return access

    def _made(self, user: User, address: str, user_agent: str) -> tuple[AccessToken, Login]:
        """A token for ``user``, and what is to be kept of it before it is handed out."""
        token, claims = self._access.make_with_claims(user.id, user.generation)
        login = Login(
            id=secrets.token_hex(16),
            user_id=user.id,
            jti=claims.id,
            valid_from=user.tokens_valid_from,
            created_at=self._clock.now(),
            expires_at=claims.expires_at,
            address=address,
            user_agent=user_agent,
        )
        return AccessToken(token, int(self._access.lifetime.total_seconds())), login

    def _earlier(self, user: User, token: str | None) -> tuple[str, datetime] | None:
        """Id and expiry of a token of this user."""
        try:
            claims = self._access.read(token or "")
        except TokenRefused:
            return None
        return (claims.id, claims.expires_at) if claims.subject == user.id else None

    def who(self, token: str) -> User:
        """The user whose access token this is. Raises NotLoggedIn."""
        return self.read(token)[0]

    def logout(self, token: str) -> None:
        """Refuse this access token from now on: on every server, after restarts too. Raises NotLoggedIn."""
        user, claims = self.read(token)
        self._records.revoke(claims.id, claims.expires_at)
        log.info("The account %s logged out.", user.id)

    def read(self, token: str) -> tuple[User, Claims]:
        """The user whose access token this is, and what it says. Raises NotLoggedIn."""
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
        refuse_unfit(password, user.email)
        password_hash = self.check.hash(password)
        if not self._renew(user, password_hash, address):
            raise refused

    def change(self, user: User, password: str, new_password: str, address: str, user_agent: str = "") -> AccessToken:
        """Choose a new password, knowing the present one: every earlier token of ``user`` ends, and a new one is made.

        Tries are counted as those of logging in are.

        Raises:
            Invalid: the new one may not be chosen.
            WrongCredentials: the present one is another.
            TooManyRequests.
        """
        refuse_unfit(new_password, user.email, "new_password")
        present = self.check.check(user.email, password, address, "change of password")
        if not self._renew(present, self.check.hash(new_password), address):
            raise WrongCredentials("The e-mail and password do not belong together.")  # somebody was quicker
        access, login = self._made(self.named(user.email), address, user_agent)
        self._logins.add(login)
        return access

    def _renew(self, user: User, password_hash: str, address: str) -> bool:
        """Keep the new password, and tell its owner by mail. False where it was changed since ``user`` was read."""
        message = account_changed(user, "Your password was changed", address, self._clock.now())
        if not self._records.change_password(user, password_hash, [message]):
            return False
        self.check.succeeded(user, address)
        self._queued()
        log.info("The account %s has a new password, chosen from %s.", user.id, address)
        return True

    def disable(self, email: str) -> User:
        """End every token of a user, on every server, and let nobody in by this account, nor choose a password for it.

        Raises NotFound.
        """
        while not (user := self.named(email)).is_disabled:
            self._records.change_password(user, DISABLED + user.password_hash)
        return user

    def enable(self, email: str) -> User:
        """Let a disabled user in again, by the password they had; earlier tokens stay ended. Raises NotFound."""
        user = self.named(email)
        self._records.renew_hash(user, user.password_hash.removeprefix(DISABLED))
        return self.named(email)

    def named(self, email: str) -> User:
        """The user of that e-mail. Raises NotFound."""
        user = self._records.get_by_email(email)
        if user is None:
            raise NotFound("There is no such account.")
        return user

    def remove_expired(self) -> int:
        """Forget ended tokens, and logins, that have expired anyway; how many."""
        return self._records.remove_expired_revocations() + self._logins.remove_expired()
