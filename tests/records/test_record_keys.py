"""Record keys: one for all who start at once, opened by any secret of theirs, never lost with one."""

import logging
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import delete, select

from flask_paystack.errors import CannotOpen
from flask_paystack.records.database import Database
from flask_paystack.records.record_keys import RecordKeyRecords
from flask_paystack.records.schema import record_key_wraps, record_keys
from flask_paystack.sealing import Seal, Wrapper
from tests.clock import ManualClock
from tests.race import race

OLD = "Zb3kV9qLw2Tn8sRy5uHd7mXc1pGf4jAe6oQi0lKb"
NEW = "hQ8sVw2Lk0Ry7TzNc4Bd1Jm9XfGp3Eu6Ai5OoWbZ"
NEWER = "Yc5Rk9Lj2Hs7Gf4Da0Qe8Ui1OWm3Zp8Tq1Bx6Nv0"
ABOUT = "a trial"


class Start:
    """Processes that start over one database, each with its secrets."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def __call__(self, *secrets: str, also_open: tuple[str, ...] = ()) -> Seal:
        keys = RecordKeyRecords(self.database, ManualClock(), secrets, also_open)
        keys.make_ready()
        return Seal(keys)

    def shut(self, *secrets: str) -> list[int]:
        return RecordKeyRecords(self.database, ManualClock(), secrets).list_shut()

    def wrapped_under(self) -> set[tuple[int, str]]:
        names = {Wrapper(each).name: each for each in (OLD, NEW, NEWER)}
        with self.database.reading() as connection:
            rows = connection.execute(select(record_key_wraps.c.key_id, record_key_wraps.c.secret_name))
            return {(row.key_id, names[row.secret_name]) for row in rows}

    def keys(self) -> list[int]:
        with self.database.reading() as connection:
            return list(connection.execute(select(record_keys.c.id).order_by(record_keys.c.id)).scalars())


@pytest.fixture
def start(database: Database) -> Start:
    return Start(database)


@pytest.fixture
def errors(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    told: list[str] = []
    with caplog.at_level(logging.ERROR, "flask_paystack.records.record_keys"):
        handler = logging.Handler()
        handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
        logger = logging.getLogger("flask_paystack.records.record_keys")
        logger.addHandler(handler)
        yield told
        logger.removeHandler(handler)


def test_who_only_reads_makes_no_key(start: Start) -> None:
    start(OLD)

    assert start.keys() == []


def test_the_next_start_opens_what_was_sealed(start: Start) -> None:
    sealed = start(OLD).seal(b"once", ABOUT)

    assert start(OLD).open(sealed, ABOUT) == b"once"
    assert start.keys() == [1]


def test_all_who_start_at_once_agree_on_one_key(database: Database, other_database: Database) -> None:
    for _ in range(10):
        with database.writing() as connection:
            connection.execute(delete(record_key_wraps))
            connection.execute(delete(record_keys))
        starts = iter([Start(database), Start(other_database)] * 4)

        def seal(starts: Iterator[Start]) -> bytes:
            return next(starts)(OLD).seal(b"at once", ABOUT)

        sealed = race(8, partial(seal, starts))

        assert Start(database).keys() == [1]
        seal_of_one = Start(database)(OLD)
        assert [seal_of_one.open(each, ABOUT) for each in sealed] == [b"at once"] * 8


def test_those_of_different_secrets_who_start_at_once_have_a_key_each(
    database: Database, other_database: Database
) -> None:
    starts = iter([(Start(database), OLD), (Start(other_database), NEW)])

    def seal(starts: Iterator[tuple[Start, str]]) -> tuple[str, bytes]:
        start, secret = next(starts)
        return secret, start(secret).seal(secret.encode(), ABOUT)

    sealed = race(2, partial(seal, starts))

    assert Start(database).keys() == [1, 2]
    assert all(Start(database)(secret).open(each, ABOUT) == secret.encode() for secret, each in sealed)


@pytest.mark.parametrize("steps", [[(NEW, OLD), (NEW,)], [(OLD, NEW), (NEW, OLD), (NEW,)]])
def test_a_secret_rotates_and_nothing_is_sealed_again(start: Start, steps: list[tuple[str, ...]]) -> None:
    sealed = start(OLD).seal(b"of last year", ABOUT)
    for secrets in steps:
        for _ in range(2):
            seal = start(*secrets)
            assert seal.open(sealed, ABOUT) == b"of last year"
        assert start.wrapped_under() == {(1, each) for each in secrets}

    assert start.keys() == [1]
    assert start.shut(OLD) == [1]


def test_a_process_that_starts_again_in_the_midst_takes_nothing_from_the_others(start: Start) -> None:
    """Two machines, and the second crashes with the settings of before."""
    sealed = start(OLD).seal(b"kept", ABOUT)
    start(NEW, OLD)
    start(OLD)

    assert start(NEW).open(sealed, ABOUT) == b"kept"
    start(NEW, OLD)
    start(NEW)
    assert start.wrapped_under() == {(1, NEW)}


def test_going_back_to_the_old_secret_ends_the_new_one(start: Start) -> None:
    start(OLD).seal(b"kept", ABOUT)
    for secrets in [(NEW, OLD), (OLD, NEW), (OLD,)]:
        start(*secrets)

    assert start.wrapped_under() == {(1, OLD)}


def test_a_secret_replaced_at_once_is_told_and_stops_nothing(start: Start, errors: list[str]) -> None:
    before = start(OLD).seal(b"before", ABOUT)
    assert errors == []
    seal = start(NEW)

    after = seal.seal(b"after", ABOUT)

    assert start.keys() == [1, 2]
    assert len(errors) == 1
    assert "Record key 1 " in errors[0]
    assert "put the value of its day behind the newest one and restart" in errors[0]
    assert start.shut(NEW) == [1]
    with pytest.raises(CannotOpen, match="record key 1"):
        seal.open(before, ABOUT)
    assert start.wrapped_under() == {(1, OLD), (2, NEW)}

    both = start(NEW, OLD)
    assert (both.open(before, ABOUT), both.open(after, ABOUT)) == (b"before", b"after")
    new = start(NEW)
    assert (new.open(before, ABOUT), new.open(after, ABOUT)) == (b"before", b"after")
    assert start.shut(NEW) == []


def test_a_key_that_another_process_made_is_looked_up(start: Start) -> None:
    first, other = start(OLD), start(NEW)
    mine = first.seal(b"mine", ABOUT)
    other.seal(b"under a key of its own", ABOUT)
    both = start(NEW, OLD)
    sealed = both.seal(b"under the newest", ABOUT)

    assert first.open(mine, ABOUT) == b"mine"
    assert first.open(sealed, ABOUT) == b"under the newest"


def test_a_key_that_others_wrap_for_us_meanwhile_opens_without_a_restart(start: Start) -> None:
    sealed = start(OLD).seal(b"before", ABOUT)
    seal = start(NEW)
    with pytest.raises(CannotOpen):
        seal.open(sealed, ABOUT)

    start(NEW, OLD)

    assert seal.open(sealed, ABOUT) == b"before"


def test_where_a_secret_of_its_own_is_set_the_shared_one_opens_once_more_and_is_dropped(start: Start) -> None:
    sealed = start(OLD, also_open=(OLD,)).seal(b"before", ABOUT)

    assert start(NEW, also_open=(OLD,)).open(sealed, ABOUT) == b"before"
    assert start.wrapped_under() == {(1, NEW)}
