"""Redis and PostgreSQL that are away at the start, or go and come back while we run."""

import hashlib
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from flask_paystack.records.schema import webhook_events
from tests.killable import KillablePostgres, KillableRedis, children_of, killable_postgres, killable_redis
from tests.patience import until
from tests.processes import PATIENCE, Process, completed, completed_together, deploy, gunicorn, running, status
from tests.servers import free_port, or_skip, running_redis
from tests.shop import signed

HEALED_WITHIN = 5.0


@pytest.fixture(scope="module")
def postgres() -> Iterator[KillablePostgres]:
    with killable_postgres() as server:
        database = Database(server.url)
        upgrades.upgrade(database)
        database.close()
        yield server


@pytest.fixture(scope="module")
def redis() -> Iterator[KillableRedis]:
    with killable_redis() as server:
        yield server


@pytest.fixture(scope="module")
def served(
    postgres: KillablePostgres, redis: KillableRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Process, str]]:
    """Two workers, their jobs on, an unreachable Paystack."""
    directory = deploy(
        tmp_path_factory.mktemp("served"),
        store_url=redis.url,
        database_url=postgres.url,
        paystack_base_url=f"http://127.0.0.1:{free_port()}",
        rate_limits="on",
        limit_verify="1000000/minute",
        limit_pay="1000000/minute",
        limit_keys="1000000/minute",
    )
    with gunicorn(directory, "--workers", "2") as (process, url):
        until(lambda: status(f"{url}/readyz") == 200, PATIENCE)
        yield process, url
        assert process.output.count("Booting worker") == 2, "Nobody was started anew."


@contextmanager
def away(server: KillablePostgres | KillableRedis) -> Iterator[None]:
    """Kill an engine; start it again at the end, at the same address and with what it had."""
    server.kill()
    try:
        yield
    finally:
        server.start()


def webhook_body(number: int) -> bytes:
    return json.dumps({"event": "transfer.success", "data": {"id": number}}).encode()


def send_webhook(url: str, number: int) -> requests.Response:
    body = webhook_body(number)
    headers = {"Content-Type": "application/json", "x-paystack-signature": signed(body)}
    return requests.post(f"{url}/pay/webhook", data=body, headers=headers, timeout=20)


def asks(url: str) -> dict[str, Callable[[], requests.Response]]:
    """What is asked of us, and needs the database or Redis."""

    def post(path: str, **body: Any) -> Callable[[], requests.Response]:
        return lambda: requests.post(url + path, json=body, timeout=20)

    return {
        "webhook": lambda: send_webhook(url, 1),
        "verify": lambda: requests.get(f"{url}/pay/verify/pay-unknown", timeout=20),
        "session": post("/check-session", session_token="x" * 43),
        "key": post("/admin-keys/verify", id="1-0123456789abcdef", key="123456"),
        "login": post("/auth/login", email="zoe@example.org", password="correct horse battery"),
    }


def assert_storage_unavailable(answer: requests.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "storage_unavailable"
    assert answer.headers["Retry-After"]


def test_while_postgresql_is_away_nothing_is_acknowledged_and_all_heals_when_it_is_back(
    served: tuple[Process, str], postgres: KillablePostgres
) -> None:
    _, url = served
    for round_ in range(2):
        with away(postgres):
            for name in ("webhook", "verify", "login"):
                assert_storage_unavailable(asks(url)[name]())
            assert asks(url)["session"]().status_code == 400, "Sessions are kept elsewhere."
            ready = requests.get(f"{url}/readyz", timeout=20)
            assert (ready.status_code, ready.json()["checks"]["store"]) == (503, "ok")
            assert status(f"{url}/healthz") == 200
        until(lambda round_=round_: send_webhook(url, 100 + round_).status_code == 200, HEALED_WITHIN)  # type: ignore[misc]
        until(lambda: status(f"{url}/readyz") == 200, HEALED_WITHIN)
        # Each thread of each worker had a connection that broke: none of them meets it now.
        assert {send_webhook(url, number).status_code for number in range(1000, 1040)} == {200}


def test_events_are_worked_on_again_once_postgresql_is_back(
    served: tuple[Process, str], postgres: KillablePostgres
) -> None:
    _, url = served
    with away(postgres):
        assert_storage_unavailable(send_webhook(url, 7))
    until(lambda: send_webhook(url, 7).status_code == 200, HEALED_WITHIN)

    until(lambda: state_of(7, postgres.url) == "kept", 2 * HEALED_WITHIN)


def state_of(number: int, database_url: str) -> str:
    """What became of a webhook."""
    digest = hashlib.sha256(webhook_body(number)).hexdigest()
    database = Database(database_url)
    try:
        with database.reading() as connection:
            query = select(webhook_events.c.state).where(webhook_events.c.digest == digest)
            return str(connection.execute(query).scalar_one())
    finally:
        database.close()


def test_while_redis_is_away_money_flows_and_credentials_are_refused(
    served: tuple[Process, str], redis: KillableRedis
) -> None:
    _, url = served
    for _ in range(2):
        with away(redis):
            assert asks(url)["webhook"]().status_code == 200
            for name in ("session", "key", "verify", "login"):
                assert_storage_unavailable(asks(url)[name]())
            assert status(f"{url}/readyz") == 503
        until(lambda: asks(url)["session"]().status_code == 400, HEALED_WITHIN)
        assert {asks(url)["session"]().status_code for _ in range(40)} == {400}
        assert asks(url)["verify"]().status_code == 404
        until(lambda: status(f"{url}/readyz") == 200, HEALED_WITHIN)


def test_an_outage_is_told_in_lines_not_in_tracebacks(served: tuple[Process, str], postgres: KillablePostgres) -> None:
    process, url = served
    with away(postgres):
        assert_storage_unavailable(send_webhook(url, 8))
        until(lambda: "processEvents waits" in process.output, 2 * HEALED_WITHIN)
    until(lambda: send_webhook(url, 8).status_code == 200, HEALED_WITHIN)

    assert "Traceback" not in process.output


@pytest.mark.parametrize("engine", ["postgres", "redis"])
def test_a_worker_that_dies_in_an_outage_is_replaced_once_it_is_over(
    engine: str, postgres: KillablePostgres, redis: KillableRedis, tmp_path: Path
) -> None:
    """Its master goes on, instead of ending because workers cannot start for a while."""
    with gunicorn(deploy(tmp_path, store_url=redis.url, database_url=postgres.url, jobs="off")) as (process, url):
        with away({"postgres": postgres, "redis": redis}[engine]):
            for worker in children_of(process.popen.pid):
                os.kill(worker, signal.SIGKILL)
            until(lambda: process.output.count("Flask-Paystack does not start:") > 1, PATIENCE)
        until(lambda: status(f"{url}/readyz") == 200, PATIENCE)

        assert process.popen.poll() is None


def assert_does_not_start(directory: Path, *words: str) -> None:
    serve = ["gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{free_port()}"]
    for code, output in completed_together(directory, serve, ["flask", "jobs", "start"]):
        assert code == 3, output
        assert output.count("Flask-Paystack does not start:") == 1, output
        assert all(word in output for word in words), output
        assert "Traceback" not in output


def test_what_is_away_at_the_start_is_told_in_a_sentence(tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    (tmp_path / "redis").mkdir()
    (tmp_path / "postgres").mkdir()

    assert_does_not_start(deploy(tmp_path / "redis", store_url=f"redis://{nowhere}/0"), "STORE_URL")
    assert_does_not_start(deploy(tmp_path / "postgres", database_url=f"postgresql://u@{nowhere}/p"), "DATABASE_URL")


def test_a_redis_that_evicts_what_lives_is_refused_at_the_start(tmp_path: Path) -> None:
    with or_skip("redis", running_redis(maxmemory="100mb", maxmemory_policy="allkeys-lru")) as url:
        assert_does_not_start(deploy(tmp_path, store_url=url), "STORE_URL", "maxmemory-policy is allkeys-lru")


def test_a_redis_that_keeps_no_file_is_doubted_at_the_start_and_by_the_doctor(tmp_path: Path) -> None:
    """It may be meant: after a crash of that Redis people log in again, and no money is at stake."""
    with or_skip("redis", running_redis(appendonly="no")) as url:
        directory = deploy(tmp_path, store_url=url)
        with gunicorn(directory) as (process, address):
            until(lambda: status(f"{address}/readyz") == 200, PATIENCE)
            assert "keeps no append-only file" in process.output
        assert "keeps no append-only file" in completed(directory, "flask", "doctor")[1]


def test_a_redis_that_keeps_its_file_is_not_doubted(tmp_path: Path, redis: KillableRedis) -> None:
    directory = deploy(tmp_path, store_url=redis.url)
    with running(directory, "flask", "jobs", "start") as process:
        until(lambda: "Running" in process.output, PATIENCE)
        assert "append-only" not in process.output
