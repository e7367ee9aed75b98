"""Each 200 comes after its event was synced to disk, seen by strace; a forgetful PostgreSQL is refused (FAULTS R2).

A kill -9 cannot show this: what was written but not synced survives the death of a process, and not a loss of power. So a
real gunicorn runs under strace while signed webhooks arrive. Within each request the thread that answers must have written to
SQLite's write-ahead log, and synced that log after its last write to it, before it begins to send its 200.
"""

import argparse
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
from psycopg import sql

from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from tests import processes
from tests.faults import Outcome, crash_inbox, strace
from tests.faults.courier import Courier
from tests.faults.server import Gunicorn
from tests.killable import KillablePostgres, killable_postgres
from tests.servers import free_port

CONTROLS = {
    "ack-first": "tests.faults.broken:ack_first()",
    "wal-normal": "tests.faults.broken_storage:wal_normal()",
}
RATE = 100.0
FORGETFUL = ("fsync", "synchronous_commit", "full_page_writes")
CALLS = "recvfrom,sendto,sendmsg,write,pwrite64,fsync,fdatasync"
STRACE = ["strace", "--follow-forks", "--seccomp-bpf", "--decode-fds=path", "--string-limit=32", f"--trace={CALLS}"]

CALL = re.compile(r"(?P<thread>\d+) +(?P<name>\w+)\((?P<told>.*)")
RESUMED = re.compile(r"(?P<thread>\d+) +<\.\.\. \w+ resumed>(?P<told>.*)")
UNFINISHED = "<unfinished ...>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        synced = watch(directory, options.events, options.control)
        refused = refusals(directory / "forgetful")
        wanted = f"{len(FORGETFUL)} of {len(FORGETFUL)}"
        return Outcome(synced.ok and refused == wanted, {**synced.numbers, "postgresql_refused": f"'{refused}'"})


def watch(directory: Path, events: int, control: str | None = None) -> Outcome:
    """Let ``events`` webhooks arrive, and read the trace. Raises SystemExit where there is no strace."""
    strace.require()
    url = f"sqlite:///{directory}/payments.sqlite3"
    bodies = crash_inbox.prepare(url, events)
    trace = directory / "trace.txt"
    under = [*STRACE, f"--output={trace}"]
    with (
        Gunicorn(directory, url, CONTROLS[control] if control else "wsgi:app", under=under) as server,
        Courier(server.port, bodies, RATE) as courier,
    ):
        courier.is_done.wait(30 + events / 10)
    with trace.open(encoding="utf-8", errors="replace") as lines:
        seen = order(calls(lines))
    acknowledged = len(courier.acknowledged)
    ok = acknowledged == events <= seen["answers"] and seen["violations"] == 0
    return Outcome(ok, {"events": events, "acknowledged": acknowledged, **seen})


def calls(lines: Iterable[str]) -> Iterator[tuple[str, str, str, bool]]:
    """Thread, name, arguments with result, and whether it has ended, of each call of a trace: as it begins, and as it ends."""
    begun: dict[str, tuple[str, str]] = {}
    for line in lines:
        if found := CALL.match(line):
            thread, name, told = found["thread"], found["name"], found["told"]
            if told.rstrip().endswith(UNFINISHED):
                begun[thread] = (name, told.rstrip().removesuffix(UNFINISHED))
                yield thread, name, told, False
            else:
                yield thread, name, told, False
                yield thread, name, told, True
        elif (found := RESUMED.match(line)) and found["thread"] in begun:
            name, before = begun.pop(found["thread"])
            yield found["thread"], name, before + found["told"], True


def order(happened: Iterable[tuple[str, str, str, bool]]) -> dict[str, int]:
    """How many webhooks were answered 200, how many syncs of the log there were, and how many 200s came before theirs."""
    numbers = Counter(answers=0, syncs=0, violations=0)
    log: dict[str, str] = {}
    """For each thread that has read a webhook and not answered, what it did to the log."""
    for thread, name, told, has_ended in happened:
        if name == "recvfrom" and has_ended and '"POST /pay/webhook ' in told:
            log[thread] = "untouched"
        elif name in {"pwrite64", "write"} and not has_ended and "-wal>" in told and thread in log:
            log[thread] = "written"
        elif name in {"fsync", "fdatasync"} and has_ended and "-wal>" in told and told.rstrip().endswith("= 0"):
            numbers["syncs"] += 1
            if log.get(thread) == "written":
                log[thread] = "synced"
        elif name in {"sendto", "sendmsg"} and not has_ended and '"HTTP/1.1 200 ' in told and thread in log:
            numbers["answers"] += 1
            numbers["violations"] += log.pop(thread) != "synced"
    return dict(numbers)


def refusals(directory: Path) -> str:
    """Of how many settings that make PostgreSQL forget, our start is refused. It must start where all are on."""
    directory.mkdir()
    with killable_postgres() as postgres:
        database = Database(postgres.url)
        upgrades.upgrade(database)
        database.close()
        processes.deploy(directory, database_url=postgres.url)
        with processes.gunicorn(directory):
            refused = [name for name in FORGETFUL if _is_refused(directory, postgres, name)]
    return f"{len(refused)} of {len(FORGETFUL)}"


def _is_refused(directory: Path, postgres: KillablePostgres, name: str) -> bool:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
        connection.execute("SELECT pg_reload_conf()")
    code, told = processes.completed(directory, "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{free_port()}")
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM RESET ALL")
        connection.execute("SELECT pg_reload_conf()")
    return code != 0 and f"this PostgreSQL has {name} = off" in told
