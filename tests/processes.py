"""Processes of ours as a deployer starts them: in a directory with ``wsgi.py``, ``gunicorn.conf.py`` and ``.env``."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

from tests import canaries
from tests.patience import until
from tests.servers import free_port
from tests.shop import settings_in

ROOT = Path(__file__).parent.parent
PATIENCE = 20.0


def deploy(directory: Path, **settings: Any) -> Path:
    """A directory to start from, its settings (in lower case; None leaves one out) in ``.env``."""
    for name in ("wsgi.py", "gunicorn.conf.py", "products.toml"):
        shutil.copy(ROOT / name, directory)
    configure(directory, **settings)
    return directory


def configure(directory: Path, **settings: Any) -> None:
    """Write ``.env`` anew."""
    lines = [f"{name}='{value}'" for name, value in settings_in(directory, **settings).items()]
    (directory / ".env").write_text("\n".join(lines) + "\n", encoding="utf-8")


class Process:
    """A command of this Python's, started in a directory, in a process group of its own."""

    def __init__(self, directory: Path, *command: str, variables: Mapping[str, str] | None = None) -> None:
        """``variables`` join its environment, which holds little else."""
        self.output_file = directory / f"output-{len(list(directory.glob('output-*')))}.txt"
        keep = ("PATH", "PYTHONPATH", "HOME", "LANG", "XDG_RUNTIME_DIR")
        environment = {name: os.environ[name] for name in keep if name in os.environ}
        with self.output_file.open("wb") as output:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=directory,
                env={**environment, "PYTHONUNBUFFERED": "1", **(variables or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """What it wrote so far, standard error included."""
        return self.output_file.read_text(encoding="utf-8", errors="replace")

    def ended(self, seconds: float = PATIENCE) -> int:
        """Its exit code, once it ended by itself. Raises TimeoutExpired, with what it wrote."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired as late:
            raise subprocess.TimeoutExpired(late.cmd, late.timeout, self.output.encode()) from None

    def terminate(self, seconds: float = PATIENCE) -> int:
        """Send SIGTERM, as ``systemctl stop`` does; its exit code."""
        self.popen.send_signal(signal.SIGTERM)
        return self.ended(seconds)

    def kill(self) -> None:
        """End it and every child of its with SIGKILL, whatever state they are in."""
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        canaries.tell(f"output of {Path(self.output_file).name}", self.output)


@contextmanager
def running(directory: Path, *command: str) -> Iterator[Process]:
    """A process, ended at the latest with the block."""
    process = Process(directory, *command)
    try:
        yield process
    finally:
        process.kill()


def completed(directory: Path, *command: str) -> tuple[int, str]:
    """Exit code and output of a command that ends by itself."""
    [result] = completed_together(directory, list(command))
    return result


def completed_together(directory: Path, *commands: list[str]) -> list[tuple[int, str]]:
    """The same of several, run at once."""
    with ExitStack() as stack:
        processes = [stack.enter_context(running(directory, *command)) for command in commands]
        return [(process.ended(), process.output) for process in processes]


@contextmanager
def gunicorn(directory: Path, *options: str, application: str = "wsgi:app") -> Iterator[tuple[Process, str]]:
    """``gunicorn wsgi:app`` on a free port, and its address, once it answers. Another ``application`` may be one of ours."""
    url = f"http://127.0.0.1:{free_port()}"
    with running(directory, *gunicorn_command(application, url, *options)) as process:
        wait_until_answers(process, url)
        yield process, url


def gunicorn_command(application: str, url: str, *options: str) -> tuple[str, ...]:
    """What ``running`` is given so that an application is served at ``url``."""
    where = ("--bind", url.removeprefix("http://"), "--pythonpath", f".,{ROOT}")
    return ("gunicorn", application, *where, *options)


def wait_until_answers(process: Process, url: str) -> None:
    """Return when ``/healthz`` answers; fail at once where the process ended instead."""

    def answers() -> bool:
        assert process.popen.poll() is None, process.output
        return status(f"{url}/healthz") == 200

    until(answers, PATIENCE)


def status(url: str) -> int | None:
    """The status that a GET is answered with; None while nobody listens."""
    try:
        return requests.get(url, timeout=10).status_code
    except requests.ConnectionError:
        return None
