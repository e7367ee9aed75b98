"""What every SQLite connection of ours is set to, so that a commit survives a loss of power."""

import sqlite3
import threading

PAUSE = 0.01
"""Seconds between two tries to change the journal's mode."""


def make_durable(connection: sqlite3.Connection, wait: float) -> None:
    """Keep the journal as a write-ahead log, and sync each commit to disk before it returns.

    Args:
        connection: it is in no transaction.
        wait: seconds that this, and every statement to come, waits for others who have the file locked. SQLite waits by
            itself for all but the first change of a new file to WAL, which it refuses at once while another process
            makes the same change. Hence the tries.

    Raises:
        sqlite3.OperationalError: the file is locked after ``wait`` seconds, or cannot be used.
    """
    connection.execute("PRAGMA busy_timeout=0").close()
    for _ in range(int(wait / PAUSE)):
        if _has_wal(connection):
            break
        threading.Event().wait(PAUSE)
    else:
        connection.execute("PRAGMA journal_mode=WAL").close()
    connection.execute(f"PRAGMA busy_timeout={int(wait * 1000)}").close()
    connection.execute("PRAGMA synchronous=FULL").close()


def _has_wal(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("PRAGMA journal_mode=WAL").close()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True
