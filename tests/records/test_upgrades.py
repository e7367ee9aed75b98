"""A database is brought to the newest schema, by one of many who try; or refused with a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import bindparam, text

from flask_paystack.errors import SettingsError
from flask_paystack.records import migrations
from flask_paystack.records.columns import UtcDateTime
from flask_paystack.records.database import Database
from flask_paystack.records.payments import PaymentRecords
from flask_paystack.records.record_keys import RecordKeyRecords
from flask_paystack.records.schema import REVISION, metadata
from flask_paystack.records.sealed_bodies import ClearBodies
from flask_paystack.records.upgrades import current_revision, make_ready, upgrade
from flask_paystack.sealing import Seal
from tests.clock import ManualClock
from tests.race import race
from tests.records import LEASE, OPENED, SECRET, events_in, payment


def set_revision(database: Database, revision: str) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def upgrade_to(database: Database, revision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the program of that revision did."""
    with monkeypatch.context() as patch:
        patch.setattr(
            "alembic.command.upgrade", partial(lambda real, config, _: real(config, revision), command.upgrade)
        )
        upgrade(database)
    assert current_revision(database) == revision


@contextmanager
def processes(count: int, url: str) -> Iterator[list[Database]]:
    """The same database, as several processes have it."""
    opened = [Database(url) for _ in range(count)]
    yield opened
    for each in opened:
        each.close()


def test_the_migrations_make_what_the_schema_says(empty_database: Database) -> None:
    upgrade(empty_database)
    with empty_database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_revision_we_ask_for_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [REVISION]


def test_revisions_sort_by_their_age() -> None:
    """``make_ready`` tells a newer schema by it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])))
    names = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert names == sorted(names, reverse=True)


def test_an_upgrade_raced_by_many_is_made_once_and_all_come_back(
    empty_database: Database, empty_url: str, clock: ManualClock
) -> None:
    with processes(4, empty_url) as databases:
        waiting = iter(databases)
        race(4, partial(lambda waiting: upgrade(next(waiting)), waiting))
        assert [current_revision(each) for each in databases] == [REVISION] * 4
    PaymentRecords(empty_database, clock).open(payment(), OPENED)


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(empty_database: Database, clock: ManualClock) -> None:
    assert current_revision(empty_database) is None
    upgrade(empty_database)
    payments = PaymentRecords(empty_database, clock)
    payments.open(payment(), OPENED)
    upgrade(empty_database)
    make_ready(empty_database)
    assert payments.get("pay-1") is not None
    assert current_revision(empty_database) == REVISION


def test_sqlite_makes_itself_ready_though_many_start_at_once(sqlite_url: str, clock: ManualClock) -> None:
    with processes(4, sqlite_url) as databases:
        starting = iter(databases)
        race(4, partial(lambda starting: make_ready(next(starting)), starting))
        for number, each in enumerate(databases):
            PaymentRecords(each, clock).open(payment(f"pay-{number}"), OPENED)


@pytest.mark.parametrize("old", [None, "0000"])
def test_postgresql_with_an_old_schema_is_refused_and_told_the_remedy(postgres_url: str, old: str | None) -> None:
    with processes(1, postgres_url) as (database,):
        if old is not None:
            upgrade(database)
            set_revision(database, old)
        with pytest.raises(SettingsError, match=r"DATABASE_URL: .*run `flask db upgrade` first") as refusal:
            make_ready(database)
        assert len(refusal.value.problems) == 1
        assert current_revision(database) == old


def test_a_schema_newer_than_the_program_is_refused(empty_database: Database) -> None:
    upgrade(empty_database)
    set_revision(empty_database, "9999")
    with pytest.raises(SettingsError, match=r"schema 9999, newer than this program's"):
        make_ready(empty_database)


EVENT_OF_BEFORE = """
INSERT INTO webhook_events (digest, body, headers, received_at, last_delivery_at, deliveries, state, attempts,
    next_attempt_at, fence)
VALUES (:digest, :body, '{}', :now, :now, 1, 'waiting', 0, :now, 0)
"""


def test_events_of_before_are_read_after_an_upgrade_and_can_be_sealed(
    empty_database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade_to(empty_database, "0001", monkeypatch)
    body = b'{"event":"charge.success"}'
    with empty_database.writing() as connection:
        statement = text(EVENT_OF_BEFORE).bindparams(bindparam("now", type_=UtcDateTime()))
        connection.execute(statement, {"digest": sha256(body).hexdigest(), "body": body, "now": clock.now()})

    upgrade(empty_database)

    events = events_in(empty_database, clock)
    seal = Seal(RecordKeyRecords(empty_database, clock, [SECRET]))
    assert events.list_page(None, 9).items[0].body == body
    assert not events.keep(body, {})
    assert ClearBodies(empty_database, seal).seal_some() == 1
    ((_, event),) = events.claim(9, LEASE)
    assert event.body == body
    with empty_database.reading() as connection:
        assert b"charge" not in bytes(connection.execute(text("SELECT body FROM webhook_events")).scalar_one())
