"""What processes take for the time of day: libfaketime's, under all that they run, or a file read in place of our clock."""

import functools
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from tests.faults.broken_identity import TIME_FILE

LIBRARIES = (
    "usr/lib/*/faketime/libfaketimeMT.so.1",
    "usr/lib*/faketime/libfaketimeMT.so.1",
    "usr/local/lib*/faketime/*MT.so.1",
)
SITE = """\
# libfaketime 0.9.10 leaves the monotonic clock alone, as a step of the wall clock does, and then breaks what sleeps by it.
import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds) and None
"""
"""Loaded by each Python before anything else."""
PROBE = 1_792_891_800.5


class Clockwork(Protocol):
    """Sets the time of processes while they run. It stands still until it is set again."""

    product: str
    """The application that goes by it."""
    controls: Mapping[str, str]
    """Applications that go by it, and take it for something else."""
    passing: str
    """The application where the clock that no one sets tells the same time: it was not set, it passed."""
    variables: Mapping[str, str]
    """What must stand in the environment of the processes."""

    def set(self, instant: float) -> None:
        """Let it be so many seconds after 1970."""
        ...


class Libfaketime:
    """Whole processes: whatever asks for the time of day, ours or not, is told this one."""

    product = "wsgi:app"
    passing = "tests.faults.broken_identity:passing()"
    controls: Mapping[str, str] = {"zone-time": "tests.faults.broken_identity:machines_zone_time()"}

    def __init__(self, directory: Path) -> None:
        """There must be a libfaketime."""
        site = directory / "site"
        site.mkdir(parents=True)
        (site / "sitecustomize.py").write_text(SITE, encoding="ascii")
        self._file = directory / "time"
        self.variables = {
            "LD_PRELOAD": str(_library()),
            "PYTHONPATH": str(site),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_FMT": "%s",
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, instant: float) -> None:
        _replace(self._file, f"{instant:.6f}\n")


class TimeFile:
    """Our clock alone, in place of the system's."""

    product = "tests.faults.broken_identity:moved()"
    passing = "tests.faults.broken_identity:moved_passing()"
    controls: Mapping[str, str] = {"zone-time": "tests.faults.broken_identity:zone_time()"}

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self._file = directory / "time"
        self.variables = {TIME_FILE: str(self._file)}

    def set(self, instant: float) -> None:
        _replace(self._file, repr(instant))


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text, encoding="ascii")
    new.replace(path)


def _library() -> Path | None:
    return next((found for pattern in LIBRARIES for found in sorted(Path("/").glob(pattern))), None)


@functools.cache
def faketime_missing() -> str | None:
    """Why the time of whole processes cannot be set here, in a sentence; None where it can."""
    library = _library()
    if library is None:
        return "Setting the time of whole processes needs libfaketime: apt-get install faketime."
    variables = {"LD_PRELOAD": str(library), "FAKETIME": str(PROBE), "FAKETIME_FMT": "%s"}
    asked = [sys.executable, "-c", "import time; print(time.time())"]
    told = subprocess.run(asked, env=variables, capture_output=True, text=True, check=False)
    if told.stdout.strip() != str(PROBE):
        return f"libfaketime does not set the time here: {(told.stdout + told.stderr).strip()[-200:]}."
    return None
