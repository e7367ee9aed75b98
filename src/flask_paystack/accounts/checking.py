"""Whether somebody knows an account's password. Every try is counted before the password is looked at."""

import logging

from flask_paystack.accounts.model import User
from flask_paystack.accounts.passwords import Passwords
from flask_paystack.accounts.throttle import LoginThrottle
from flask_paystack.errors import WrongCredentials
from flask_paystack.expiring import ExpiringMap, ExpiringStore
from flask_paystack.records.accounts import AccountRecords

log = logging.getLogger(__name__)


class PasswordCheck:
    """Compares passwords, wherever one is asked for: at login, and again before what only the owner may do."""

    def __init__(self, records: AccountRecords, store: ExpiringStore, passwords: Passwords | None = None) -> None:
        self._records = records
        self._throttle = LoginThrottle(store)
        self.passwords = passwords or Passwords()

    @property
    def counters(self) -> tuple[ExpiringMap, ...]:
        """The expiring maps to sweep."""
        return self._throttle.counters

    def check(self, email: str, password: str, address: str, act: str) -> User:
        """The account of ``email``, for whoever knows its password and asks from ``address``.

        A stranger's e-mail is refused with the same words, after the same time, as a wrong password. Call ``succeeded`` once
        nothing else is asked for.

        Args:
            act: what the password opens, for the log.

        Raises:
            WrongCredentials: the e-mail and password do not belong together.
            TooManyRequests: there were too many tries at this account, or too many people are hashing at once.
        """
        email = email.lower()
        with self.passwords.turn():
            self._throttle.count(email, address)
            user = self._records.get_by_email(email)
            matches = self.passwords.matches(password, user.password_hash if user else None)
            if user is None or not matches:
                log.warning("A %s failed, from %s: account %s.", act, address, user.id if user else "unknown")
                raise WrongCredentials("The e-mail and password do not belong together.")
            if self.passwords.is_outdated(user.password_hash):
                self._records.renew_hash(user, self.passwords.hash(password))
        return user

    def succeeded(self, user: User, address: str) -> None:
        """The caller at ``address`` is who they say: their tries are forgiven, and the address is known from now on."""
        self._throttle.succeeded(user.email, address)

    def knows(self, user: User, address: str) -> bool:
        """Whether ``user`` logged in from there within the last month."""
        return self._throttle.knows(user.email, address)

    def hash(self, password: str) -> str:
        """The hash to keep of a chosen password. Raises TooManyRequests where too many people are hashing at once."""
        with self.passwords.turn():
            return self.passwords.hash(password)
