"""A copy taken by the commands of docs/deploying.md while webhooks arrive, restored elsewhere, lacks nothing (FAULTS R20).

A real gunicorn takes webhooks at a steady rate over a database of some size. Each command that the documentation names for its
database takes a copy meanwhile. Each copy is put into an empty folder, or database, and counted by a backend that starts on
it: every event acknowledged before its command began must be there and settle once, and the file be sound.
"""

import argparse
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_paystack.errors import StorageUnavailable
from tests.faults import Outcome, crash_inbox, silence
from tests.faults.courier import Courier
from tests.faults.server import ROOT, Gunicorn
from tests.faults.spells import wait
from tests.patience import until
from tests.servers import fresh_database, postgres_programs, running_postgres

DOCUMENTED = ROOT / "docs" / "deploying.md"
CONTROLS = {"main-file": "cp instance/flask-paystack.sqlite3 copy.sqlite3"}
RATE = 50.0
BEFORE = 3.0
"""Seconds in which webhooks arrive before each copy."""
URL = "postgresql://paystack@db.internal/paystack"
"""The database of the documentation."""
LONGEST = 60
"""Seconds that a copy may take."""


@dataclass(frozen=True)
class Copy:
    """A copy, and the digests of what was acknowledged before it began."""

    file: Path
    acknowledged: set[str]
    seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--payments", type=int, default=20_000, help="How many there are to copy.")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--control", choices=sorted(CONTROLS), help="Of SQLite.")


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        if options.database == "postgresql":
            return restore_postgresql(directory, options.payments)
        return restore_sqlite(directory, options.payments, options.control)


def documented(program: str) -> list[list[str]]:
    """The commands of a program in the chapter about backups."""
    chapter = DOCUMENTED.read_text(encoding="utf-8").partition("## Backup\n")[2].partition("\n## ")[0]
    lines = [line.removeprefix("$ ") for line in chapter.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith(f"{program} ")]


def restore_sqlite(directory: Path, payments: int, control: str | None = None, before: float = BEFORE) -> Outcome:
    """Copy SQLite as documented, and count. Raises SystemExit where there is no ``sqlite3``."""
    command = shlex.split(CONTROLS[control]) if control else documented("sqlite3")[0]
    if shutil.which(command[0]) is None:
        raise SystemExit("This fault needs the command line of SQLite: apt-get install sqlite3.")
    (directory / "instance").mkdir()
    url = f"sqlite:///{directory}/instance/flask-paystack.sqlite3"
    copy = take(directory, url, command, payments, before)
    restored = directory / "restored"
    restored.mkdir()
    copy.file.rename(restored / "payments.sqlite3")
    return count(restored, f"sqlite:///{restored}/payments.sqlite3", copy)


def restore_postgresql(directory: Path, payments: int, before: float = BEFORE) -> Outcome:
    """Dump PostgreSQL as documented, restore the dump into an empty database, and count."""
    with ExitStack() as stack:
        source = stack.enter_context(running_postgres())
        empty = stack.enter_context(fresh_database(source))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        programs, _ = postgres_programs(scratch)
        [dump], [restore] = documented("pg_dump"), documented("pg_restore")

        def with_url(command: list[str], url: str) -> list[str]:
            return [str(programs / command[0]), *[each.replace(URL, url) for each in command[1:]]]

        copy = take(directory, source, with_url(dump, source), payments, before)
        subprocess.run(with_url(restore, empty), cwd=directory, check=True, timeout=LONGEST)
        (directory / "restored").mkdir()
        return count(directory / "restored", empty, copy)


def take(directory: Path, url: str, command: Sequence[str], payments: int, before: float) -> Copy:
    """What ``command`` made while webhooks arrived before, during and after it."""
    bodies = crash_inbox.prepare(url, payments)
    with Gunicorn(directory, url) as server, Courier(server.port, bodies, RATE) as courier:
        wait(before)
        until(lambda: courier.acknowledged, LONGEST)
        acknowledged = courier.acknowledged
        there = set(directory.iterdir())
        began = time.monotonic()
        subprocess.run(command, cwd=directory, check=True, timeout=LONGEST)
        seconds = time.monotonic() - began
        [made] = set(directory.iterdir()) - there
        wait(before / 3)
    return Copy(made, acknowledged, round(seconds, 2))


def count(directory: Path, url: str, copy: Copy) -> Outcome:
    """Start on the restored database, and compare it with what was acknowledged before the copy began."""
    counted: dict[str, Any]
    try:
        with silence():
            counted = crash_inbox.count(directory, url, copy.acknowledged, control=None)
    except StorageUnavailable:
        counted = {"lost": len(copy.acknowledged), "sound": False}
    held = counted["lost"] == 0 and counted["sound"] is True and counted["twice"] == counted["unfinished"] == 0
    told = {"acknowledged_before": len(copy.acknowledged), "copy_seconds": copy.seconds}
    return Outcome(held and len(copy.acknowledged) > 0, {**told, **counted})
