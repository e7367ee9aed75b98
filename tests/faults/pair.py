"""Two servers of ours side by side, each a real gunicorn in a directory of its own, as a load balancer sees them."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

from tests.processes import Process, configure, deploy, wait_until_answers
from tests.servers import free_port

ROOT = Path(__file__).parent.parent.parent


class Server:
    """gunicorn at an address of its own, started anew with other settings as often as one likes."""

    def __init__(
        self, directory: Path, workers: int = 1, application: str = "wsgi:app", config: str = "gunicorn.conf.py"
    ) -> None:
        directory.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._directory = deploy(directory)
        self._command = ["gunicorn", application, "--bind", f"127.0.0.1:{self.port}", "--workers", str(workers)]
        self._command += ["--pythonpath", f".,{ROOT}", "--log-level", "warning", "-c", config]
        self.variables: dict[str, str] = {}
        """What stands in its environment beside the usual."""
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        """gunicorn's master."""
        assert self._process is not None
        return self._process.popen.pid

    @property
    def output(self) -> str:
        """What it wrote since it was started last."""
        assert self._process is not None
        return self._process.output

    def start(self, **settings: Any) -> None:
        """Start it with these settings (in lower case), and return when it answers."""
        configure(self._directory, **settings)
        self._process = Process(self._directory, *self._command, variables=self.variables)
        wait_until_answers(self._process, self.url)

    def restart(self, **settings: Any) -> None:
        """End it in order, as ``systemctl restart`` does, and start it with these settings."""
        assert self._process is not None
        self._process.terminate()
        self.start(**settings)

    def kill(self) -> None:
        """``kill -9``, if it runs."""
        if self._process is not None:
            self._process.kill()


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory, deleted at the end."""
    directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
    try:
        yield directory
    finally:
        rmtree(directory, ignore_errors=True)


@contextmanager
def started(
    directory: Path,
    count: int = 2,
    *,
    workers: int = 1,
    application: str = "wsgi:app",
    config: str = "gunicorn.conf.py",
    **settings: Any,
) -> Iterator[list[Server]]:
    """That many servers with the same settings, ended at the latest with the block."""
    with ExitStack() as stack:
        servers = []
        for number in range(count):
            server = Server(directory / f"server-{number}", workers, application, config)
            stack.callback(server.kill)
            server.start(**settings)
            servers.append(server)
        yield servers
