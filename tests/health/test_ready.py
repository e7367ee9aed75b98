"""``/healthz`` and ``/readyz``: alive, and able to work."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from flask_paystack.background import Background
from flask_paystack.expiring import open_store
from flask_paystack.health.service import DEAD_AFTER, Health
from flask_paystack.jobs import Job
from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from flask_paystack.records.incidents import IncidentRecords
from flask_paystack.records.jobs import JobRecords
from tests.clock import ManualClock
from tests.patience import until
from tests.servers import running_redis
from tests.shop import Shop


def beat(shop: Shop, *, but: str = "") -> None:
    """Every job that is everybody's gives a sign of life."""
    for job in shop.ours.background.jobs.values():
        if not job.local and job.name != but:
            shop.ours.records.jobs.beat(job.name)


def ready(shop: Shop) -> tuple[int, dict[str, str]]:
    answer = shop.client.get("/readyz")
    told = answer.get_json()
    assert told["status"] == ("ready" if answer.status_code == 200 else "not ready")
    checks: dict[str, str] = told["checks"]
    return answer.status_code, checks


def test_the_process_is_alive_whatever_else_is(shop: Shop) -> None:
    shop.ours.records.database.close()

    answer = shop.client.get("/healthz")

    assert (answer.status_code, answer.get_json()) == (200, {"status": "alive"})


def test_it_is_not_ready_before_the_jobs_gave_a_sign_of_life(shop: Shop) -> None:
    status, checks = ready(shop)

    assert status == 503
    assert checks["store"] == checks["database"] == "ok"
    for name in ("processEvents", "sendMessages", "handOver", "pollPayments", "noticeFailures"):
        assert name in checks["jobs"]


def test_it_is_ready_while_the_jobs_beat_and_no_longer_than_three_minutes_after(shop: Shop) -> None:
    beat(shop)
    assert ready(shop) == (200, {"store": "ok", "database": "ok", "jobs": "ok"})

    shop.advance(180)
    assert ready(shop)[0] == 200
    shop.advance(0.001)
    assert ready(shop)[0] == 503

    beat(shop)
    assert ready(shop)[0] == 200


@pytest.mark.parametrize("silent", ["processEvents", "sendMessages", "handOver", "pollPayments", "noticeFailures"])
def test_one_silent_job_is_named_alone(shop: Shop, silent: str) -> None:
    beat(shop)
    shop.advance(181)
    beat(shop, but=silent)

    status, checks = ready(shop)

    assert status == 503
    assert checks["jobs"] == f"no sign of life from {silent}"


def test_a_sign_of_life_from_another_process_counts(shop: Shop) -> None:
    with shop.second() as other:
        beat(other)

    assert ready(shop)[0] == 200


def test_a_store_that_is_down_is_told(tmp_path: Path) -> None:
    with running_redis() as url:
        shop = Shop(tmp_path, store_url=url)
        beat(shop)
        assert ready(shop)[0] == 200

    status, checks = ready(shop)
    shop.close()

    assert status == 503
    assert checks["store"] != "ok"
    assert (checks["database"], checks["jobs"]) == ("ok", "ok")
    assert "redis://" not in checks["store"]


def test_a_database_that_is_down_is_told(tmp_path: Path, postgres_server: str, postgres_url: str) -> None:
    database = Database(postgres_url)
    upgrades.upgrade(database)
    database.close()
    name = postgres_url.rpartition("/")[2].partition("?")[0]
    with Shop(tmp_path, database_url=postgres_url) as shop:
        beat(shop)
        assert ready(shop)[0] == 200
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type]
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

        status, checks = ready(shop)

        assert status == 503
        assert checks["store"] == "ok"
        assert checks["database"] != "ok"
        assert name not in str(checks)


@contextmanager
def nothing() -> Iterator[None]:
    yield


def test_a_job_that_hangs_turns_health_red_while_the_others_live(tmp_path: Path) -> None:
    """Real threads, moved time."""
    clock, released = ManualClock(), threading.Event()
    database = Database(f"sqlite:///{tmp_path / 'jobs.sqlite3'}")
    upgrades.make_ready(database)
    records = JobRecords(database, clock)
    jobs = [
        Job("hangs", timedelta(hours=1), lambda: released.wait(30) and 0, prompt=True),
        Job("lives", timedelta(hours=1), lambda: 0, prompt=True),
    ]
    background = Background(jobs, records, clock, nothing)
    health = Health(
        open_store("memory://", clock), database, records, IncidentRecords(database, clock), clock, ["hangs", "lives"]
    )
    background.start()
    try:
        until(lambda: health.check()["jobs"] == "ok")

        clock.advance(DEAD_AFTER.total_seconds() + 1)
        background.wake("lives")

        until(lambda: health.check()["jobs"] == "no sign of life from hangs")
        released.set()
    finally:
        released.set()
        background.stop()
        database.close()


def test_a_job_that_fails_each_time_is_logged_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock, runs = ManualClock(), []
    database = Database(f"sqlite:///{tmp_path / 'jobs.sqlite3'}")
    upgrades.make_ready(database)

    def fail() -> int:
        runs.append(1)
        raise RuntimeError("no luck")

    background = Background(
        [Job("fails", timedelta(hours=1), fail, prompt=True)], JobRecords(database, clock), clock, nothing
    )
    background.start()
    try:
        for count in (1, 2, 3):
            until(lambda wanted=count: len(runs) >= wanted)  # type: ignore[misc]
            until(lambda: background.wake("fails") is None)
    finally:
        background.stop()
        database.close()
    assert len(runs) >= 3
