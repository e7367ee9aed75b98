"""What slows the guessing of one account's password, and leaves its owner a way in."""

import hashlib
import math
from datetime import timedelta

from flask_paystack.errors import TooManyRequests
from flask_paystack.expiring import ExpiringMap, ExpiringStore, Hits

TRIES = 10
"""Wrong passwords for one account from one address within ``WINDOW``."""
WINDOW = timedelta(minutes=15)
STRANGE_TRIES = 100
"""Tries for one account within a day from all addresses together that it never logged in from (NIST SP 800-63B: at most 100
failures for an account). Who commands many addresses gains nothing by them."""
DAY = timedelta(days=1)
REMEMBERED = timedelta(days=30)
"""How long an address counts as known to an account after a login from there."""


class LoginThrottle:
    """Counts tries at an account, in the shared store, before the password is looked at.

    An outsider can use up the tries of strange addresses, and so keep the member out of none they logged in from within the
    last month. From a new address, a password reset always leads in: choosing a password makes the address known.

    Accounts that do not exist are counted alike, so nothing here tells which do.
    """

    def __init__(self, store: ExpiringStore) -> None:
        self._tries = store.map("login_tries", WINDOW)
        self._strange = store.map("login_strange_tries", DAY)
        self._known = store.map("login_known", REMEMBERED)

    @property
    def counters(self) -> tuple[ExpiringMap, ...]:
        """The maps to sweep."""
        return self._tries, self._strange, self._known

    def count(self, email: str, address: str) -> None:
        """Count a try from ``address``. Raises TooManyRequests where there were too many."""
        pair = _digest(email, address)
        _refuse_beyond(TRIES, self._tries.hit(pair))
        if self._known.get(pair) is None:
            _refuse_beyond(STRANGE_TRIES, self._strange.hit(_digest(email)))

    def succeeded(self, email: str, address: str) -> None:
        """The caller at ``address`` is who they say."""
        pair = _digest(email, address)
        self._tries.delete(pair)
        self._known.add(pair, value=True)


def _refuse_beyond(most: int, hits: Hits) -> None:
    if hits.count > most:
        wait = max(1, math.ceil(hits.expires_in))
        raise TooManyRequests("Too many wrong passwords for this account; wait, or reset the password.", wait)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
