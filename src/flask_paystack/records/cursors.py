"""How far we have read what somebody else lists."""

from datetime import datetime

from sqlalchemy import select, update

from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.schema import cursors


class CursorRecords:
    """An instant by name: everything before it was seen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> datetime | None:
        """How far ``name`` has read; None where it never has."""
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(
                select(cursors.c.at).where(cursors.c.name == name)
            ).scalar_one_or_none()
        return found

    def advance(self, name: str, at: datetime) -> None:
        """``name`` has read up to ``at``. It never goes back."""
        with self._database.writing() as connection:
            connection.execute(insert_or_nothing(connection, cursors).values(name=name, at=at))
            connection.execute(update(cursors).where(cursors.c.name == name, cursors.c.at < at).values(at=at))
