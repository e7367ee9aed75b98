"""Expiring maps in one table of SQLite or PostgreSQL.

Every verb is one statement that commits itself, so it is atomic without a transaction around it: SQLite takes
its write lock as the statement begins, PostgreSQL locks the row.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    ColumnElement,
    Engine,
    Executable,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    and_,
    case,
    create_engine,
    delete,
    event,
    func,
    not_,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from flask_paystack.clock import Clock
from flask_paystack.errors import StorageUnavailable
from flask_paystack.expiring.contract import CLOCK_SKEW, ExpiringMap, ExpiringStore, Hits, Json
from flask_paystack.expiring.encoding import (
    duration_microseconds,
    key_bytes,
    microseconds,
    text_value,
    value_text,
)
from flask_paystack.forking import in_each_child
from flask_paystack.sqlite_durability import make_durable

WAIT = 10
"""Seconds that a statement on SQLite waits for its turn to write."""
SWEEP_BATCH = 500
"""Rows removed in one statement, so that a long sweep never holds a lock for long."""

_CREATION_LOCK = 7_265_747_001
"""The PostgreSQL advisory lock under which the table is created: IF NOT EXISTS alone fails in a race."""

entries = Table(
    "expiring_entries",
    MetaData(),
    Column("map", String(64), primary_key=True),
    Column("key", LargeBinary, primary_key=True),  # bytes, since text in PostgreSQL refuses NUL
    Column("value", Text),  # JSON; null in a counter
    Column("hits", Integer),  # null in an entry that was added
    Column("expires_at", BigInteger, nullable=False),  # microseconds since 1970, UTC
)
by_expiry = Index("ix_expiring_entries_map_expires_at", entries.c.map, entries.c.expires_at)


class SqlMap(ExpiringMap):
    """The rows of the table that carry the map's name."""

    def __init__(self, name: str, lifetime: timedelta, store: "SqlStore", clock: Clock) -> None:
        super().__init__(name, lifetime)
        self._store = store
        self._clock = clock
        self._lifetime = duration_microseconds(lifetime)
        self._longest = duration_microseconds(lifetime + CLOCK_SKEW)

    def add(self, key: str, value: Json) -> bool:
        now = self._now()
        insert = self._store.insert(entries).values(
            map=self.name, key=key_bytes(key), value=value_text(value), expires_at=now + self._lifetime
        )
        statement = insert.on_conflict_do_update(
            index_elements=[entries.c.map, entries.c.key],
            set_={"value": insert.excluded.value, "hits": null(), "expires_at": insert.excluded.expires_at},
            where=not_(self._alive(now)),
        )
        return bool(self._store.write(statement.returning(entries.c.expires_at)))

    def get(self, key: str) -> Json | None:
        now = self._now()
        here = self._row(key)
        rows = self._store.read(select(entries).where(here))
        value = self._value(rows[0], now) if rows else None
        if rows and value is None:
            self._store.write(delete(entries).where(here, not_(self._alive(now))).returning(entries.c.key))
        return value

    def take(self, key: str) -> Json | None:
        now = self._now()
        rows = self._store.write(delete(entries).where(self._row(key)).returning(*entries.c))
        return self._value(rows[0], now) if rows else None

    def hit(self, key: str) -> Hits:
        now = self._now()
        insert = self._store.insert(entries).values(
            map=self.name, key=key_bytes(key), hits=1, expires_at=now + self._lifetime
        )
        alive = self._alive(now)
        statement = insert.on_conflict_do_update(
            index_elements=[entries.c.map, entries.c.key],
            set_={
                "value": null(),
                "hits": case((alive, entries.c.hits + 1), else_=1),
                "expires_at": case((alive, entries.c.expires_at), else_=insert.excluded.expires_at),
            },
            where=or_(not_(alive), entries.c.hits.is_not(None)),
        )
        rows = self._store.write(statement.returning(entries.c.hits, entries.c.expires_at))
        if not rows:
            raise TypeError("This key holds a value; it does not count hits.")
        return Hits(rows[0].hits, (rows[0].expires_at - now) / 1_000_000)

    def delete(self, key: str) -> bool:
        return self.take(key) is not None

    def remove_expired(self) -> int:
        expired = and_(entries.c.map == self.name, entries.c.expires_at <= self._now())
        batch = select(entries.c.map, entries.c.key).where(expired).limit(SWEEP_BATCH)
        # Two sweeps at once each lock rows of their own (SQLite has one writer, and does without). A subquery in
        # place of the CTE would be run anew for every row, and its limit would limit nothing.
        mine = batch.with_for_update(skip_locked=True).cte("batch")
        keys = select(mine.c.map, mine.c.key)
        statement = delete(entries).where(tuple_(entries.c.map, entries.c.key).in_(keys))
        removed = 0
        while rows := self._store.write(statement.returning(entries.c.expires_at)):
            removed += len(rows)
        return removed

    def _now(self) -> int:
        return microseconds(self._clock.now())

    def _row(self, key: str) -> ColumnElement[bool]:
        return and_(entries.c.map == self.name, entries.c.key == key_bytes(key))

    def _alive(self, now: int) -> ColumnElement[bool]:
        return and_(entries.c.expires_at > now, entries.c.expires_at <= now + self._longest)

    def _value(self, row: Row[Any], now: int) -> Json | None:
        if not now < row.expires_at <= now + self._longest:
            return None
        hits: int | None = row.hits
        return text_value(row.value) if hits is None else hits


class SqlStore(ExpiringStore):
    """Maps in the table ``expiring_entries``, created if absent. It may share the records' database."""

    shared = True

    def __init__(self, url: str, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.engine = _engine(url)
        self._on_sqlite = self.engine.dialect.name == "sqlite"
        self.insert = sqlite.insert if self._on_sqlite else postgresql.insert
        self._writer = self._new_writer()
        in_each_child(self._start_anew)
        try:
            self._create_table()
        except StorageUnavailable:
            self.engine.dispose()
            raise

    def _new_writer(self) -> AbstractContextManager[object]:
        # SQLite has one writer at a time. Our threads queue here, where waiting is fair, and not in its busy handler.
        return threading.Lock() if self._on_sqlite else nullcontext()

    def _start_anew(self) -> None:
        """In a child: its parent's connections are not its own, and nobody there holds the parent's lock."""
        self.engine.dispose(close=False)
        self._writer = self._new_writer()

    def _open_map(self, name: str, lifetime: timedelta) -> ExpiringMap:
        return SqlMap(name, lifetime, self, self._clock)

    def ping(self) -> None:
        self.read(select(entries.c.map).limit(1))

    def close(self) -> None:
        self.engine.dispose()

    def read(self, statement: Executable) -> Sequence[Row[Any]]:
        """All rows the statement finds."""
        with _driver_errors(), self.engine.connect() as connection:
            return connection.execute(statement).all()

    def write(self, statement: Executable) -> Sequence[Row[Any]]:
        """Commit the statement, and return all rows it returns."""
        with self._writer:
            return self.read(statement)

    def _create_table(self) -> None:
        in_one_transaction = self.engine.execution_options(isolation_level="SERIALIZABLE")
        with self._writer, _driver_errors(), in_one_transaction.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_CREATION_LOCK)))
            connection.execute(CreateTable(entries, if_not_exists=True))
            connection.execute(CreateIndex(by_expiry, if_not_exists=True))


@contextmanager
def _driver_errors() -> Iterator[None]:
    """Turn what a driver raises into our failure, once, at the edge."""
    try:
        yield
    except SQLAlchemyError as cause:
        raise StorageUnavailable("The store for keys and sessions did not answer.") from cause


def _engine(text_url: str) -> Engine:
    try:
        url = make_url(text_url)
    except (ArgumentError, ValueError):
        # Without its cause, which may quote a piece of a password that was not percent-encoded.
        raise ValueError("The address of the store is not a database URL.") from None
    return _sqlite_engine(url) if url.get_backend_name() == "sqlite" else _postgres_engine(url)


def _sqlite_engine(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("A SQLite store needs a file: sqlite:///path/to/store.db. Without one, use memory://.")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"The folder of {url.database} cannot be made: {error.strerror}.") from None
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"timeout": WAIT})

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        make_durable(connection, WAIT)

    return engine


def _postgres_engine(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        connect_args={"connect_timeout": 5, "tcp_user_timeout": 5000},
        pool_size=2,
        max_overflow=2,  # every verb is one short statement: few connections serve many threads
        pool_pre_ping=True,
        pool_timeout=5,
    )

    @event.listens_for(engine, "connect")
    def _bounded(connection: Any, _record: Any) -> None:
        """No statement of ours takes long; one that does is waiting for something that is broken."""
        connection.execute("SET statement_timeout = '5s'")
        connection.commit()

    return engine
