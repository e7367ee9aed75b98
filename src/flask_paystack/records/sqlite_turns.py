"""Taking turns to write to one SQLite file, among processes."""

import sqlite3
import threading
import time

PAUSE = 0.002
"""Seconds between two tries. SQLite's own grow to 100 ms, so that it lets most turns pass by while others write often."""


def begin_writing(connection: sqlite3.Connection, wait: float) -> None:
    """Begin a transaction that may write, once no other process is in one.

    Raises:
        sqlite3.OperationalError: it has not come to its turn after ``wait`` seconds, or the file cannot be used.
    """
    deadline = time.monotonic() + wait  # nosemgrep: own-clock -- it waits in true time
    connection.execute("PRAGMA busy_timeout=0").close()
    try:
        while not _has_begun(connection, is_last=time.monotonic() >= deadline):  # nosemgrep: own-clock -- as above
            threading.Event().wait(PAUSE)
    finally:
        connection.execute(f"PRAGMA busy_timeout={int(wait * 1000)}").close()


def _has_begun(connection: sqlite3.Connection, *, is_last: bool) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE").close()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY and not is_last:
            return False
        raise
    return True
