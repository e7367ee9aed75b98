"""Sessions over every store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_paystack.expiring import ExpiringStore, open_store
from flask_paystack.sessions.service import Sessions
from tests.clock import ManualClock

ADMINS = {"admin1": "ada@example.org", "admin2": "ben@example.org"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "redis", "sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the store is; the same for everyone within one test."""
    if request.param in ("redis", "postgresql"):
        fixture = "redis_url" if request.param == "redis" else "postgres_url"
        url: str = request.getfixturevalue(fixture)
        return url
    return "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def store(store_url: str, clock: ManualClock) -> Iterator[ExpiringStore]:
    opened = open_store(store_url, clock)
    yield opened
    opened.close()


@pytest.fixture
def sessions(store: ExpiringStore) -> Sessions:
    return Sessions(store, ADMINS)
