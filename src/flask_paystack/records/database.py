"""The database under the records: connections, transactions, and errors turned into ours at this edge."""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from flask_paystack.errors import SettingsError, StorageUnavailable
from flask_paystack.forking import in_each_child
from flask_paystack.records.sqlite_turns import begin_writing
from flask_paystack.sqlite_durability import make_durable

WAIT = 10
"""Seconds that a transaction waits for its turn to write, or for a connection, before it gives up."""
STATEMENT_TIMEOUT = 15
"""Seconds after which PostgreSQL ends a statement of ours."""
CONNECTIONS = 7
"""Most connections of one process to PostgreSQL: with the store's four, eight processes stay below its usual hundred."""


class Database:
    """SQLite or PostgreSQL. Made before a process forks, it connects only when first used, and anew in each process.

    SQLite writes one at a time in WAL mode, each commit synced to disk before it returns (``synchronous=FULL``), so that
    what was acknowledged survives a loss of power. Its writers queue at a lock in the process, since SQLite itself refuses
    at once where people expect it to wait.
    """

    def __init__(self, url: str) -> None:
        self.url = re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", url)
        self.is_sqlite = self.url.startswith("sqlite")
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        in_each_child(self.forget_connections)

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database."""
        return Path(str(make_url(self.url).database)) if self.is_sqlite else None

    @property
    def engine(self) -> Engine:
        """The engine of this process."""
        with self._lock:
            if self._engine is None:
                self._engine = self._sqlite() if self.is_sqlite else self._postgresql()
            return self._engine

    def _sqlite(self) -> Engine:
        if self.path is not None:
            _make_folder(self.path)
        engine = create_engine(
            self.url,
            connect_args={"timeout": WAIT, "check_same_thread": False},
            pool_size=20,
            max_overflow=40,
            pool_timeout=WAIT,
            pool_use_lifo=True,  # the last writer goes on writing: every other connection has to read its pages again
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _postgresql(self) -> Engine:
        return create_engine(
            self.url,
            connect_args={
                "connect_timeout": 5,
                "tcp_user_timeout": WAIT * 1000,  # a peer that vanished is not waited for
                "keepalives_idle": 30,
                "options": f"-c statement_timeout={STATEMENT_TIMEOUT}s -c lock_timeout={WAIT}s -c timezone=UTC",
            },
            pool_size=4,
            max_overflow=CONNECTIONS - 4,
            pool_timeout=WAIT,
            pool_pre_ping=True,
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with _edge(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write: committed when the block ends, and not at all when it raises."""
        with _edge():
            if not self.is_sqlite:
                with self.engine.begin() as connection:
                    yield connection
                return
            if not self._writing.acquire(timeout=WAIT):
                raise StorageUnavailable("The database is too busy to write; nothing was kept.")
            try:
                with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
                    yield connection
            finally:
                self._writing.release()

    def forget_connections(self) -> None:
        """Leave connections to the process that made them: a child that used them too would garble both's words."""
        # The locks are new, since a thread that the child does not have may hold the old ones.
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose(close=False)

    def close(self) -> None:
        """Close every connection that nobody uses."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    def ping(self) -> None:
        """Raise StorageUnavailable where the database does not answer."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def refuse_if_forgetful(self) -> None:
        """Raise SettingsError where PostgreSQL would acknowledge a commit that a loss of power undoes."""
        if self.is_sqlite:
            return
        with self.reading() as connection:
            off = [
                name
                for name in ("fsync", "synchronous_commit", "full_page_writes")
                if connection.execute(text(f"SHOW {name}")).scalar_one() == "off"
            ]
        if off:
            raise SettingsError(
                [
                    f"DATABASE_URL: this PostgreSQL has {name} = off, so it may forget payments it acknowledged: turn it on."
                    for name in off
                ]
            )


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageUnavailable(f"The folder of {path} cannot be made: {error.strerror}.") from None


@contextmanager
def _edge() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error) as error:  # the last where a transaction is begun, below
        raise StorageUnavailable("The database did not do what was asked; nothing was kept.") from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, below
    make_durable(connection, WAIT)
    connection.execute("PRAGMA foreign_keys=ON").close()


def _begin_sqlite(connection: Connection) -> Any:
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    if not connection.get_execution_options().get("writes", False):
        driver.execute("BEGIN").close()
        return
    begin_writing(driver, WAIT)


def insert_or_nothing(connection: Connection, table: Table) -> Insert:
    """An INSERT that does nothing where a unique value is taken; ``rowcount`` tells."""
    return _insert_or_nothing(connection.dialect.name, table)


@cache
def _insert_or_nothing(dialect: str, table: Table) -> Insert:
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return make(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
