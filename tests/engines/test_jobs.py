"""Each periodic job runs once in its period, whoever runs it, and one who dies is replaced."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from flask_paystack.background import LOOK_EVERY, TURN_LEASE, Background
from flask_paystack.clock import SystemClock
from flask_paystack.jobs import Job
from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from flask_paystack.records.jobs import JobRecords
from tests.clock import ManualClock
from tests.engines.conftest import Deployment
from tests.patience import until
from tests.processes import PATIENCE, deploy, gunicorn, running, status, wait_until_answers
from tests.servers import free_port

HOUR = timedelta(hours=1)


@contextmanager
def nothing() -> Iterator[None]:
    yield


def turns(url: str, job: str = "pollPayments") -> int:
    """How often a job's turn was taken so far."""
    database = Database(url)
    try:
        return JobRecords(database, SystemClock()).turns_taken().get(job, 0)
    finally:
        database.close()


def turns_within(url: str, seconds: float, job: str = "pollPayments") -> int:
    """How often a job's turn is taken in the seconds to come."""
    before = turns(url, job)
    threading.Event().wait(seconds)
    return turns(url, job) - before


def threads_of(pid: int) -> int:
    """How many threads a process has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def test_eight_processes_of_two_servers_run_a_job_once_in_each_period(two_servers: Deployment) -> None:
    """``POLL_EVERY=2`` makes ``pollPayments`` due every two seconds."""
    assert 5 <= turns_within(two_servers.database_url, 12) <= 7


def test_preload_starts_no_job_in_the_master_and_jobs_in_the_workers(two_servers: Deployment) -> None:
    """A scheduler that was started before the fork would run in nobody, and tell everybody that it does."""
    usual, master = (process.popen.pid for process in two_servers.processes)
    workers = [int(each) for each in Path(f"/proc/{master}/task/{master}/children").read_text().split()]

    assert len(workers) == 4
    assert threads_of(master) == threads_of(usual), "The other one never loaded the application."
    assert all(threads_of(worker) > 4 for worker in workers)


def test_a_worker_that_is_killed_stops_no_job(two_servers: Deployment) -> None:
    process = two_servers.processes[1]
    master = process.popen.pid
    children = Path(f"/proc/{master}/task/{master}/children")
    for worker in children.read_text().split()[:3]:
        os.kill(int(worker), signal.SIGKILL)

    assert turns_within(two_servers.database_url, 6) >= 2
    until(lambda: len(children.read_text().split()) == 4, PATIENCE)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    sqlite = f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    opened = Database(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    upgrades.upgrade(opened)
    yield opened
    opened.close()


def test_within_90_seconds_another_process_does_what_a_dead_one_began(database: Database) -> None:
    """An hourly job; the runner dies in the middle of it. The other looks as often as the scheduler would let it."""
    clock, runs = ManualClock(), []
    records = JobRecords(database, clock)
    dead = records.take_turn("prune", HOUR, TURN_LEASE)
    job = Job("prune", HOUR, lambda: runs.append(clock.monotonic()))
    other = Background([job], records, clock, nothing)
    assert dead is not None

    clock.advance(LOOK_EVERY.total_seconds() - 1)  # the worst moment to die: right after the other one looked
    while clock.monotonic() < 3600 and not runs:
        other._take_turn(job)
        clock.advance(LOOK_EVERY.total_seconds())

    assert runs
    assert runs[0] <= 90
    for _ in range(100):
        other._take_turn(job)
        clock.advance(LOOK_EVERY.total_seconds())
    assert len(runs) == 1, "It was done; the next is due in an hour."


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_process_killed_in_the_middle_of_a_job_is_replaced(database: Database) -> None:
    """With ``kill -9``, and leases of two seconds. As long as it lives it keeps its turn, however long that takes."""
    lease, ran = timedelta(seconds=2), threading.Event()
    heard, speak = os.pipe()
    first = os.fork()
    if first == 0:
        _work_for_ever(database, lease, speak)
    assert os.read(heard, 1) == b"!"
    other = _process(database, lease, ran.set)
    held_until = time.monotonic() + 5
    while time.monotonic() < held_until:
        other._take_turn(other.jobs["prune"])
        assert not ran.wait(0.1), "The first one still works on it."

    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)

    def has_run() -> bool:
        other._take_turn(other.jobs["prune"])
        return ran.is_set()

    until(has_run, 5)
    assert JobRecords(database, SystemClock()).turns_taken() == {"prune": 2}
    os.close(heard)
    os.close(speak)


def _process(database: Database, lease: timedelta, act: Callable[[], object]) -> Background:
    return Background([Job("prune", HOUR, act)], JobRecords(database, SystemClock()), SystemClock(), nothing, lease)


def _work_for_ever(database: Database, lease: timedelta, speak: int) -> NoReturn:
    """The life of a process that begins a job, says so, and is never done."""

    def begin() -> None:
        os.write(speak, b"!")
        threading.Event().wait()

    try:
        _process(database, lease, begin).start()
        threading.Event().wait()
    finally:
        os._exit(1)


def test_with_jobs_off_a_server_runs_none_and_two_processes_of_their_own_share_them(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    """One of the two is killed; the other goes on alone."""
    usual = {"store_url": redis_url, "database_url": postgres_url, "poll_every": "1", "failure_notice_after": "1"}
    directory = deploy(tmp_path, jobs="off", **usual)
    upgraded = Database(postgres_url)
    upgrades.upgrade(upgraded)
    upgraded.close()
    with gunicorn(directory, "--workers", "2"):
        assert turns_within(postgres_url, 3) == 0
        with running(directory, "flask", "jobs", "start") as one, running(directory, "flask", "jobs", "start") as two:
            until(lambda: all("Running" in each.output for each in (one, two)), PATIENCE)
            assert 4 <= turns_within(postgres_url, 5) <= 6
            one.kill()
            assert 3 <= turns_within(postgres_url, 5) <= 6


def test_the_reloader_runs_jobs_in_one_of_its_two_processes(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    """The one that watches files has one thread: nothing of ours runs there."""
    upgraded = Database(postgres_url)
    upgrades.upgrade(upgraded)
    upgraded.close()
    directory, port = deploy(tmp_path, store_url=redis_url, database_url=postgres_url), free_port()
    with running(directory, "flask", "run", "--debug", "--port", str(port)) as process:
        wait_until_answers(process, f"http://127.0.0.1:{port}")
        until(lambda: status(f"http://127.0.0.1:{port}/readyz") == 200, PATIENCE)
        watcher = process.popen.pid
        (server,) = Path(f"/proc/{watcher}/task/{watcher}/children").read_text().split()

        assert threads_of(watcher) == 1
        assert threads_of(int(server)) > 4
