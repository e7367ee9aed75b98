"""Whether a database keeps what it acknowledged, told to people."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from flask_paystack.errors import SettingsError
from flask_paystack.records.database import Database


def database_at(url: str) -> Database:
    """The database at ``url``, not connected yet. Raises SettingsError where no driver could use the address."""
    database = Database(url)
    try:
        if database.path is None:
            _ = database.engine
    except ModuleNotFoundError as missing:
        raise SettingsError([f"DATABASE_URL needs {missing.name}: pip install 'flask-paystack[postgres]'."]) from None
    except (SQLAlchemyError, ValueError):
        # Without the cause, which may quote a piece of a password that was not percent-encoded.
        raise SettingsError(["DATABASE_URL cannot be read: write postgresql://user:password@host:port/name."]) from None
    return database


def describe(database: Database) -> str:
    """How the database keeps a commit through a loss of power.

    Raises:
        SettingsError: it may not.
        StorageUnavailable: it does not answer.
    """
    if not database.is_sqlite:
        database.refuse_if_forgetful()
        return "fsync and synchronous_commit are on: a commit is on disk before it counts."
    with database.reading() as connection:
        journal = str(connection.execute(text("PRAGMA journal_mode")).scalar_one())
        synchronous = int(connection.execute(text("PRAGMA synchronous")).scalar_one())
    if journal != "wal" or synchronous < 2:
        modes = f"journal_mode={journal}, synchronous={synchronous}"
        raise SettingsError([f"SQLite cannot write here as it must ({modes}): put the database on a local disk."])
    return "WAL and synchronous=FULL: a commit is on disk before it counts."
