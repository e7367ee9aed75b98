"""Disputes of payments, as Paystack last told of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, text, update

from flask_paystack.clock import Clock
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import DisputeRow, Entry, Status
from flask_paystack.paystack.model import DISPUTE_ENDED, ProviderDispute
from flask_paystack.records import messages, timeline
from flask_paystack.records.database import Database
from flask_paystack.records.schema import ACCEPTED, disputes, payments
from flask_paystack.records.webhooks import Finished, finish_event


class DisputeRecords:
    """Disputes by payment, one row for each of Paystack's."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def take_in(
        self, reference: str, found: ProviderDispute, entry: Entry, queued: Iterable[Message], finished: Finished
    ) -> bool:
        """Keep what an event tells of a dispute, and end that event. False, and nothing told, where we knew better already.

        Raises LeaseLost where ``finished`` is no longer the caller's.
        """
        now = self._clock.now()
        values = {name: value for name, value in vars(found).items() if name != "claim"}
        with self._database.writing() as connection:
            connection.execute(select(payments.c.reference).where(payments.c.reference == reference).with_for_update())
            row = connection.execute(select(disputes).where(disputes.c.paystack_id == found.paystack_id)).one_or_none()
            is_news = row is None or not _is_old(row, found)
            if row is None:
                connection.execute(
                    insert(disputes).values(reference=reference, created_at=now, updated_at=now, **values)
                )
            elif is_news:
                connection.execute(update(disputes).where(disputes.c.id == row.id).values(updated_at=now, **values))
            if is_news:
                timeline.write(connection, reference, entry, now)
                messages.queue(connection, queued, now)
            finish_event(connection, finished, now)
        return is_news

    def list_disputes(self, reference: str) -> list[DisputeRow]:
        """The disputes of a payment, oldest first."""
        query = select(disputes).where(disputes.c.reference == reference).order_by(disputes.c.id)
        with self._database.reading() as connection:
            return [DisputeRow(**row._mapping) for row in connection.execute(query)]

    def list_unreturned(self, since: datetime, limit: int) -> list[str]:
        """The payments, at most ``limit``, of disputes accepted after ``since`` whose money is not known to have gone back."""
        query = (
            select(disputes.c.reference)
            .join(payments, payments.c.reference == disputes.c.reference)
            .where(text(f"disputes.{ACCEPTED}"), disputes.c.updated_at > since, payments.c.status != Status.REVERSED)
            .order_by(disputes.c.updated_at)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return list(dict.fromkeys(connection.execute(query).scalars()))


def _is_old(row: Row[Any], found: ProviderDispute) -> bool:
    """Whether an event tells of a state before the one we know: they come in any order (CONTRACT §6.1)."""
    if row.told_at is not None and found.told_at is not None and found.told_at != row.told_at:
        return bool(found.told_at < row.told_at)
    return row.status in DISPUTE_ENDED and found.is_open
