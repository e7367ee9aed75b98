"""One access key, many who come with it at the same moment: one session, and none for another id or admin (FAULTS R40).

On every kind of store. The control looks the key up and then removes it, in two steps.
"""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from flask_paystack.clock import SystemClock
from flask_paystack.expiring import ExpiringMap, Json, open_store
from flask_paystack.mail.sender import Sender
from flask_paystack.sessions.service import Sessions
from tests.admin_keys import ADMINS, SECRET, CountingKeys, mailed_key, other_than, outcome
from tests.clock import ManualClock
from tests.faults import Outcome, silence
from tests.faults.pair import scratch
from tests.mail import ShopLinks, mail_settings
from tests.race import race
from tests.servers import running_redis
from tests.smtp import Mailbox, running_smtp

CONTROLS = ("look-then-remove",)
STORES = ("memory", "redis", "sqlite")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--parallel", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return use_at_once(options.parallel, options.rounds, STORES, options.control)


def use_at_once(parallel: int, rounds: int, stores: tuple[str, ...] = STORES, control: str | None = None) -> Outcome:
    """``rounds`` keys on each store, each used by ``parallel`` threads at once, and then in every wrong way."""
    sessions, strange = [], 0
    for store in stores:
        with _keys(store) as (keys, mailbox):
            if control:
                keys._keys = LookThenRemove(keys._keys)  # type: ignore[assignment]
            for number in range(rounds):
                strange += _wrong_ways(keys, mailbox, number)
                use = partial(outcome, keys, keys.issue("admin1").id, mailed_key(mailbox))
                sessions.append(race(parallel, use).count("session"))
                strange += use() == "session"
    numbers: dict[str, object] = {
        "stores": ",".join(stores),
        "keys": len(sessions),
        "uses": parallel * len(sessions),
        "most_sessions_a_key": max(sessions),
        "fewest_sessions_a_key": min(sessions),
        "sessions_by_other_bindings": strange,
    }
    return Outcome(set(sessions) == {1} and not strange, numbers)


def _wrong_ways(keys: CountingKeys, mailbox: Mailbox, number: int) -> int:
    """How many sessions are opened by the right key with another's id, of the same admin and of another."""
    first, first_key = keys.issue("admin1").id, mailed_key(mailbox)
    second, second_key = keys.issue("admin2").id, mailed_key(mailbox)
    third = keys.issue("admin1").id
    if len({first_key, second_key, mailed_key(mailbox)}) < 3:
        return 0  # the same six digits by chance: there is no wrong way
    tries = [
        (second, first_key),
        (first, second_key),
        (third, first_key),
        (first, other_than(first_key, number)),
        (first[:-1], first_key),
        (first.partition("-")[0], first_key),
        (first, f" {first_key}"),
    ]
    return sum(outcome(keys, id, key) == "session" for id, key in tries)  # noqa: A001


@contextmanager
def _keys(store: str) -> Iterator[tuple[CountingKeys, Mailbox]]:
    with ExitStack() as stack:
        stack.enter_context(silence())
        urls = {
            "memory": lambda: "memory://",
            "redis": lambda: stack.enter_context(running_redis()),
            "sqlite": lambda: f"sqlite:///{stack.enter_context(scratch())}/store.sqlite3",
        }
        clock = ManualClock()
        opened = open_store(urls[store](), clock)
        stack.callback(opened.close)
        mailbox = stack.enter_context(running_smtp())
        sender = Sender(mail_settings(mailbox.port), SystemClock())
        yield CountingKeys(ADMINS, opened, Sessions(opened, ADMINS), sender, ShopLinks(), (SECRET,), clock), mailbox


class LookThenRemove:
    """A map whose ``take`` is two steps."""

    def __init__(self, inner: ExpiringMap) -> None:
        self._inner = inner

    def take(self, key: str) -> Json | None:
        value = self._inner.get(key)
        if value is not None:
            for _ in range(20):  # what else a request does meanwhile
                self._inner.get(key)
            self._inner.delete(key)
        return value

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
