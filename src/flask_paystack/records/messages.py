"""The e-mail outbox."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from flask_paystack.clock import Clock
from flask_paystack.mail.model import Message, QueuedMessage
from flask_paystack.records import leases
from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.leases import Claim
from flask_paystack.records.pages import Page, read_page
from flask_paystack.records.schema import messages


def queue(connection: Connection, queued: Iterable[Message], now: datetime) -> None:
    """Add messages within somebody's transaction; one whose identity is known is not added again."""
    for message in queued:
        connection.execute(
            insert_or_nothing(connection, messages),
            {
                "identity": message.identity,
                "kind": message.kind,
                "recipient": message.recipient,
                "reference": message.reference,
                "context": dict(message.context),
                "created_at": now,
                **leases.new_work(now),
            },
        )


class MessageRecords:
    """Messages waiting, sent and given up."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, *queued: Message) -> None:
        """Queue messages that belong to no other change."""
        with self._database.writing() as connection:
            queue(connection, queued, self._clock.now())

    def claim(self, limit: int, lease: timedelta) -> list[tuple[Claim, QueuedMessage]]:
        """Claim at most ``limit`` messages that are due."""
        with self._database.writing() as connection:
            rows = leases.claim_rows(connection, messages, self._clock.now(), lease, limit)
        return [(leases.claim_of(messages, row), _message(row)) for row in rows]

    def next_lease_end(self) -> datetime | None:
        """When the first claim that holds will end; None where none does."""
        with self._database.reading() as connection:
            return leases.next_lease_end(connection, messages, self._clock.now())

    def sent(self, claim: Claim) -> None:
        """The mail server took it. Raises LeaseLost."""
        with self._database.writing() as connection:
            leases.finish(connection, messages, claim, self._clock.now(), leases.DONE, error=None)

    def failed(self, claim: Claim, error: str, retry_at: datetime | None) -> None:
        """It was not taken: try again at ``retry_at``, or never. Raises LeaseLost."""
        with self._database.writing() as connection:
            if retry_at is None:
                leases.finish(connection, messages, claim, self._clock.now(), leases.DEAD, error=error)
            else:
                leases.put_back(connection, messages, claim, retry_at, error=error)

    def resend(self, id: int) -> bool:  # noqa: A002
        """Send an ended message once more. False where there is none, or it waits already."""
        with self._database.writing() as connection:
            return leases.send_round_again(connection, messages, id, self._clock.now())

    def get(self, id: int) -> QueuedMessage | None:  # noqa: A002
        """The message of that number."""
        with self._database.reading() as connection:
            row = connection.execute(select(messages).where(messages.c.id == id)).one_or_none()
        return None if row is None else _message(row)

    def list_page(
        self, after: str | None, limit: int, state: str | None = None, reference: str | None = None
    ) -> Page[QueuedMessage]:
        """Messages, newest first."""
        query = select(messages)
        if state is not None:
            query = query.where(messages.c.state == state)
        if reference is not None:
            query = query.where(messages.c.reference == reference)
        with self._database.reading() as connection:
            return read_page(connection, query, [messages.c.id], _message, after, limit)


def _message(row: Row[Any]) -> QueuedMessage:
    return QueuedMessage(
        id=row.id,
        identity=row.identity,
        kind=row.kind,
        recipient=row.recipient,
        reference=row.reference,
        context=row.context,
        state=row.state,
        attempts=row.attempts,
        error=row.error,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        finished_at=row.finished_at,
    )
