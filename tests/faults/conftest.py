"""What faults need that break real servers."""

from pathlib import Path

import pytest

from tests.faults.fleet import make_ready


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of the newest schema."""
    url = f"sqlite:///{tmp_path}/payments.sqlite3"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    make_ready(url)
    return url
