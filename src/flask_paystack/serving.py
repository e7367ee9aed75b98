"""What a process does when it begins to serve: it makes sure that it may, and starts its jobs."""

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

from flask_paystack.background import Background
from flask_paystack.errors import SettingsError
from flask_paystack.forking import in_each_child
from flask_paystack.settings import Settings

log = logging.getLogger(__name__)

ONE_PROCESS_ONLY = (
    "STORE_URL is memory://, so sessions, access keys and limits live in one process, and {why}. "
    "Run one process (gunicorn --workers 1 --threads 16), or set STORE_URL to redis://… or postgresql://…."
)


@dataclass
class _Held:
    """A lock that this process has."""

    file: TextIOWrapper
    holders: int = 0


class _HeldHere:
    """Every lock of this process. A forked child begins with none: it lets go of its parent's, and the parent keeps it."""

    def __init__(self) -> None:
        self.begin()
        in_each_child(self.begin)

    def begin(self) -> None:
        self.mutex = threading.Lock()
        self.files: dict[Path, _Held] = {}


_here = _HeldHere()


class ServingLock:
    """Held, with ``memory://``, by the one process that serves: a lock on a file beside the database.

    It stands between processes. Several applications of one process hold it together: there is no second process to share
    anything with, and whoever makes an application anew in the same process need not have closed the one before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held_by: int | None = None

    def hold(self) -> None:
        """Take the lock for the life of this process. Raises SettingsError where another process has it."""
        if self._is_held:
            return
        with _here.mutex:
            held = _here.files.get(self._path.resolve())
            if held is None:
                held = _here.files[self._path.resolve()] = _Held(self._locked_file())
            held.holders += 1
            self._held_by = os.getpid()

    def _locked_file(self) -> TextIOWrapper:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise SettingsError(
                [ONE_PROCESS_ONLY.format(why=f"another process serves already ({self._path} is locked)")]
            ) from None
        return file

    def release(self) -> None:
        """Let another process serve, once no other application of this one does."""
        if not self._is_held:
            return
        with _here.mutex:
            self._held_by = None
            held = _here.files[self._path.resolve()]
            held.holders -= 1
            if held.holders == 0:
                del _here.files[self._path.resolve()]
                held.file.close()

    def check(self) -> None:
        """Raise SettingsError where another process holds the lock."""
        if not self._is_held:
            self.hold()
            self.release()

    @property
    def _is_held(self) -> bool:
        return self._held_by == os.getpid()


class Serving:
    """The moment from which this process serves. It comes once in each process, however often it is announced.

    Args:
        doubts: sentences about how the store is kept, for the log.
    """

    def __init__(
        self, settings: Settings, background: Background, lock_path: Path, doubts: Callable[[], Sequence[str]]
    ) -> None:
        self._settings = settings
        self._background = background
        self._doubts = doubts
        self._lock = ServingLock(lock_path)
        self._mutex = threading.Lock()
        self._pid: int | None = None

    def begin(self) -> None:
        """Begin to serve: hold the lock where only one process may, and start this process's jobs.

        Raises:
            SettingsError: the store is in memory, and another process serves already.
            StorageUnavailable: the store does not answer.
        """
        if self._pid == os.getpid():
            return
        with self._mutex:
            if self._pid == os.getpid():
                return
            for doubt in self._doubts():
                log.warning("%s", doubt)
            if self._settings.runs_in_one_process:
                self._lock.hold()
            self._background.start(only_local=not self._settings.jobs)
            self._pid = os.getpid()

    def check(self) -> None:
        """Raise SettingsError where this process could not begin to serve, as another does."""
        if self._settings.runs_in_one_process:
            self._lock.check()

    def end(self) -> None:
        """Stop the jobs and let another process serve."""
        with self._mutex:
            if self._pid == os.getpid():
                self._background.stop()
                self._lock.release()
            self._pid = None


def refuse_many_processes(settings: Settings, processes: int) -> None:
    """Raise SettingsError where ``processes`` would each have sessions and limits of their own."""
    if processes > 1 and settings.runs_in_one_process:
        raise SettingsError([ONE_PROCESS_ONLY.format(why=f"{processes} processes would each have their own")])
