"""What is true of expiring maps on SQLite and PostgreSQL only."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from flask_paystack.errors import StorageUnavailable
from flask_paystack.expiring import ExpiringMap, open_store
from flask_paystack.expiring.sql import SWEEP_BATCH, SqlStore, entries
from tests.clock import ManualClock
from tests.expiring import LIFETIME
from tests.race import race, race_between
from tests.servers import fresh_database, or_skip, running_postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def statements(store: SqlStore) -> Iterator[list[str]]:
    """Every statement sent since the test began."""
    sent: list[str] = []

    def remember(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(store.engine, "before_cursor_execute", remember)
    yield sent
    event.remove(store.engine, "before_cursor_execute", remember)


def rows(store: SqlStore) -> int:
    return int(store.read(select(func.count()).select_from(entries))[0][0])


def test_every_verb_is_one_statement(codes: ExpiringMap, statements: list[str]) -> None:
    codes.add("k", "v")
    codes.add("k", "v")
    codes.get("k")
    codes.hit("n")
    codes.hit("n")
    codes.take("k")
    codes.delete("n")
    assert len(statements) == 7


def test_an_expired_entry_is_deleted_the_moment_it_is_looked_at(
    store: SqlStore, codes: ExpiringMap, clock: ManualClock
) -> None:
    codes.add("read", "v")
    codes.add("taken", "v")
    clock.advance(50)
    assert rows(store) == 2
    codes.get("read")
    assert rows(store) == 1
    codes.take("taken")
    assert rows(store) == 0


def test_a_sweep_works_in_batches(
    store: SqlStore, codes: ExpiringMap, clock: ManualClock, statements: list[str]
) -> None:
    expired = 2 * SWEEP_BATCH + 1
    columns = {"map": "codes", "value": "1", "hits": None, "expires_at": 1}
    with store.engine.begin() as connection:
        connection.execute(entries.insert(), [{**columns, "key": str(n).encode()} for n in range(expired)])
    codes.add("young", "v")
    statements.clear()
    assert codes.remove_expired() == expired
    assert len(statements) == 4
    assert rows(store) == 1


def test_sweeps_at_once_share_the_work(store: SqlStore, codes: ExpiringMap, clock: ManualClock) -> None:
    for n in range(200):
        codes.add(str(n), n)
    clock.advance(50)
    assert sum(race(4, codes.remove_expired)) == 200
    assert rows(store) == 0


def test_processes_that_start_together_create_one_table(store_url: str, clock: ManualClock) -> None:
    """Each store has connections and a writer lock of its own, as each process has."""
    stores = race(8, partial(open_store, store_url, clock))
    maps = [store.map("codes", LIFETIME) for store in stores]
    hits = race_between([partial(each.hit, "k") for each in maps * 4])
    assert sorted(hit.count for hit in hits) == list(range(1, 33))
    for store in stores:
        store.close()


def test_it_shares_a_database_file_and_leaves_other_tables_alone(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "records.db"
    with closing(sqlite3.connect(path)) as records:
        records.execute("CREATE TABLE payments (reference TEXT)")
        records.execute("INSERT INTO payments VALUES ('r1')")
        records.commit()
    store = open_store(f"sqlite:///{path}", clock)
    assert store.map("codes", LIFETIME).add("k", "v")
    store.close()
    with closing(sqlite3.connect(path)) as records:
        assert records.execute("SELECT * FROM payments").fetchall() == [("r1",)]
        assert records.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_sqlite_syncs_every_commit(sqlite_url: str, clock: ManualClock) -> None:
    store = open_store(sqlite_url, clock)
    assert isinstance(store, SqlStore)
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000
    store.close()


def test_entries_outlive_the_process_that_made_them(store_url: str, clock: ManualClock) -> None:
    first = open_store(store_url, clock)
    first.map("codes", LIFETIME).add("k", {"n": 1})
    first.close()
    second = open_store(store_url, clock)
    assert second.map("codes", LIFETIME).take("k") == {"n": 1}
    second.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_sqlite_without_a_file_is_refused(url: str, clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="needs a file"):
        open_store(url, clock)


def test_a_file_that_cannot_be_opened_is_storage_unavailable(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "store.db").mkdir()
    with pytest.raises(StorageUnavailable):
        open_store(f"sqlite:///{tmp_path}/store.db", clock)


def test_its_folder_is_made_or_the_address_refused_in_a_sentence(tmp_path: Path, clock: ManualClock) -> None:
    open_store(f"sqlite:///{tmp_path}/deep/down/store.db", clock).close()
    assert (tmp_path / "deep/down/store.db").is_file()

    (tmp_path / "in-the-way").touch()
    with pytest.raises(ValueError, match="cannot be made"):
        open_store(f"sqlite:///{tmp_path}/in-the-way/store.db", clock)


def test_a_dead_postgres_is_storage_unavailable(clock: ManualClock) -> None:
    with or_skip("postgres", running_postgres()) as server:
        url = server
        store = open_store(url, clock)
        codes = store.map("codes", LIFETIME)
        store.ping()
    for act in (store.ping, partial(codes.add, "k", "v"), partial(codes.get, "k"), partial(codes.hit, "k")):
        with pytest.raises(StorageUnavailable, match="did not answer"):
            act()
    store.close()
    with pytest.raises(StorageUnavailable):
        open_store(url, clock)


def test_a_database_that_came_back_is_used_again(postgres_server: str, clock: ManualClock) -> None:
    """Connections that died while idle are noticed before they are used."""
    with fresh_database(postgres_server) as url:
        store = open_store(url, clock)
        assert isinstance(store, SqlStore)
        codes = store.map("codes", LIFETIME)
        codes.add("k", "v")
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        killer = open_store(url, clock)
        assert isinstance(killer, SqlStore)
        with killer.engine.connect() as connection:
            connection.exec_driver_sql(others)
        killer.close()
        assert codes.get("k") == "v"
        store.close()
