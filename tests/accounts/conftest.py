"""Accounts over SQLite, and their records over every database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_paystack.accounts.second_factors import SecondFactors
from flask_paystack.accounts.service import Accounts
from flask_paystack.expiring import ExpiringStore, open_store
from flask_paystack.records.accounts import AccountRecords
from flask_paystack.records.database import Database
from flask_paystack.records.logins import LoginRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.schema import metadata
from tests.accounts import accounts_over
from tests.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with every table, which must end with nothing still borrowed from it."""
    url = f"sqlite:///{tmp_path}/a.sqlite3" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = Database(url)
    metadata.create_all(opened.engine)
    yield opened
    assert "Current Checked out connections: 0" in opened.engine.pool.status()
    opened.close()


@pytest.fixture
def records(database: Database, clock: ManualClock) -> AccountRecords:
    return AccountRecords(database, clock)


@pytest.fixture
def logins(database: Database, clock: ManualClock) -> LoginRecords:
    return LoginRecords(database, clock)


@pytest.fixture
def outbox(database: Database, clock: ManualClock) -> MessageRecords:
    return MessageRecords(database, clock)


@pytest.fixture
def store(clock: ManualClock) -> Iterator[ExpiringStore]:
    opened = open_store("memory://", clock)
    yield opened
    opened.close()


@pytest.fixture
def wakes() -> list[str]:
    """One entry for each time that somebody was told of a queued mail."""
    return []


@pytest.fixture
def both(
    database: Database, store: ExpiringStore, clock: ManualClock, wakes: list[str]
) -> tuple[Accounts, SecondFactors]:
    return accounts_over(database, store, clock, queued=lambda: wakes.append("queued"))


@pytest.fixture
def accounts(both: tuple[Accounts, SecondFactors]) -> Accounts:
    return both[0]


@pytest.fixture
def factors(both: tuple[Accounts, SecondFactors]) -> SecondFactors:
    return both[1]
