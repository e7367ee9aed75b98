"""Processes that were forked from one that had used its database, all asking at once."""

import os
import signal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from flask_paystack.errors import StorageUnavailable
from flask_paystack.records.database import Database

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

CHILDREN = 4
QUERIES = 1000
PATIENCE = 60
"""Seconds after which a child that still waits for an answer has failed: somebody else may have read it."""


class SharedConnections(Database):
    """The control: children go on using the connections that their parent had."""

    def forget_connections(self) -> None:
        """Forget nothing."""


def questions_answered(database: Database) -> bool:
    """Whether every question got its own answer."""
    for number in range(QUERIES):
        with database.reading() as connection:
            if connection.execute(text("SELECT CAST(:number AS integer)"), {"number": number}).scalar_one() != number:
                return False
    return True


def failed_children(database: Database) -> int:
    """Of the children that ask at once, how many got a wrong answer, an error, or none at all."""
    database.ping()  # a connection waits in the pool
    children = [_child(database) for _ in range(CHILDREN)]
    return sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)


def _child(database: Database) -> int:
    pid = os.fork()
    if pid == 0:
        signal.alarm(PATIENCE)
        code = 1
        try:
            code = 0 if questions_answered(database) else 2
        except (StorageUnavailable, SQLAlchemyError):
            code = 3
        finally:
            os._exit(code)
    return pid


def test_four_thousand_questions_after_a_fork_get_their_own_answers(postgres_url: str) -> None:
    database = Database(postgres_url)
    assert failed_children(database) == 0
    assert questions_answered(database), "The parent too."
    database.close()


def test_control_children_that_share_connections_garble_them(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.PATIENCE", 3)
    database = SharedConnections(postgres_url)
    assert failed_children(database) > 0
    database.close()
