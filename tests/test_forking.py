"""A child that is forked from a process with open connections works with connections of its own."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from flask_paystack.clock import SystemClock
from flask_paystack.errors import SettingsError
from flask_paystack.expiring import open_store
from flask_paystack.records.database import Database
from flask_paystack.serving import ServingLock

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def in_child(act: Callable[[], object]) -> int:
    """Run ``act`` in a forked child; its exit status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            act()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite3'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


def test_the_records_leave_their_connections_to_the_parent(url: str) -> None:
    database = Database(url)
    with database.reading() as held:
        parents = held.connection.dbapi_connection

        def act() -> None:
            with database.writing() as connection:
                assert connection.connection.dbapi_connection is not parents

        assert in_child(act) == 0
        held.exec_driver_sql("SELECT 1")
    database.close()


def test_a_lock_that_the_parent_held_does_not_stop_the_child(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    database.ping()
    with database._lock:
        assert in_child(database.ping) == 0
    database.close()


def test_a_store_leaves_its_connections_to_the_parent(url: str) -> None:
    store = open_store(url, SystemClock())
    codes = store.map("codes", timedelta(seconds=60))
    codes.add("parent", 1)
    assert in_child(lambda: codes.add("child", 2) or os._exit(1)) == 0
    assert codes.get("child") == 2
    store.close()


def test_a_child_does_not_serve_by_the_lock_of_its_parent_and_does_not_keep_it(tmp_path: Path) -> None:
    parents, another = ServingLock(tmp_path / "serving"), ServingLock(tmp_path / "serving")

    def act() -> None:
        for lock in (parents, another):
            with pytest.raises(SettingsError):
                lock.hold()

    parents.hold()
    assert in_child(act) == 0
    another.check()
    parents.release()
    assert in_child(another.hold) == 0
