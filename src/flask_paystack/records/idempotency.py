"""Idempotency keys: what was answered to a request, so that its repeat gets the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from flask_paystack.clock import Clock
from flask_paystack.errors import IdempotencyKeyReused, IdempotencyKeyRunning
from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.removing import remove_batches
from flask_paystack.records.schema import idempotency_keys as keys


@dataclass(frozen=True)
class Begun:
    """What is known of an idempotency key when a request with it begins."""

    order: str
    """The order that this key stands for: every try with it belongs there, whatever became of the one before."""
    answer: Mapping[str, Any] | None = field(default=None, repr=False)
    """The answer to give again; None where the work is still to be done."""


class IdempotencyRecords:
    """Keys by scope, each kept for a day."""

    def __init__(self, database: Database, clock: Clock, lifetime: timedelta, lease: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._lifetime = lifetime
        self._lease = lease

    def begin(self, scope: str, body_digest: str, order: str) -> Begun:
        """Take the right to answer a request. ``order`` is kept with a new key, before anything is done.

        Raises:
            IdempotencyKeyReused: the key came with another body.
            IdempotencyKeyRunning: a request with it is being answered.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            connection.execute(delete(keys).where(keys.c.scope == scope, keys.c.expires_at <= now))
            added = connection.execute(
                insert_or_nothing(connection, keys).values(
                    scope=scope,
                    body_digest=body_digest,
                    order_id=order,
                    running_until=now + self._lease,
                    expires_at=now + self._lifetime,
                )
            )
            if added.rowcount == 1:
                return Begun(order)
            row = connection.execute(select(keys).where(keys.c.scope == scope).with_for_update()).one_or_none()
            if row is None:  # forgotten a moment ago, since its day was over
                raise IdempotencyKeyRunning("This Idempotency-Key is being forgotten.", retry_after=1)
            if row.body_digest != body_digest:
                raise IdempotencyKeyReused("This Idempotency-Key was sent before with another body.")
            if row.answer is not None:
                return Begun(row.order_id, row.answer)
            if row.running_until is not None and row.running_until > now:
                raise IdempotencyKeyRunning("A request with this Idempotency-Key is being answered.", retry_after=1)
            connection.execute(update(keys).where(keys.c.scope == scope).values(running_until=now + self._lease))
            return Begun(row.order_id)

    def answered(self, scope: str, answer: Mapping[str, Any]) -> None:
        """Remember the answer."""
        self._update(scope, answer=dict(answer), running_until=None)

    def gave_up(self, scope: str) -> None:
        """Let the next request with this key do the work."""
        self._update(scope, running_until=None)

    def _update(self, scope: str, **values: Any) -> None:
        with self._database.writing() as connection:
            connection.execute(update(keys).where(keys.c.scope == scope).values(**values))

    def remove_expired(self) -> int:
        """Forget keys whose day is over; how many."""
        return sum(count for _, count in remove_batches(self._database, keys.c.expires_at, self._clock.now()))
