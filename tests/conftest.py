"""Fixtures for tests that need a real server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests import canaries
from tests.servers import fresh_database, or_skip, running_postgres, running_redis
from tests.shop import Shop


def pytest_configure(config: pytest.Config) -> None:
    """No test passes that told a secret."""
    if not config.pluginmanager.has_plugin(canaries.__name__):
        config.pluginmanager.register(canaries, canaries.__name__)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of one PostgreSQL for the whole session. A test wants ``postgres_url``, a database of its own."""
    if named := os.environ.get("TEST_DATABASE_URL"):
        yield named
        return
    with or_skip("postgres", running_postgres()) as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """URL of one Redis for the whole session. A test wants ``redis_url``, which is empty."""
    if named := os.environ.get("TEST_REDIS_URL"):
        yield named
        return
    with or_skip("redis", running_redis()) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A new, empty PostgreSQL database."""
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """An empty Redis database."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushdb()
    return redis_server


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The whole backend in process, an offline Paystack behind it, one clock for both."""
    with Shop(tmp_path) as shop:
        yield shop
