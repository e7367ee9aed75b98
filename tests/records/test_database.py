"""What is acknowledged is on disk, what could not be kept is told, and nothing stays borrowed."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from flask_paystack.errors import SettingsError, StorageUnavailable
from flask_paystack.records.database import Database
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.schema import metadata
from tests.clock import ManualClock
from tests.race import race
from tests.records import events_in, receipt


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


def test_every_connection_to_sqlite_syncs_each_commit_to_its_log(sqlite: Database) -> None:
    """A commit survives a loss of power with ``synchronous=FULL`` (2), and not with less."""
    with ExitStack() as stack:
        connections = [stack.enter_context(sqlite.engine.connect()) for _ in range(25)]
        for connection in connections:
            pragmas = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
            assert pragmas == ["wal", 2, 1, 10000]


def test_many_writers_on_sqlite_all_get_their_turn(sqlite_url: str, clock: ManualClock) -> None:
    """8 threads of 2 processes, 20 writes each, and readers between them: none is told that it is locked."""
    first, second = Database(sqlite_url), Database(sqlite_url)
    metadata.create_all(first.engine)
    numbers = iter(range(8))

    def write() -> int:
        mine = next(numbers)
        webhooks = events_in((first, second)[mine % 2], clock)
        for piece in range(20):
            assert webhooks.keep(f"{mine} {piece}".encode(), {})
            assert webhooks.list_page(None, 1).items
        return mine

    assert sorted(race(8, write)) == list(range(8))
    assert len(events_in(first, clock).list_page(None, 1000).items) == 160
    first.close()
    second.close()


def test_a_database_that_is_not_there_is_told_in_a_sentence_without_its_password(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}", "postgresql://shop:hunter2@127.0.0.1:1/shop"):
        database = Database(url)
        with pytest.raises(StorageUnavailable) as failure:
            database.ping()
        assert str(failure.value) == "The database did not do what was asked; nothing was kept."
        database.close()


def test_a_transaction_that_raises_keeps_nothing(database: Database, messages: MessageRecords) -> None:
    messages.add(receipt("pay-1"))

    def delete_and_fail() -> None:
        with database.writing() as connection:
            connection.execute(text("DELETE FROM messages"))
            raise RuntimeError("the process has second thoughts")

    with pytest.raises(RuntimeError):
        delete_and_fail()
    assert len(messages.list_page(None, 10).items) == 1


def test_a_reader_sees_nothing_of_a_transaction_that_has_not_committed(
    database: Database, messages: MessageRecords
) -> None:
    messages.add(receipt("pay-1"))
    with database.writing() as connection:
        connection.execute(text("DELETE FROM messages"))
        assert len(messages.list_page(None, 10).items) == 1
    assert messages.list_page(None, 10).items == []


def test_a_database_in_use_may_be_forgotten_and_found_again(database: Database, messages: MessageRecords) -> None:
    messages.add(receipt("pay-1"))
    engine, pool = database.engine, database.engine.pool
    database.forget_connections()
    assert database.engine is not engine
    assert len(messages.list_page(None, 10).items) == 1
    messages.add(receipt("pay-2"))
    pool.dispose()


def test_one_engine_serves_all_threads(database_url: str) -> None:
    database = Database(database_url)
    assert len({id(engine) for engine in race(8, lambda: database.engine)}) == 1
    database.close()


def test_a_writer_who_waits_too_long_for_sqlite_is_told_so(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_paystack.records.database.WAIT", 0.05)
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with sqlite.writing():
            holding.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait(10)
    with pytest.raises(StorageUnavailable, match="too busy"), sqlite.writing():
        pass
    done.set()
    holder.join(10)


def test_a_writer_whom_another_process_keeps_waiting_is_told_so_and_writes_later(
    sqlite: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_paystack.records.database.WAIT", 0.05)
    other = Database(sqlite_url)
    with other.writing(), pytest.raises(StorageUnavailable, match="nothing was kept"), sqlite.writing():
        pass
    with sqlite.writing() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    other.close()


def test_a_postgresql_that_may_forget_what_it_acknowledged_is_refused(postgres_url: str) -> None:
    database = Database(postgres_url)
    database.refuse_if_forgetful()
    name = make_url(postgres_url).database
    with database.writing() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    database.close()

    with pytest.raises(SettingsError, match=r"synchronous_commit = off") as refusal:
        database.refuse_if_forgetful()
    assert len(refusal.value.problems) == 1
    database.close()


def test_sqlite_is_never_forgetful(sqlite: Database) -> None:
    sqlite.refuse_if_forgetful()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_means_psycopg_3(scheme: str) -> None:
    assert Database(f"{scheme}://shop@db/shop").url == "postgresql+psycopg://shop@db/shop"
