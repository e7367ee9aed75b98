"""The databases under test. Every test here runs on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_paystack.records.database import Database
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.payments import PaymentRecords
from flask_paystack.records.schema import metadata
from flask_paystack.records.webhooks import WebhookRecords
from tests.clock import ManualClock
from tests.records import events_in
from tests.servers import fresh_database


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/records.sqlite3"


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest) -> str:
    """Of a database without tables."""
    url: str = request.getfixturevalue("sqlite_url" if backend == "sqlite" else "postgres_url")
    return url


@pytest.fixture(scope="session")
def postgres_with_tables(postgres_server: str) -> Iterator[str]:
    """One PostgreSQL database for the session, since making one takes long: whoever uses it empties it."""
    with fresh_database(postgres_server) as url:
        database = Database(url)
        metadata.create_all(database.engine)
        database.close()
        yield url


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest) -> str:
    """Of a database with every table; ``test_upgrades`` shows that the migrations make the same ones."""
    url: str = request.getfixturevalue("sqlite_url" if backend == "sqlite" else "postgres_with_tables")
    return url


def ended(database: Database) -> None:
    """Close a database from which nothing may still be borrowed."""
    assert "Current Checked out connections: 0" in database.engine.pool.status()
    database.close()


@pytest.fixture
def empty_database(empty_url: str) -> Iterator[Database]:
    opened = Database(empty_url)
    yield opened
    ended(opened)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Every table, and not a row."""
    opened = Database(database_url)
    metadata.create_all(opened.engine)
    with opened.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    yield opened
    ended(opened)


@pytest.fixture
def other_database(database: Database, database_url: str) -> Iterator[Database]:
    """The same database, as another process has it."""
    opened = Database(database_url)
    yield opened
    ended(opened)


@pytest.fixture
def payments(database: Database, clock: ManualClock) -> PaymentRecords:
    return PaymentRecords(database, clock)


@pytest.fixture
def webhooks(database: Database, clock: ManualClock) -> WebhookRecords:
    return events_in(database, clock)


@pytest.fixture
def messages(database: Database, clock: ManualClock) -> MessageRecords:
    return MessageRecords(database, clock)


@pytest.fixture
def handovers(database: Database, clock: ManualClock) -> HandoverRecords:
    return HandoverRecords(database, clock)
