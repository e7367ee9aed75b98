"""Whether the database is there, up to date and keeps what it acknowledged, and whether the jobs live."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from flask_paystack.cli.checks.finding import Finding, State
from flask_paystack.clock import Clock
from flask_paystack.errors import SettingsError, StorageUnavailable
from flask_paystack.health.service import DEAD_AFTER
from flask_paystack.jobs import HAND_OVER, PROCESS_EVENTS, SEND_MESSAGES
from flask_paystack.records import durability
from flask_paystack.records.database import Database
from flask_paystack.records.jobs import JobRecords
from flask_paystack.records.record_keys import SHUT, RecordKeyRecords
from flask_paystack.records.schema import REVISION
from flask_paystack.records.sealed_bodies import ClearBodies
from flask_paystack.records.upgrades import current_revision
from flask_paystack.sealing import Seal
from flask_paystack.settings import Settings


def check_database(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """The database, its schema, its durability, and the jobs' signs of life in it. A SQLite file is not made."""
    try:
        database = durability.database_at(settings.database_url)
    except SettingsError as error:
        yield Finding("database", State.FAILED, error.problems[0])
        return
    if database.path is not None and not database.path.exists():
        yield _file_to_be(database.path)
        return
    try:
        yield from _look(database, clock, settings)
    except StorageUnavailable as error:
        why = f" ({type(error.__cause__).__name__})" if error.__cause__ else ""
        yield Finding("database", State.FAILED, f"It does not answer{why}. Look at DATABASE_URL, and whether it runs.")
    finally:
        database.close()


def _file_to_be(path: Path) -> Finding:
    directory = next(each for each in path.absolute().parents if each.exists())
    if os.access(directory, os.W_OK | os.X_OK):
        return Finding("database", State.NOTE, f"{path} is not there yet: the first start makes it.")
    return Finding("database", State.FAILED, f"{path} is not there, and {directory} is not ours to write in.")


def _look(database: Database, clock: Clock, settings: Settings) -> Iterator[Finding]:
    revision = current_revision(database)
    kind = f"{database.path}" if database.is_sqlite else "PostgreSQL"
    yield Finding("database", State.OK, f"{kind} answers.")
    yield _schema(revision, by_itself=database.is_sqlite)
    try:
        yield Finding("durability", State.OK, durability.describe(database))
    except SettingsError as error:
        yield from (Finding("durability", State.FAILED, problem) for problem in error.problems)
    if revision == REVISION:
        yield _sealing(database, clock, settings)
    if revision is not None:
        yield _jobs(JobRecords(database, clock).last_beats(), clock.now())


def _schema(revision: str | None, *, by_itself: bool) -> Finding:
    if revision == REVISION:
        return Finding("schema", State.OK, f"It is the newest, {REVISION}.")
    if revision is not None and revision > REVISION:
        sentence = f"The database has schema {revision}, newer than this program's {REVISION}: upgrade the program."
        return Finding("schema", State.FAILED, sentence)
    if by_itself:
        return Finding("schema", State.NOTE, f"It is {revision or 'empty'}: the next start brings it to {REVISION}.")
    return Finding("schema", State.FAILED, f"It is {revision or 'empty'}: run `flask db upgrade`.")


def _jobs(beats: dict[str, datetime], now: datetime) -> Finding:
    """The queues' jobs give a sign of life every half minute, wherever jobs run at all."""
    queues = {name: beats.get(name) for name in (PROCESS_EVENTS, SEND_MESSAGES, HAND_OVER)}
    newest = max((beat for beat in beats.values()), default=None)
    if newest is None:
        return Finding("jobs", State.NOTE, "None ever ran here: they start with the server, or by `flask jobs start`.")
    if now - newest > DEAD_AFTER:
        at = newest.strftime("%Y-%m-%d %H:%M:%S")
        sentence = f"The last sign of life came at {at}Z. They run with the server (JOBS=on), or by `flask jobs start`."
        return Finding("jobs", State.NOTE, sentence)
    silent = [name for name, beat in queues.items() if beat is None or now - beat > DEAD_AFTER]
    if silent:
        return Finding("jobs", State.FAILED, f"Others live, but there is no sign of life from {', '.join(silent)}.")
    return Finding("jobs", State.OK, "They live.")


def _sealing(database: Database, clock: Clock, settings: Settings) -> Finding:
    """Whether what is sealed opens, and whether anything lies in clear that should not."""
    keys = RecordKeyRecords(database, clock, settings.sealing_secrets, also_open=settings.jwt_secret)
    bodies = ClearBodies(database, Seal(keys))
    shut = keys.list_shut()
    lost = bodies.count_sealed_with(shut) if shut else 0
    if shut:
        sentence = f"{' '.join(map(SHUT.format, shut))} Sealed so: {lost} event{'' if lost == 1 else 's'}."
        return Finding("sealing", State.FAILED if lost else State.NOTE, sentence)
    in_clear = bodies.count()
    if in_clear:
        sentence = f"{in_clear} events lie in clear, of a program of before: the job sealEvents seals them."
        return Finding("sealing", State.NOTE, sentence)
    return Finding("sealing", State.OK, "What is sealed opens, and no event lies in clear.")
