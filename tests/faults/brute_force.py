"""Guessing access keys: one key by a thousand at once (FAULTS R38), and every key of a month (R39), in process.

``brute-days`` asks, as a stranger, for a key every ten minutes of 30 moved days, and spends five guesses on each. No day may
hold more than 20 keys or 100 looks at a guess, a chance of one in 10,000, and the operator must get a key on every day.
"""

import argparse
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask_paystack.admin_keys.service import GUESSES
from flask_paystack.clock import SystemClock
from flask_paystack.errors import TooManyRequests
from flask_paystack.expiring import open_store
from flask_paystack.mail.sender import Sender
from flask_paystack.sessions.service import Sessions
from tests.admin_keys import ADMINS, SECRET, CountingKeys, mailed_key, other_than, outcome
from tests.admin_keys.test_brute_force import ReadThenWrite
from tests.clock import ManualClock
from tests.faults import Outcome, silence
from tests.mail import ShopLinks, mail_settings
from tests.race import race_between
from tests.smtp import Mailbox, running_smtp

EVERY = timedelta(minutes=10)
DAY = timedelta(days=1)
MOST_KEYS = 20
MOST_LOOKS = 100


class Month:
    """``python -m tests.faults brute-days``."""

    __doc__ = "Strangers guess at every key they can get in 30 moved days."
    CONTROLS = ("no-budget",)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what can be chosen."""
        parser.add_argument("--days", type=int, default=30)
        parser.add_argument("--control", choices=self.CONTROLS)

    def run(self, options: argparse.Namespace) -> Outcome:
        """Break it, and see what held."""
        return guess_for_days(options.days, options.control)


class OneKey:
    """``python -m tests.faults brute-key``."""

    __doc__ = "Many guess at one key at the same moment."
    CONTROLS = ("read-then-write",)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what can be chosen."""
        parser.add_argument("--parallel", type=int, default=1000)
        parser.add_argument("--control", choices=self.CONTROLS)

    def run(self, options: argparse.Namespace) -> Outcome:
        """Break it, and see what held."""
        return guess_at_once(options.parallel, options.control)


month, one_key = Month(), OneKey()


@contextmanager
def access_keys(clock: ManualClock) -> Iterator[tuple[CountingKeys, Mailbox]]:
    """Access keys over a store in memory, mailed to a real server."""
    store = open_store("memory://", clock)
    with silence(), running_smtp() as mailbox:
        sender = Sender(mail_settings(mailbox.port), SystemClock())
        yield CountingKeys(ADMINS, store, Sessions(store, ADMINS), sender, ShopLinks(), (SECRET,), clock), mailbox
    store.close()


def guess_for_days(days: int, control: str | None = None) -> Outcome:
    """Ask and guess, the clock moved by ten minutes each time."""
    clock = ManualClock()
    with access_keys(clock) as (keys, mailbox):
        if control == "no-budget":
            keys._budgets.spend = _spend_nothing  # type: ignore[method-assign]
        issued: deque[tuple[datetime, int]] = deque()
        most_keys = most_looks = total = operator_days = opened = 0
        for step in range(int(timedelta(days=days) / EVERY)):
            now = clock.now()
            if step % int(DAY / EVERY) == 0:
                keys.request("admin1", "operator-7")
                operator_days += 1
            looks = keys.evaluated
            try:
                id = keys.request("admin1").id  # noqa: A001
                right = mailed_key(mailbox)
                guesses = [outcome(keys, id, other_than(right, number)) for number in range(GUESSES + 2)]
                opened += guesses.count("session")
                issued.append((now, keys.evaluated - looks))
                total += 1
            except TooManyRequests:
                pass
            while issued and issued[0][0] <= now - DAY:
                issued.popleft()
            most_keys = max(most_keys, len(issued))
            most_looks = max(most_looks, sum(each for _, each in issued))
            clock.advance(EVERY.total_seconds())
            for counter in keys.counters:
                counter.remove_expired()
    numbers: dict[str, object] = {
        "days": days,
        "keys": total,
        "most_keys_a_day": most_keys,
        "looks": keys.evaluated,
        "most_looks_a_day": most_looks,
        "chance_a_day": f"{most_looks * 1e-6:.6f}",
        "operator_had_a_key_on_days": operator_days,
        "opened": opened,
    }
    held = most_keys <= MOST_KEYS and most_looks <= MOST_LOOKS and operator_days == days and not opened
    return Outcome(held and total >= days, numbers)


def _spend_nothing(_admin: str, _operator_id: str | None) -> None:
    """The control's budget."""


def guess_at_once(parallel: int, control: str | None = None) -> Outcome:
    """``parallel`` guesses at one key, in threads of ten guesses each; the control has one guess to a thread."""
    with access_keys(ManualClock()) as (keys, mailbox):
        id, key = keys.request("admin1").id, mailed_key(mailbox)  # noqa: A001
        if control == "read-then-write":
            parallel, each = 50, 1
            keys._attempts = ReadThenWrite(parallel)  # type: ignore[assignment]
        else:
            each = 10
        found = race_between(
            [
                lambda first=first: [outcome(keys, id, other_than(key, first + number)) for number in range(each)]
                for first in range(0, parallel, each)
            ]
        )
    opened = sum(some.count("session") for some in found)
    numbers: dict[str, object] = {"guesses": parallel, "looked_at": keys.evaluated, "opened": opened}
    return Outcome(keys.evaluated == GUESSES and not opened, numbers)
