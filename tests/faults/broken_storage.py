"""Controls of the faults about storage: applications whose SQLite is set up as it comes, or as it is often advised."""

import sqlite3
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import Connection

from flask_paystack.cli.start import application
from flask_paystack.records import database
from flask_paystack.sqlite_durability import make_durable


def wal_normal() -> Flask:
    """Syncs at checkpoints, not at commits: ``synchronous=NORMAL``, as every guide to a fast SQLite has it."""

    def prepare(connection: sqlite3.Connection, wait: float) -> None:
        make_durable(connection, wait)
        connection.execute("PRAGMA synchronous=NORMAL").close()

    patch.object(database, "make_durable", prepare).start()
    return application()


def plain_begin() -> Flask:
    """Begins each transaction as a reader, which SQLite refuses to make a writer once another process has written."""

    def begin(connection: Connection) -> Any:
        connection.exec_driver_sql("BEGIN")

    patch.object(database, "_begin_sqlite", begin).start()
    return application()
