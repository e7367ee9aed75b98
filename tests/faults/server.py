"""The backend under a real gunicorn, to be killed without warning."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests import canaries
from tests.killable import children_of
from tests.servers import free_port
from tests.shop import settings_in, write_products

ROOT = Path(__file__).parent.parent.parent
KEPT = {"PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH"}
"""Of the environment, so that nobody's own settings count."""


class Gunicorn:
    """Workers with threads, jobs on, in a process group of its own. ``kill`` ends all of it at once.

    Args:
        workers: how many; more than one need a ``store_url`` among the settings.
        under: a command that runs it, such as ``strace``.
        host: the address it listens at. One that is all of them is asked on loopback whether it is ready.
        settings: in lower case, beside those of ``settings_in``.
    """

    def __init__(
        self,
        directory: Path,
        database_url: str,
        application: str = "wsgi:app",
        workers: int = 1,
        under: Sequence[str] = (),
        host: str = "127.0.0.1",
        **settings: Any,
    ) -> None:
        self.port = free_port()
        self.log = directory / "gunicorn.log"
        self._directory = directory
        self._application = application
        self._workers = workers
        self._under = under
        self._host = host
        write_products(directory)
        # Nobody listens for mail: what is queued waits, as it does when a mail server is away.
        usual = {"database_url": database_url, "jobs": "on", "mail_port": free_port()}
        chosen = settings_in(directory, **{**usual, **settings})
        self._settings = {name: str(value) for name, value in chosen.items()}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it answers. Raises TimeoutError."""
        command = [*self._under, sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py")]
        command += ["--pythonpath", str(ROOT), "--bind", f"{self._host}:{self.port}", "--workers", str(self._workers)]
        command += ["--log-level", "warning", self._application]
        environment = {name: value for name, value in os.environ.items() if name in KEPT}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._directory,
                env=environment | self._settings,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 40
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise TimeoutError(self.log.read_text(errors="replace")[-3000:])
            time.sleep(0.02)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def processes(self) -> list[int]:
        """The master, and each worker that lives."""
        assert self._process is not None
        return [self._process.pid, *children_of(self._process.pid)]

    def kill(self) -> None:
        """``kill -9``, master and worker alike."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            self._process.wait()
            self._process = None
            canaries.tell("output of a server", self.log.read_text(errors="replace"))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
