"""Jobs: who starts them, who takes which turn, and what they remove."""

import fcntl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from flask_paystack.background import Background
from flask_paystack.clock import SystemClock
from flask_paystack.errors import SettingsError
from flask_paystack.jobs import Job
from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from flask_paystack.records.jobs import JobRecords
from tests.clock import ManualClock
from tests.patience import until
from tests.race import race_between
from tests.shop import Shop


def our_threads() -> set[str]:
    """Names of the threads that jobs run on."""
    return {
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith(("flask-paystack", "APScheduler", "ThreadPoolExecutor"))
    }


@contextmanager
def serving(shop: Shop) -> Iterator[None]:
    shop.ours.serving.begin()
    try:
        yield
    finally:
        shop.ours.serving.end()


def test_making_an_app_and_asking_it_in_a_test_starts_no_thread(shop: Shop) -> None:
    before = threading.active_count()
    shop.open_payment()

    assert not our_threads()
    assert threading.active_count() == before
    assert not shop.ours.background.is_running


def test_a_process_that_serves_starts_its_jobs_and_ends_them(shop: Shop) -> None:
    with serving(shop):
        assert shop.ours.background.is_running
        assert {"flask-paystack processEvents", "APScheduler"} <= our_threads()
        shop.ours.serving.begin()  # announced again, as by each request
        assert len([name for name in our_threads() if name == "APScheduler"]) == 1

    until(lambda: not our_threads())
    assert not shop.ours.background.is_running


def test_the_first_request_makes_a_process_one_that_serves(shop: Shop) -> None:
    """Under a server that announces nothing."""
    shop.app.testing = False
    try:
        assert shop.client.get("/healthz").status_code == 200
        assert shop.ours.background.is_running
    finally:
        shop.ours.serving.end()


def test_a_second_process_on_memory_may_not_serve(shop: Shop) -> None:
    """A lock on a file of one's own opening stands for another process: the system tells them apart just so."""
    path = Path(f"{shop.ours.records.database.path}.serving")
    with path.open("a") as elsewhere:
        fcntl.flock(elsewhere, fcntl.LOCK_EX)
        with pytest.raises(SettingsError, match=r"STORE_URL is memory://"):
            shop.ours.serving.begin()
        with pytest.raises(SettingsError, match=r"STORE_URL is memory://"):
            shop.ours.serving.check()
        assert not shop.ours.background.is_running

        shop.app.testing = False
        refused = shop.client.get("/healthz")
        assert refused.status_code == 503
        assert "STORE_URL" in refused.get_json()["error"]
    with serving(shop):
        assert shop.ours.background.is_running


def test_two_applications_of_one_process_serve_on_memory_and_keep_others_out_together(shop: Shop) -> None:
    """An application made anew, without closing the one before, is no other process."""
    path = Path(f"{shop.ours.records.database.path}.serving")
    with shop.second() as other, path.open("a") as elsewhere:
        with serving(shop), serving(other):
            other.ours.serving.check()
            assert shop.ours.background.is_running
            assert other.ours.background.is_running
            shop.ours.serving.end()
            with pytest.raises(OSError, match="unavailable"):
                fcntl.flock(elsewhere, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(elsewhere, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_two_processes_on_a_shared_store_may_serve(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    with Shop(tmp_path, store_url=store) as shop, shop.second() as other, serving(shop), serving(other):
        assert shop.ours.background.is_running
        assert other.ours.background.is_running


def test_with_jobs_off_only_what_this_process_holds_is_looked_after(tmp_path: Path) -> None:
    with Shop(tmp_path, jobs="off") as shop, serving(shop):
        started = {job.id for job in shop.ours.background._scheduler.get_jobs()}  # type: ignore[union-attr]

        assert {"removeExpiredKeys", "removeExpiredSessions"} <= started
        assert all(shop.ours.background.jobs[name].local for name in started)
        assert not [name for name in our_threads() if name.startswith("flask-paystack")]


def test_expired_keys_and_sessions_are_removed_every_sixty_seconds_on_apscheduler(shop: Shop) -> None:
    with serving(shop):
        for name in ("removeExpiredKeys", "removeExpiredSessions"):
            job = shop.ours.background._scheduler.get_job(name)  # type: ignore[union-attr]
            assert job.trigger.interval == timedelta(seconds=60)
            assert job.misfire_grace_time is None


def fill(shop: Shop) -> tuple[dict[str, object], dict[str, object]]:
    """Two keys and a session; the dicts that hold them."""
    store = shop.ours.store
    store.map("access_keys", timedelta(seconds=50)).add("key-1", {"admin": "admin1"})
    store.map("access_keys", timedelta(seconds=50)).add("key-2", {"admin": "admin1"})
    store.map("session_tokens", timedelta(minutes=10)).add("session-1", {"admin": "admin1"})
    return store.access_keys, store.session_tokens  # type: ignore[attr-defined]


def test_the_sweeps_remove_what_expired_and_nothing_else(shop: Shop) -> None:
    keys, sessions = fill(shop)

    shop.advance(49.9)
    assert shop.run("removeExpiredKeys", "removeExpiredSessions") == [0, 0]
    shop.advance(0.1)
    assert shop.run("removeExpiredKeys", "removeExpiredSessions") == [2, 0]
    assert (len(keys), len(sessions)) == (0, 1)
    shop.advance(550)
    assert shop.run("removeExpiredKeys", "removeExpiredSessions") == [0, 1]
    assert not sessions


def test_the_scheduler_itself_runs_the_sweeps(shop: Shop) -> None:
    """Its first run comes with its start."""
    keys, sessions = fill(shop)
    shop.advance(600)

    with serving(shop):
        until(lambda: not keys and not sessions)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'jobs.sqlite3'}")
    upgrades.make_ready(database)
    yield database
    database.close()


@contextmanager
def nothing() -> Iterator[None]:
    yield


def test_a_shared_job_runs_once_in_each_period_whoever_runs_it(database: Database) -> None:
    clock, runs = ManualClock(), []
    job = Job("shared", timedelta(seconds=60), lambda: runs.append(1))
    processes = [Background([job], JobRecords(database, clock), clock, nothing) for _ in range(2)]
    turns = [lambda process=process: process._take_turn(job) for process in processes] * 4  # type: ignore[misc]

    for period in range(1, 11):
        race_between(turns)
        assert len(runs) == period
        clock.advance(60)


def test_a_local_job_runs_in_each_process(database: Database) -> None:
    clock, runs = ManualClock(), []
    job = Job("local", timedelta(seconds=60), lambda: runs.append(1), local=True)
    for process in [Background([job], JobRecords(database, clock), clock, nothing) for _ in range(2)]:
        process._take_turn(job)

    assert len(runs) == 2


def test_a_turn_that_fails_is_logged_and_the_next_is_taken(database: Database) -> None:
    clock, runs = ManualClock(), []

    def fail() -> None:
        runs.append(1)
        raise RuntimeError("no luck")

    job = Job("fails", timedelta(seconds=60), fail)
    process = Background([job], JobRecords(database, clock), clock, nothing)
    for _ in range(3):
        process._take_turn(job)
        clock.advance(60)

    assert len(runs) == 3


def test_a_prompt_job_works_at_once_when_woken(shop: Shop) -> None:
    """Its period is seconds, and no time passes here."""
    reference = shop.open_payment()
    shop.customer_pays(reference)
    with serving(shop):
        until(lambda: "processEvents" in shop.ours.records.jobs.last_beats())
        shop.deliver_webhooks()
        until(lambda: shop.verify(reference)["status"] == "success", 4)


def test_a_prompt_job_looks_again_as_soon_as_a_lease_ends(shop: Shop) -> None:
    """Its period is an hour; the worker that holds the work never finishes it."""
    looks: list[float] = []

    def look() -> int:
        looks.append(time.monotonic())
        return 0

    clock = SystemClock()
    ends = clock.now() + timedelta(seconds=0.3)
    job = Job("look", timedelta(hours=1), look, prompt=True, next_lease_end=lambda: None if len(looks) > 1 else ends)
    began = time.monotonic()
    process = Background([job], JobRecords(shop.ours.records.database, clock), clock, nothing)
    process.start()
    try:
        until(lambda: len(looks) == 2)
    finally:
        process.stop()

    assert looks[1] - began >= 0.3
