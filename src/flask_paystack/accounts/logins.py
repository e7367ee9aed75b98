"""What is logged in to an account: its owner sees it, and ends what is not theirs."""

import logging

from flask_paystack.accounts.checking import PasswordCheck
from flask_paystack.accounts.model import Login, User
from flask_paystack.errors import NotFound
from flask_paystack.records.logins import LoginRecords

log = logging.getLogger(__name__)


class Logins:
    """The logins of an account."""

    def __init__(self, records: LoginRecords, check: PasswordCheck) -> None:
        self._records = records
        self._check = check

    def list_living(self, user: User) -> list[Login]:
        """Those that hold, newest first: 100 at most."""
        return self._records.list_living(user)

    def end(self, user: User, password: str, id: str | None, current: str, address: str) -> None:  # noqa: A002
        """End one login of ``user``, or without an ``id`` every other than that of the token ``current``: on every server.

        Args:
            password: the present one, asked for again, so that a token alone ends nobody else's login.
            current: the token's ``jti``.

        Raises:
            NotFound: there is no login of that id that holds.
            WrongCredentials, TooManyRequests: as at login.
        """
        self._check.succeeded(self._check.check(user.email, password, address, "ending of logins"), address)
        if id is None:
            count = self._records.end_others(user, current)
        elif self._records.end(user, id):
            count = 1
        else:
            raise NotFound("You have no such login.")
        log.info("The account %s ended logins: %d, from %s.", user.id, count, address)

    def remove_expired(self) -> int:
        """Forget logins that have expired; how many."""
        return self._records.remove_expired()
