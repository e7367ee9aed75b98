"""The inbox: every correctly signed body, by its bytes."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, select, update

from flask_paystack.clock import Clock
from flask_paystack.mail.model import Message
from flask_paystack.records import leases, messages
from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.leases import Claim
from flask_paystack.records.pages import Page, read_page
from flask_paystack.records.schema import webhook_events
from flask_paystack.records.sealed_bodies import opened_body, sealed_body
from flask_paystack.sealing import Seal
from flask_paystack.webhooks.model import WebhookEvent

KEPT = "kept"
UNMATCHED = "unmatched"
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Finished:
    """How a claimed event ends: committed together with the effect it had."""

    claim: Claim
    state: str = leases.DONE
    event: str | None = None
    reference: str | None = None
    error: str | None = None


def finish_event(connection: Connection, finished: Finished, now: datetime) -> None:
    """End an event within the transaction of its effect. Raises LeaseLost."""
    leases.finish(
        connection,
        webhook_events,
        finished.claim,
        now,
        finished.state,
        event=finished.event,
        reference=finished.reference,
        error=finished.error,
    )


class WebhookRecords:
    """Events received, claimed and ended. Their bodies are kept sealed."""

    def __init__(self, database: Database, clock: Clock, seal: Seal) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal

    def keep(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Keep a body for ever, or count one more delivery of it. True where it was new.

        When this returns, it is on disk.
        """
        digest = hashlib.sha256(body).hexdigest()
        sealed = sealed_body(self._seal, digest, body)
        now = self._clock.now()
        with self._database.writing() as connection:
            added = connection.execute(
                insert_or_nothing(connection, webhook_events),
                {
                    "digest": digest,
                    **sealed,
                    "headers": dict(headers),
                    "received_at": now,
                    "last_delivery_at": now,
                    "deliveries": 1,
                    **leases.new_work(now),
                },
            )
            if added.rowcount == 1:
                return True
            connection.execute(
                update(webhook_events)
                .where(webhook_events.c.digest == digest)
                .values(deliveries=webhook_events.c.deliveries + 1, last_delivery_at=now)
            )
            return False

    def take_up(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Keep a body that was never delivered to us, unless it is known. True where it was new.

        It counts no delivery: should one still come, that will be its first.
        """
        digest = hashlib.sha256(body).hexdigest()
        sealed = sealed_body(self._seal, digest, body)
        now = self._clock.now()
        with self._database.writing() as connection:
            added = connection.execute(
                insert_or_nothing(connection, webhook_events).values(
                    digest=digest,
                    **sealed,
                    headers=dict(headers),
                    received_at=now,
                    last_delivery_at=now,
                    deliveries=0,
                    **leases.new_work(now),
                )
            )
        return added.rowcount == 1

    def is_known(self, body: bytes) -> bool:
        """Whether these bytes were ever kept, and not removed since."""
        query = select(webhook_events.c.id).where(webhook_events.c.digest == hashlib.sha256(body).hexdigest())
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def replay_repeated(self, body: bytes, events: Sequence[str]) -> None:
        """Process a body that came again once more, where it was an event of those names and is done."""
        now = self._clock.now()
        done = (
            (webhook_events.c.digest == hashlib.sha256(body).hexdigest())
            & (webhook_events.c.state == leases.DONE)
            & webhook_events.c.event.in_(events)
        )
        with self._database.writing() as connection:
            found = connection.execute(select(webhook_events.c.id).where(done)).scalar_one_or_none()
            if found is not None:
                leases.send_round_again(connection, webhook_events, found, now)

    def claim(self, limit: int, lease: timedelta) -> list[tuple[Claim, WebhookEvent]]:
        """Claim at most ``limit`` events that are due, oldest first."""
        with self._database.writing() as connection:
            rows = leases.claim_rows(connection, webhook_events, self._clock.now(), lease, limit)
        return [(leases.claim_of(webhook_events, row), self._event(row)) for row in rows]

    def next_lease_end(self) -> datetime | None:
        """When the first claim that holds will end; None where none does."""
        with self._database.reading() as connection:
            return leases.next_lease_end(connection, webhook_events, self._clock.now())

    def finish(self, finished: Finished) -> None:
        """End an event that had no effect on a payment. Raises LeaseLost."""
        with self._database.writing() as connection:
            finish_event(connection, finished, self._clock.now())

    def give_up(self, finished: Finished, mails: Iterable[Message]) -> None:
        """End an event that could not be processed, and mail those who look after it. Raises LeaseLost."""
        now = self._clock.now()
        with self._database.writing() as connection:
            finish_event(connection, finished, now)
            messages.queue(connection, mails, now)

    def put_back(self, claim: Claim, error: str, retry_at: datetime) -> None:
        """Leave an event for a later try. Raises LeaseLost."""
        with self._database.writing() as connection:
            leases.put_back(connection, webhook_events, claim, retry_at, error=error)

    def wait(self, claim: Claim, why: str, until: datetime) -> None:
        """Leave an event until its turn comes; that spends none of its tries. Raises LeaseLost."""
        with self._database.writing() as connection:
            leases.put_back(connection, webhook_events, claim, until, error=why, attempts=claim.attempt - 1)

    def replay(self, id: int) -> bool:  # noqa: A002
        """Process an ended event once more. False where there is none, or it waits already."""
        with self._database.writing() as connection:
            return leases.send_round_again(connection, webhook_events, id, self._clock.now())

    def replay_failed(self) -> int:
        """Process every event once more that waits for a person; how many."""
        failed = webhook_events.c.state.in_([leases.DEAD, UNREADABLE, UNMATCHED])
        with self._database.writing() as connection:
            return connection.execute(
                update(webhook_events)
                .where(failed)
                .values(state=leases.WAITING, attempts=0, next_attempt_at=self._clock.now(), lease_until=None)
            ).rowcount

    def get(self, id: int) -> WebhookEvent | None:  # noqa: A002
        """The event of that number."""
        with self._database.reading() as connection:
            row = connection.execute(select(webhook_events).where(webhook_events.c.id == id)).one_or_none()
        return None if row is None else self._event(row)

    def list_page(
        self, after: str | None, limit: int, state: str | None = None, reference: str | None = None
    ) -> Page[WebhookEvent]:
        """Events, newest first."""
        query = select(webhook_events)
        if state is not None:
            query = query.where(webhook_events.c.state == state)
        if reference is not None:
            query = query.where(webhook_events.c.reference == reference)
        with self._database.reading() as connection:
            return read_page(connection, query, [webhook_events.c.id], self._event, after, limit)

    def _event(self, row: Row[Any]) -> WebhookEvent:
        return WebhookEvent(
            id=row.id,
            opening=partial(opened_body, self._seal, row.digest, bytes(row.body), row.sealed_with),
            headers=row.headers,
            received_at=row.received_at,
            last_delivery_at=row.last_delivery_at,
            deliveries=row.deliveries,
            event=row.event,
            reference=row.reference,
            state=row.state,
            attempts=row.attempts,
            error=row.error,
            next_attempt_at=row.next_attempt_at,
            finished_at=row.finished_at,
        )
