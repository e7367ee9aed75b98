"""What the accounts' tests share."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from argon2 import PasswordHasher

from flask_paystack.accounts.checking import PasswordCheck
from flask_paystack.accounts.passwords import Passwords
from flask_paystack.accounts.second_factors import SecondFactors
from flask_paystack.accounts.service import Accounts
from flask_paystack.clock import Clock
from flask_paystack.expiring import ExpiringStore
from flask_paystack.records.accounts import AccountRecords
from flask_paystack.records.database import Database
from flask_paystack.records.logins import LoginRecords
from flask_paystack.records.second_factors import SecondFactorRecords
from flask_paystack.sealing import RecordKey, Seal

SECRET = "kR7v0yQm2Jt9XwZc5HnB1sLd8FgPaE4u6ToVi3Yq"
OLD_SECRET = "Wm3Zp8Tq1Bx6Nv0Yc5Rk9Lj2Hs7Gf4Da0Qe8Ui1O"
PASSWORD = "correct horse battery staple"
HOME = "192.0.2.1"
"""Where Ada logs in from."""
ELSEWHERE = "198.51.100.7"
"""Where nobody we know logs in from."""


class OneKey:
    """A record key that is kept nowhere."""

    def __init__(self) -> None:
        self._key = RecordKey.make(1)

    def current(self) -> RecordKey:
        return self._key

    def find(self, id: int) -> RecordKey | None:  # noqa: A002
        return self._key if id == self._key.id else None


SEAL = Seal(OneKey())


def accounts_over(
    database: Database,
    store: ExpiringStore,
    clock: Clock,
    secrets: Sequence[str] = (SECRET,),
    queued: Callable[[], None] = lambda: None,
    passwords: Passwords | None = None,
) -> tuple[Accounts, SecondFactors]:
    """What a server has of accounts, over a database that others may have too."""
    records = AccountRecords(database, clock)
    check = PasswordCheck(records, store, passwords or cheap_passwords())
    factors = SecondFactors(SecondFactorRecords(database, clock, SEAL), check, store, clock, "shop.example", queued)
    logins = LoginRecords(database, clock)
    return Accounts(records, logins, check, factors, store, clock, secrets, timedelta(hours=1), queued), factors


def cheap_passwords() -> Passwords:
    """Real Argon2id, with parameters that cost next to nothing."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
