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


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/records.sqlite3"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def empty_database(database_url: str) -> Iterator[Database]:
    """A database without tables, which must end with nothing still borrowed from it."""
    opened = Database(database_url)
    yield opened
    assert "Current Checked out connections: 0" in opened.engine.pool.status()
    opened.close()


@pytest.fixture
def database(empty_database: Database) -> Database:
    """A database with every table; ``test_upgrades`` shows that the migrations make the same ones."""
    metadata.create_all(empty_database.engine)
    return empty_database


@pytest.fixture
def other_database(database: Database, database_url: str) -> Iterator[Database]:
    """The same database, as another process has it."""
    opened = Database(database_url)
    yield opened
    assert "Current Checked out connections: 0" in opened.engine.pool.status()
    opened.close()


@pytest.fixture
def payments(database: Database, clock: ManualClock) -> PaymentRecords:
    return PaymentRecords(database, clock)


@pytest.fixture
def webhooks(database: Database, clock: ManualClock) -> WebhookRecords:
    return WebhookRecords(database, clock)


@pytest.fixture
def messages(database: Database, clock: ManualClock) -> MessageRecords:
    return MessageRecords(database, clock)


@pytest.fixture
def handovers(database: Database, clock: ManualClock) -> HandoverRecords:
    return HandoverRecords(database, clock)
