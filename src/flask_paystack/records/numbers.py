"""Counts and sums over the records."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import Column, func, select

from flask_paystack.clock import Clock
from flask_paystack.paystack.model import DISPUTE_ENDED
from flask_paystack.records import leases
from flask_paystack.records.database import Database
from flask_paystack.records.schema import disputes, handovers, messages, payments, refunds, webhook_events

Number = TypeVar("Number")

SLOW = 0.1
"""Seconds from which on an answer is kept for a while."""
KEPT = 50
"""How many times as long as it took: so counting takes two hundredths of a process's time at most, however much there is."""


class NumberRecords:
    """What the records amount to.

    Counts and sums read all there is: in a shop of millions that takes a good part of a second. What took so long is told
    again for some seconds, in place of being counted anew at each look.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._counts = _Kept(self._count, clock)
        self._sums = _Kept(self._sum, clock)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many rows of each table are in each state."""
        return self._counts.get()

    def settled_sums(self) -> dict[str, int]:
        """What was paid and kept, in subunits, by currency: settled payments, without what was given back of them."""
        return self._sums.get()

    def _count(self) -> dict[str, dict[str, int]]:
        columns: dict[str, Column[str]] = {
            "payments": payments.c.status,
            "webhook_events": webhook_events.c.state,
            "messages": messages.c.state,
            "handovers": handovers.c.state,
        }
        with self._database.reading() as connection:
            return {
                name: dict(connection.execute(select(column, func.count()).group_by(column)).all())
                for name, column in columns.items()
            }

    def _sum(self) -> dict[str, int]:
        paid = (
            select(payments.c.currency, func.sum(func.coalesce(payments.c.paid_amount, payments.c.amount)))
            .where(payments.c.status == "success")
            .group_by(payments.c.currency)
        )
        given_back = (
            select(payments.c.currency, func.sum(refunds.c.amount))
            .join(refunds, refunds.c.reference == payments.c.reference)
            .where(payments.c.status == "success", refunds.c.status == "processed")
            .group_by(payments.c.currency)
        )
        with self._database.reading() as connection:
            back = dict(connection.execute(given_back).all())
            return {currency: int(total) - int(back.get(currency, 0)) for currency, total in connection.execute(paid)}

    def open_disputes(self) -> int:
        """How many disputes may still be answered."""
        query = select(func.count()).select_from(disputes).where(disputes.c.status.not_in(DISPUTE_ENDED))
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def oldest_waiting_event(self) -> datetime | None:
        """When the webhook event came that has waited longest for its processing."""
        oldest = select(func.min(webhook_events.c.received_at)).where(webhook_events.c.state == leases.WAITING)
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(oldest).scalar_one()
        return found

    def checkouts_since_last_webhook(self) -> tuple[int, datetime | None]:
        """How many checkouts of this day began since Paystack last delivered anything, and when the first of them did."""
        day_ago = self._clock.now() - timedelta(hours=24)
        since = max(self.last_webhook() or day_ago, day_ago)
        query = select(func.count(), func.min(payments.c.created_at)).where(
            payments.c.created_at > since, payments.c.authorization_url.is_not(None)
        )
        with self._database.reading() as connection:
            count, oldest = connection.execute(query).one()
        return int(count), oldest

    def failing_handovers(self, tries: int) -> int:
        """How many hand-overs were refused so often, or given up."""
        failing = (handovers.c.state == leases.DEAD) | (
            (handovers.c.state == leases.WAITING) & (handovers.c.attempts >= tries) & handovers.c.error.is_not(None)
        )
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(handovers).where(failing)).scalar_one())

    def last_webhook(self) -> datetime | None:
        """When Paystack last delivered anything."""
        last = select(func.max(webhook_events.c.last_delivery_at)).where(webhook_events.c.deliveries > 0)
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(last).scalar_one()
        return found


class _Kept(Generic[Number]):
    """The last answer to a question, asked by one thread at a time."""

    def __init__(self, ask: Callable[[], Number], clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._answer: tuple[Number, float] | None = None

    def get(self) -> Number:
        with self._lock:
            began = self._clock.monotonic()
            if self._answer is not None and began < self._answer[1]:
                return self._answer[0]
            answer = self._ask()
            took = self._clock.monotonic() - began
            self._answer = (answer, began + took + KEPT * took) if took >= SLOW else None
            return answer
