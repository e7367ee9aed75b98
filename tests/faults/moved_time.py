"""A shop whose time is moved, for faults that take hours: its jobs run by hand, when their periods say."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import func, select

from flask_paystack.payments.model import Payment
from flask_paystack.records.schema import payments
from flask_paystack.wiring import engines
from paystack_simulator import SimulatorAdapter
from tests.shop import PAYSTACK, Shop

MEMORY = Path("/dev/shm")  # noqa: S108  a directory of its own is made in it
"""Where there is one, databases lie in it: nobody loses power here, and a sync of a disk costs time."""
POLL = 10
"""Seconds from one run of the poller to the next."""


@contextmanager
def shop_of_moved_time(**settings: Any) -> Iterator[Shop]:
    """A shop in a directory of its own, whose poller does not wait for real between two questions."""
    directory = Path(
        tempfile.mkdtemp(prefix="flask-paystack-fault-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None)
    )
    pace, engines.POLLS_A_SECOND = engines.POLLS_A_SECOND, float("inf")  # type: ignore[assignment]
    try:
        with Shop(directory, **settings) as shop:
            yield shop
    finally:
        engines.POLLS_A_SECOND = pace
        shutil.rmtree(directory, ignore_errors=True)


class Ear(SimulatorAdapter):
    """Counts the questions about each payment, by the minute they were asked in."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.paystack)
        self._shop = shop
        self.questions: Counter[tuple[str, int]] = Counter()
        shop.session.mount(PAYSTACK, self)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        room, _, reference = str(request.path_url).rpartition("/")
        if room == "/transaction/verify":
            self.questions[reference, int(self._shop.clock.monotonic() // 60)] += 1
        return super().send(request, *args, **kwargs)

    @property
    def most_in_a_minute(self) -> int:
        """How often one payment was asked about within one minute, at the most."""
        return max(self.questions.values(), default=0)


def next_check(shop: Shop) -> float:
    """How many seconds from now the poller next has somebody to ask about; without end where it has nobody."""
    with shop.ours.records.database.reading() as connection:
        due = connection.execute(select(func.min(payments.c.next_check_at))).scalar_one()
    return float("inf") if due is None else (due - shop.clock.now()).total_seconds()


def kept(shop: Shop, reference: str) -> Payment:
    """The payment as the backend has it."""
    found = shop.ours.records.payments.get(reference)
    if found is None:
        raise LookupError(reference)
    return found


def count_messages(shop: Shop, kind: str) -> Counter[str]:
    """How many messages of a kind were queued about each payment."""
    found: Counter[str] = Counter()
    after: str | None = None
    while True:
        page = shop.ours.records.messages.list_page(after, 100)
        found.update(each.reference or "" for each in page.items if each.kind == kind)
        if page.next is None:
            return found
        after = page.next


def count_settled(shop: Shop, reference: str) -> int:
    """How often a payment was settled, by its timeline."""
    return sum(each.kind in {"settled", "accepted"} for each in shop.ours.records.payments.list_timeline(reference))
