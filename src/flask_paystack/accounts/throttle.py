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

    def knows(self, email: str, address: str) -> bool:
        """Whether somebody who proved to be the member came from ``address`` within the last month."""
        return self._known.get(_digest(email, address)) is not None

    def succeeded(self, email: str, address: str) -> None:
        """The caller at ``address`` is who they say."""
        pair = _digest(email, address)
        self._tries.delete(pair)
        self._known.add(pair, value=True)


CODES = 5
"""Codes of a second factor that are looked at for one account within ``WINDOW``: from one address it is known at, or from
all others together."""
CODES_A_DAY = 20
"""Of these within a day. With three steps of time that hold at once, a guess succeeds once in 16,000 such days."""


class CodeThrottle:
    """Counts codes of a second factor, in the shared store, before they are looked at.

    Only who gave the right password comes so far. Whoever has stolen it can use up the codes of strange addresses, and so
    keep the member out of none they logged in from; a new password keeps that thief out.
    """

    def __init__(self, store: ExpiringStore) -> None:
        self._tries = store.map("code_tries", WINDOW)
        self._a_day = store.map("code_tries_a_day", DAY)

    @property
    def counters(self) -> tuple[ExpiringMap, ...]:
        """The maps to sweep."""
        return self._tries, self._a_day

    def count(self, user_id: str, address: str, *, is_known: bool) -> None:
        """Count a code. Raises TooManyRequests where there were too many."""
        whence = _digest(user_id, address if is_known else "")
        sentence = "Too many wrong codes for this account; wait a little."
        _refuse_beyond(CODES, self._tries.hit(whence), sentence)
        _refuse_beyond(CODES_A_DAY, self._a_day.hit(whence), sentence)

    def succeeded(self, user_id: str, address: str) -> None:
        """The caller at a known ``address`` gave the right code."""
        whence = _digest(user_id, address)
        self._tries.delete(whence)
        self._a_day.delete(whence)


TOO_MANY = "Too many wrong passwords for this account; wait, or reset the password."


def _refuse_beyond(most: int, hits: Hits, sentence: str = TOO_MANY) -> None:
    if hits.count > most:
        raise TooManyRequests(sentence, max(1, math.ceil(hits.expires_in)))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
