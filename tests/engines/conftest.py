"""Two servers of four workers over one Redis and one PostgreSQL, for the tests that only look."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.patience import until
from tests.processes import PATIENCE, Process, completed, deploy, gunicorn, status
from tests.servers import fresh_database
from tests.smtp import Mailbox, running_smtp

KEYS_LIMIT = 4000
"""Requests a minute to the routes of access keys, from one address."""
VERIFY_LIMIT = 30
BOOT = 3 * PATIENCE


@dataclass(frozen=True)
class Deployment:
    """Servers that share everything."""

    processes: tuple[Process, ...]
    urls: tuple[str, ...]
    mailbox: Mailbox
    database_url: str

    @property
    def log(self) -> str:
        """What every process of every server wrote."""
        return "".join(process.output for process in self.processes)


@pytest.fixture(scope="package")
def two_servers(
    redis_server: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """The second one is preloaded: its workers are forked from a process that has used the engines."""
    with ExitStack() as stack:
        store_url = redis_server.removesuffix("/0") + "/1"  # the other tests empty theirs
        database_url = stack.enter_context(fresh_database(postgres_server))
        mailbox = stack.enter_context(running_smtp())
        started = []
        for number, options in enumerate([(), ("--preload",)]):
            directory = shared(tmp_path_factory.mktemp("server"), store_url, database_url, mailbox.port)
            if number == 0:
                assert completed(directory, "flask", "db", "upgrade")[0] == 0
            started.append(stack.enter_context(gunicorn(directory, "--workers", "4", *options)))
        for process, url in started:
            until(lambda process=process: process.output.count("Booting worker") == 4, BOOT)  # type: ignore[misc]
            until(lambda url=url: status(f"{url}/readyz") == 200, BOOT)  # type: ignore[misc]
        processes, urls = zip(*started, strict=True)
        yield Deployment(processes, urls, mailbox, database_url)


def shared(directory: Path, store_url: str, database_url: str, mail_port: int) -> Path:
    """A deployed directory of one of several servers."""
    return deploy(
        directory,
        store_url=store_url,
        database_url=database_url,
        mail_port=str(mail_port),
        rate_limits="on",
        limit_keys=f"{KEYS_LIMIT}/minute",
        limit_verify=f"{VERIFY_LIMIT}/minute",
        poll_every="2",
        failure_notice_after="2",
        metrics_token="metrics-9f2c41d07b6e",
    )
