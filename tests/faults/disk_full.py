"""The disk of a SQLite database is full for a while, again and again: 503, no 200 without a commit, and it heals (FAULTS R9).

The database lies on a small file system of its own (tmpfs), which a ballast file fills all but for some pages, so that
transactions run out of space in their midst. A real gunicorn takes webhooks all the time; then the ballast goes. Who is not
root mounts it in a namespace of their own, where the kernel gives them one.
"""

import argparse
import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.faults import Outcome, crash_inbox, silence
from tests.faults.courier import Courier
from tests.faults.server import ROOT, Gunicorn
from tests.faults.spells import HEALED_WITHIN, Spell, report, wait, wait_for_refusals

CONTROLS = {"ack-first": "tests.faults.broken:ack_first()"}
RATE = 40.0
SIZE = 24 * 1024 * 1024
MOUNT = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs"]
APART = ["unshare", "--user", "--map-root-user", "--mount"]
ROOM = 64 * 1024
"""Bytes that the ballast leaves."""
REFUSALS = 20
"""How many webhooks are refused before there is space again."""
LONGEST = 10.0
"""Seconds of a spell in which nothing is refused, as it should be."""
BETWEEN = 2.0
"""Seconds between two spells."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--between", type=float, default=BETWEEN, help="Seconds between two spells.")
    parser.add_argument(
        "--longest", type=float, default=LONGEST, help="Seconds of a spell in which nothing is refused."
    )
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        return fill(directory, options.times, options.control, options.between, options.longest)


def fill(
    directory: Path, times: int, control: str | None = None, between: float = BETWEEN, longest: float = LONGEST
) -> Outcome:
    """Fill the disk so many times. Raises SystemExit where nothing can be mounted."""
    if os.geteuid() != 0:
        return _fill_apart(times, control, between, longest)
    spells: list[Spell] = []
    with small_disk(directory / "disk") as disk:
        url = f"sqlite:///{disk}/payments.sqlite3"
        bodies = crash_inbox.prepare(url, int((times + 1) * (between + 1) * RATE))
        application = CONTROLS[control] if control else "wsgi:app"
        with Gunicorn(directory, url, application) as server:
            processes = server.processes()
            with Courier(server.port, bodies, RATE) as courier:
                for _ in range(times):
                    wait(between)
                    spells.append(_spell(disk / "ballast", courier, longest))
                wait(between)
            restarts = len(set(server.processes()) - set(processes))
        with silence():
            counted = crash_inbox.count(directory, url, courier.acknowledged, control)
    seen = report(courier.answers, spells)
    numbers = {
        "times": times,
        "acknowledged": len(courier.acknowledged),
        "answered_503": seen.refused,
        "answered_else": seen.neither,
        **counted,
        "restarts": restarts,
        "slowest_healing": seen.slowest_healing,
    }
    held = counted["lost"] == counted["twice"] == counted["unfinished"] == seen.neither == restarts == 0
    held = held and counted["sound"] is True and seen.slowest_healing <= HEALED_WITHIN
    return Outcome(held and seen.refused >= times * REFUSALS, numbers)


def _spell(ballast: Path, courier: Courier, longest: float) -> Spell:
    spell = Spell()
    _fill_up(ballast)
    spell.holds = time.monotonic()
    wait_for_refusals(courier, spell.holds, REFUSALS, longest)
    spell.mending = time.monotonic()
    ballast.unlink()
    spell.over = time.monotonic()
    return spell


def _fill_up(ballast: Path) -> None:
    """Write until there is no space, and give some back."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(ROOM))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        file.truncate(max(0, file.tell() - ROOM))


def _fill_apart(times: int, control: str | None, between: float, longest: float) -> Outcome:
    """The same in a namespace of mounts and users, where we are root."""
    require()
    command = [*APART, sys.executable, "-m", "tests.faults", "disk-full", f"--times={times}"]
    command += [f"--between={between}", f"--longest={longest}", *([f"--control={control}"] if control else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("disk-full: "):
        raise RuntimeError(done.stderr[-3000:])
    _, verdict, *numbers = done.stdout.splitlines()[-1].split()
    return Outcome(verdict == "ok", dict(each.split("=", 1) for each in numbers))


def require() -> None:
    """Raise SystemExit, with a sentence, where we may mount nothing."""
    command = MOUNT if os.geteuid() == 0 else [*APART, *MOUNT]
    with tempfile.TemporaryDirectory(prefix="flask-paystack-fault-") as directory:
        mounted = subprocess.run([*command, directory], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            raise SystemExit(f"This fault mounts a small tmpfs, which is not allowed here: {mounted.stderr.strip()}")
        if command is MOUNT:
            _unmount(Path(directory))


@contextmanager
def small_disk(directory: Path) -> Iterator[Path]:
    """A file system of ``SIZE`` bytes at ``directory``. Raises SystemExit where this may not be mounted."""
    require()
    directory.mkdir()
    subprocess.run([*MOUNT, str(directory)], check=True)
    try:
        yield directory
    finally:
        _unmount(directory)


def _unmount(directory: Path) -> None:
    subprocess.run(["umount", "--lazy", str(directory)], check=True)
