"""Processes of ours that are started again when they end, as systemd does with ``Restart=always``."""

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.processes import Process, status

RESTART_AFTER = 0.5
"""Seconds."""


class Unit:
    """A command that is to run all the time."""

    def __init__(self, name: str, directory: Path, command: list[str], port: int = 0) -> None:
        self.name = name
        self.port = port
        """Where it serves; 0 where it does not."""
        self.deaths = 0
        """How often it ended although it had worked and nobody killed it."""
        self._directory = directory
        self._command = command
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._was_ready = False
        self._ended_at = 0.0

    def look_after(self) -> None:
        """Start it where it does not run, a little after it ended."""
        with self._lock:
            if self._process is not None and self._process.popen.poll() is not None:
                self.deaths += self._was_ready
                self._forget()
            if self._process is None and time.monotonic() - self._ended_at >= RESTART_AFTER:
                self._process = Process(self._directory, *self._command)

    def _forget(self) -> None:
        self._process, self._was_ready, self._ended_at = None, False, time.monotonic()

    def is_ready(self) -> bool:
        """Whether it does its work."""
        with self._lock:
            process = self._process
            if process is None or process.popen.poll() is not None:
                return False
        ready = status(f"http://127.0.0.1:{self.port}/healthz") == 200 if self.port else "Running" in process.output
        with self._lock:
            self._was_ready = self._was_ready or (ready and self._process is process)
        return ready

    def kill(self) -> None:
        """``kill -9`` of all its processes, in whatever state they are."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._forget()


class Supervisor:
    """Looks after units until it is stopped, and ends them."""

    def __init__(self, units: list[Unit]) -> None:
        self.units = units
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look_after, daemon=True)

    def _look_after(self) -> None:
        while not self._stopping.wait(0.05):
            for unit in self.units:
                unit.look_after()

    def stop(self) -> None:
        """Kill every unit, for good."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for unit in self.units:
            unit.kill()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
