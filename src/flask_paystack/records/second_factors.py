"""Seeds of second factors, sealed, and what was used of them; recovery codes, as hashes."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from flask_paystack.accounts.model import SecondFactor
from flask_paystack.clock import Clock
from flask_paystack.mail.model import Message
from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.messages import queue
from flask_paystack.records.schema import recovery_codes as recovery
from flask_paystack.records.schema import second_factors as factors
from flask_paystack.sealing import Seal

NEVER = -1
"""Comes before every step of time."""


class SecondFactorRecords:
    """One factor for each user at the most: it waits to be confirmed, or is in force."""

    def __init__(self, database: Database, clock: Clock, seal: Seal) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal

    def get(self, user_id: str) -> SecondFactor | None:
        """The factor of that user. Raises CannotOpen where its seed is not ours to open."""
        with self._database.reading() as connection:
            row = connection.execute(select(factors).where(factors.c.user_id == user_id)).one_or_none()
        if row is None:
            return None
        seed = self._seal.open(row.sealed_seed, _about(user_id)).decode()
        return SecondFactor(user_id, seed, row.sealed_seed, row.confirmed_at is not None)

    def is_in_force(self, user_id: str) -> bool:
        """Whether that user logs in with a second factor."""
        query = select(factors.c.user_id).where(factors.c.user_id == user_id, factors.c.confirmed_at.is_not(None))
        with self._database.reading() as connection:
            return connection.execute(query).one_or_none() is not None

    def put(self, user_id: str, seed: str) -> bool:
        """Keep a seed that waits to be confirmed, in place of an earlier one that waited. False where one is in force."""
        sealed = self._seal.seal(seed.encode(), _about(user_id))
        values = {"user_id": user_id, "sealed_seed": sealed, "confirmed_at": None, "last_step": NEVER}
        with self._database.writing() as connection:
            connection.execute(delete(factors).where(factors.c.user_id == user_id, factors.c.confirmed_at.is_(None)))
            return connection.execute(insert_or_nothing(connection, factors).values(**values)).rowcount == 1

    def confirm(self, factor: SecondFactor, step: int, digests: Iterable[str], told: Iterable[Message]) -> bool:
        """Put a factor that waits in force, its code of ``step`` used, with these recovery codes.

        False where it waits no more, or another took its place: of several who come at once, one confirms it.
        """
        query = (
            update(factors)
            .where(_is(factor), factors.c.confirmed_at.is_(None))
            .values(confirmed_at=self._clock.now(), last_step=step)
        )
        with self._database.writing() as connection:
            if connection.execute(query).rowcount == 0:
                return False
            connection.execute(insert(recovery), [{"digest": each, "user_id": factor.user_id} for each in digests])
            queue(connection, told, self._clock.now())
        return True

    def use_step(self, factor: SecondFactor, step: int) -> bool:
        """Use up the code of ``step``, and of every step before. Of any number who come with one code, one hears True."""
        query = (
            update(factors)
            .where(_is(factor), factors.c.confirmed_at.is_not(None), factors.c.last_step < step)
            .values(last_step=step)
        )
        with self._database.writing() as connection:
            return connection.execute(query).rowcount == 1

    def use_recovery_code(self, user_id: str, digest: str) -> bool:
        """Use up a recovery code. Of any number who come with one, one hears True."""
        query = delete(recovery).where(recovery.c.digest == digest, recovery.c.user_id == user_id)
        with self._database.writing() as connection:
            return connection.execute(query).rowcount == 1

    def remove(self, user_id: str, told: Iterable[Message]) -> bool:
        """Forget the factor and its recovery codes. False where none was in force: what waited is forgotten all the same."""
        with self._database.writing() as connection:
            was_in_force = _forget(connection, user_id)
            if was_in_force:
                queue(connection, told, self._clock.now())
        return was_in_force


def _is(factor: SecondFactor) -> ColumnElement[bool]:
    """The very same: sealed anew, even the same seed is sealed otherwise."""
    return and_(factors.c.user_id == factor.user_id, factors.c.sealed_seed == factor.sealed)


def _forget(connection: Connection, user_id: str) -> bool:
    mine = factors.c.user_id == user_id
    was_in_force = connection.execute(delete(factors).where(mine, factors.c.confirmed_at.is_not(None))).rowcount == 1
    connection.execute(delete(factors).where(mine))
    connection.execute(delete(recovery).where(recovery.c.user_id == user_id))
    return was_in_force


def _about(user_id: str) -> str:
    return f"second_factors.seed {user_id}"
