"""Bringing a database to the newest schema, and refusing one that is not there."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from flask_paystack.errors import SettingsError
from flask_paystack.records.database import Database
from flask_paystack.records.schema import REVISION


def current_revision(database: Database) -> str | None:
    """The schema a database has; None for an empty one."""
    with database.reading() as connection:
        return _current(connection)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


def upgrade(database: Database) -> None:
    """Bring the database to the newest schema. Of several who try at once, one does it while the others wait."""
    from alembic import command  # noqa: PLC0415  # loaded only where there is something to do
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with database.writing() as connection:
        if not database.is_sqlite:
            for limit in ("statement_timeout", "lock_timeout"):  # a migration may take its time
                connection.execute(text(f"SET LOCAL {limit} = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('flask-paystack upgrade'))"))
        if _current(connection) == REVISION:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def make_ready(database: Database) -> None:
    """Upgrade SQLite by itself; refuse PostgreSQL on an old schema.

    Raises:
        SettingsError: ``flask db upgrade`` has to be run first, or the database is newer than this program.
    """
    revision = current_revision(database)
    if revision == REVISION:
        return
    if revision is not None and revision > REVISION:
        raise SettingsError(
            [
                f"DATABASE_URL: the database has schema {revision}, newer than this program's {REVISION}: upgrade the program."
            ]
        )
    if not database.is_sqlite:
        raise SettingsError(["DATABASE_URL: the database has an old schema, or none: run `flask db upgrade` first."])
    upgrade(database)
