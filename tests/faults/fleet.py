"""Several real servers over one database, started together."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from tests.processes import Process, deploy, gunicorn_command, running, wait_until_answers
from tests.servers import free_port, running_postgres

DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Server:
    """A gunicorn in a directory of its own."""

    directory: Path
    url: str
    process: Process

    @property
    def port(self) -> int:
        """Where it listens, on loopback."""
        return int(self.url.rpartition(":")[2])


@contextmanager
def workplace(database: str) -> Iterator[tuple[Path, str]]:
    """A directory, and the URL of an empty database (one of ``DATABASES``); both are deleted at the end."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        url = f"sqlite:///{directory}/payments.sqlite3"
        if database == "postgresql":
            url = stack.enter_context(running_postgres())
        make_ready(url)
        yield directory, url


def make_ready(database_url: str) -> None:
    """Bring a database to the newest schema."""
    database = Database(database_url)
    upgrades.upgrade(database)
    database.close()


def shared_store(directory: Path, database_url: str) -> str:
    """A store for several processes: in the database itself, or in a file beside it."""
    return f"sqlite:///{directory}/store.sqlite3" if database_url.startswith("sqlite") else database_url


@contextmanager
def fleet(
    directory: Path, count: int, application: str = "wsgi:app", options: tuple[str, ...] = (), **settings: Any
) -> Iterator[list[Server]]:
    """``count`` servers, once all of them answer. Nobody listens for their mail, unless ``settings`` name who does."""
    with ExitStack() as stack:
        servers = []
        for number in range(1, count + 1):
            home = directory / f"server-{number}"
            home.mkdir()
            deploy(home, **{"mail_port": str(free_port()), **settings})
            url = f"http://127.0.0.1:{free_port()}"
            command = gunicorn_command(application, url, "--log-level", "warning", *options)
            servers.append(Server(home, url, stack.enter_context(running(home, *command))))
        for server in servers:
            wait_until_answers(server.process, server.url)
        yield servers
