"""The stores under test. A further backend is one more param."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_paystack.expiring import ExpiringMap, ExpiringStore, open_store
from flask_paystack.expiring.sql import SqlStore
from tests.clock import ManualClock
from tests.expiring import LIFETIME


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture(params=["memory", "redis", "sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    fixtures = {"redis": "redis_url", "sqlite": "sqlite_url", "postgresql": "postgres_url"}
    if request.param == "memory":
        return "memory://"
    url: str = request.getfixturevalue(fixtures[request.param])
    return url


@pytest.fixture
def store(store_url: str, clock: ManualClock) -> Iterator[ExpiringStore]:
    """A store that must end with nothing still borrowed from it."""
    opened = open_store(store_url, clock)
    yield opened
    if isinstance(opened, SqlStore):
        assert "Current Checked out connections: 0" in opened.engine.pool.status()
    opened.close()


@pytest.fixture
def codes(store: ExpiringStore) -> ExpiringMap:
    """A map whose entries live ``LIFETIME``."""
    return store.map("codes", LIFETIME)
