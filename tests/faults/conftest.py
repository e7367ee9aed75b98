"""What faults need that break real servers."""

from pathlib import Path

import pytest

from tests import machine
from tests.faults import disk_full, nginx, strace
from tests.faults.fleet import make_ready


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of the newest schema."""
    url = f"sqlite:///{tmp_path}/payments.sqlite3"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    make_ready(url)
    return url


@pytest.fixture
def tracing() -> None:
    """A strace that may trace."""
    machine.needs("strace", strace.require)


@pytest.fixture
def mounting() -> None:
    """The right to mount a small disk."""
    machine.needs("mount", disk_full.require)


@pytest.fixture
def behind_nginx() -> None:
    """An nginx to put in front."""
    machine.needs("nginx", nginx.require)
