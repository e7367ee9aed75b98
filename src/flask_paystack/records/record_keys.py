"""The keys under which records are sealed, each wrapped once for every secret that may open it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from flask_paystack.clock import Clock
from flask_paystack.errors import StorageUnavailable
from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.schema import record_key_wraps as wraps
from flask_paystack.records.schema import record_keys
from flask_paystack.sealing import RecordKey, Wrapper

log = logging.getLogger(__name__)

TRIES = 20
"""How many others may each keep a key that our secrets do not open, while we make ours."""

SHUT = (
    "Record key {} is opened by no value of RECORDS_SECRET (or of JWT_SECRET, where that is unset): put the value of its day"
    " behind the newest one and restart. What is sealed under it cannot be read before, and is kept."
)


@dataclass(frozen=True)
class Wrap:
    """A key as one secret opens it."""

    rank: int
    """The higher, the newer the secret."""
    wrapped: bytes


Kept = Mapping[int, Mapping[str, Wrap]]
"""The wraps of each key, by the names of their secrets."""


class RecordKeyRecords:
    """Makes keys and finds them. What was opened once stays open in this process.

    No key is ever removed, and no wrap of one that stays shut: what is sealed under it opens again as soon as its secret is
    back.

    Args:
        secrets: newest first. Each key is wrapped under all of them.
        also_open: further secrets that may have wrapped one, and shall no longer.
    """

    def __init__(self, database: Database, clock: Clock, secrets: Sequence[str], also_open: Sequence[str] = ()) -> None:
        self._database = database
        self._clock = clock
        self._wrappers = {each.name: each for each in map(Wrapper, secrets)}
        self._openers = {**self._wrappers, **{each.name: each for each in map(Wrapper, also_open)}}
        self._opened: dict[int, RecordKey] = {}

    def make_ready(self) -> None:
        """Open what our secrets open, wrap it under each of them, and drop what older secrets opened.

        A key that stays shut is told in the log, and keeps nobody from starting.
        """
        kept = self._read()
        if any(self._is_to_wrap(kept.get(number, {})) for number in self._opened):
            with self._database.writing() as connection:
                # Of several who start at once, one after the other.
                connection.execute(select(record_keys.c.id).order_by(record_keys.c.id).with_for_update())
                kept = self._read_in(connection)
                for number, key in self._opened.items():
                    self._wrap(connection, key, kept.get(number, {}))
        for number in sorted(kept.keys() - self._opened.keys()):
            log.error("%s", SHUT.format(number))

    def list_shut(self) -> list[int]:
        """The numbers of the keys that none of our secrets opens."""
        return sorted(self._read().keys() - self._opened.keys())

    def current(self) -> RecordKey:
        """The newest key that we can open; where there is none, a new one is made and kept first.

        However many processes do so at once, those with the same secrets agree on one. Raises StorageUnavailable.
        """
        if not self._opened:
            self._read()
        for _ in range(TRIES):
            if self._opened:
                return self._opened[max(self._opened)]
            self._make()
        raise StorageUnavailable("No key to seal with could be kept.")

    def find(self, number: int) -> RecordKey | None:
        """The key of that number, looked up where another process made it; None where no secret of ours opens it."""
        if number not in self._opened:
            self._read()
        return self._opened.get(number)

    def _make(self) -> None:
        """Keep a new key, unless somebody else keeps one meanwhile."""
        with self._database.writing() as connection:
            self._read_in(connection)
            if self._opened:
                return
            newest = connection.execute(select(func.max(record_keys.c.id))).scalar_one()
            key = RecordKey.make((newest or 0) + 1)
            row = {"id": key.id, "created_at": self._clock.now()}
            if connection.execute(insert_or_nothing(connection, record_keys).values(**row)).rowcount == 1:
                self._wrap(connection, key, {})
        self._read()  # only what is committed may seal

    def _read(self) -> Kept:
        with self._database.reading() as connection:
            return self._read_in(connection)

    def _read_in(self, connection: Connection) -> Kept:
        """Every key's wraps. From now on those are open that our secrets open."""
        rows = connection.execute(
            select(record_keys.c.id, wraps.c.secret_name, wraps.c.rank, wraps.c.wrapped).outerjoin_from(
                record_keys, wraps, record_keys.c.id == wraps.c.key_id
            )
        )
        kept: dict[int, dict[str, Wrap]] = {}
        for row in rows:
            found = kept.setdefault(row.id, {})
            if row.secret_name is not None:
                found[row.secret_name] = Wrap(row.rank, bytes(row.wrapped))
        opened = {number: self._open(number, found) for number, found in kept.items() if number not in self._opened}
        self._opened = {**self._opened, **{number: key for number, key in opened.items() if key is not None}}
        return kept

    def _open(self, number: int, found: Mapping[str, Wrap]) -> RecordKey | None:
        tries = (each.unwrap(number, found[name].wrapped) for name, each in self._openers.items() if name in found)
        return next((key for key in tries if key is not None), None)

    def _is_to_wrap(self, found: Mapping[str, Wrap]) -> bool:
        ranks, old = _changes(found, [*self._wrappers])
        return bool(ranks or old)

    def _wrap(self, connection: Connection, key: RecordKey, found: Mapping[str, Wrap]) -> None:
        ranks, old = _changes(found, [*self._wrappers])
        of_key = wraps.c.key_id == key.id
        for name, rank in ranks.items():
            row = {"key_id": key.id, "secret_name": name, "rank": rank, "wrapped": self._wrappers[name].wrap(key)}
            connection.execute(insert_or_nothing(connection, wraps).values(**row))
            connection.execute(update(wraps).where(of_key, wraps.c.secret_name == name).values(rank=rank))
        connection.execute(delete(wraps).where(of_key, wraps.c.secret_name.in_(old)))


def _changes(found: Mapping[str, Wrap], names: Sequence[str]) -> tuple[dict[str, int], set[str]]:
    """What has to be written, so that a key is wrapped under the secrets of those names, newest first, and no older one.

    A secret that we do not have is older than ours where its rank is below our newest's. So whoever starts with a secret
    of yesterday, while others already have today's, takes nothing away from them.

    Returns:
        Ranks to write, and the names of wraps to drop.
    """
    newest, *others = names
    ranks = {name: 0 for name in others if name not in found}
    below = found if newest not in found else {name: found[name] for name in others if name in found}
    highest = max((wrap.rank for wrap in below.values()), default=0)
    rank = found[newest].rank if newest in found else 0
    if rank <= highest:
        ranks[newest] = rank = highest + 1
    return ranks, {name for name, wrap in found.items() if name not in names and wrap.rank < rank}
