"""Expiring maps on Redis (6.2 or newer), one round trip a verb.

An entry is a string, ``v<expiry>:<JSON>`` if it was added and ``n<expiry>:<count>`` if it was hit, with the
expiry in microseconds since 1970 by our clock. That expiry decides. Redis' own time to live is a minute
longer and only frees space.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException, RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel

from flask_paystack.clock import Clock
from flask_paystack.errors import StorageUnavailable
from flask_paystack.expiring.contract import CLOCK_SKEW, ExpiringMap, ExpiringStore, Hits, Json
from flask_paystack.expiring.encoding import (
    duration_microseconds,
    key_bytes,
    microseconds,
    text_value,
    value_text,
)

PREFIX = "flask-paystack"
_SPARE = timedelta(minutes=1)

# In all scripts, KEYS[1] is the entry, ARGV[1] is now, and ARGV[2] the latest expiry that can be true.
_ALIVE = """
local held = redis.call('GET', KEYS[1])
local kind, at, payload, alive
if held then
  kind, at, payload = string.match(held, '^(%a)(%d+):(.*)$')
  alive = tonumber(ARGV[1]) < tonumber(at) and tonumber(at) <= tonumber(ARGV[2])
end
"""
_ADD = (
    _ALIVE
    + """
if alive then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1
"""
)
_HIT = (
    _ALIVE
    + """
if not alive then
  redis.call('SET', KEYS[1], 'n' .. ARGV[3] .. ':1', 'PX', ARGV[4])
  return {1, ARGV[3]}
end
if kind ~= 'n' then return false end
local count = tonumber(payload) + 1
redis.call('SET', KEYS[1], 'n' .. at .. ':' .. string.format('%d', count), 'KEEPTTL')
return {count, at}
"""
)
_REMOVE_DEAD = (
    _ALIVE
    + """
if held and not alive then redis.call('DEL', KEYS[1]) end
return 0
"""
)


class RedisMap(ExpiringMap):
    """The keys of a Redis that begin with the map's name."""

    def __init__(self, name: str, lifetime: timedelta, client: Redis, clock: Clock) -> None:
        super().__init__(name, lifetime)
        self._client = client
        self._clock = clock
        self._lifetime = duration_microseconds(lifetime)
        self._longest = duration_microseconds(lifetime + CLOCK_SKEW)
        self._time_to_live = -(-duration_microseconds(lifetime + _SPARE) // 1000)
        self._prefix = f"{PREFIX}:{name}:".encode()
        self._add = client.register_script(_ADD)
        self._hit = client.register_script(_HIT)
        self._remove_dead = client.register_script(_REMOVE_DEAD)

    def add(self, key: str, value: Json) -> bool:
        now = self._now()
        entry = f"v{now + self._lifetime}:{value_text(value)}"
        arguments = (now, now + self._longest, entry, self._time_to_live)
        with _driver_errors():
            return bool(self._add(keys=[self._key(key)], args=arguments))

    def get(self, key: str) -> Json | None:
        now = self._now()
        name = self._key(key)
        with _driver_errors():
            held = cast("bytes | None", self._client.get(name))
            value = self._value(held, now)
            if held is not None and value is None:
                self._remove_dead(keys=[name], args=[now, now + self._longest])
        return value

    def take(self, key: str) -> Json | None:
        now = self._now()
        with _driver_errors():
            return self._value(cast("bytes | None", self._client.getdel(self._key(key))), now)

    def hit(self, key: str) -> Hits:
        now = self._now()
        arguments = [now, now + self._longest, now + self._lifetime, self._time_to_live]
        with _driver_errors():
            answer = cast("list[Any] | None", self._hit(keys=[self._key(key)], args=arguments))
        if answer is None:
            raise TypeError("This key holds a value; it does not count hits.")
        return Hits(int(answer[0]), (int(answer[1]) - now) / 1_000_000)

    def delete(self, key: str) -> bool:
        return self.take(key) is not None

    def remove_expired(self) -> int:
        return 0  # Redis frees what its time to live says

    def _now(self) -> int:
        return microseconds(self._clock.now())

    def _key(self, key: str) -> bytes:
        return self._prefix + key_bytes(key)

    def _value(self, held: bytes | None, now: int) -> Json | None:
        if held is None:
            return None
        head, _, payload = held.partition(b":")
        if not now < int(head[1:]) <= now + self._longest:
            return None
        return int(payload) if head.startswith(b"n") else text_value(payload)


class RedisStore(ExpiringStore):
    """Maps on a Redis, a Redis behind Sentinel, or a Redis Cluster.

    ``redis://`` and ``rediss://`` URLs are as redis-py reads them. ``redis+cluster://host:port`` names any
    node; ``redis+sentinel://[:password@]host:port[,host:port…]/service[/database]`` names the Sentinels and
    what they watch.

    Raises ValueError for a server that may evict entries that are alive: an attempt counter that vanishes is
    a free guess.
    """

    shared = True

    def __init__(self, url: str, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        with _driver_errors():
            self._clients = _connect(url)
        self.client = self._clients[0]
        try:
            self._refuse_eviction()
        except (StorageUnavailable, ValueError):
            self.close()
            raise

    def _refuse_eviction(self) -> None:
        for node in self._told_of("memory"):
            policy = str(node.get("maxmemory_policy", ""))
            if policy.startswith("allkeys-"):
                raise ValueError(
                    f"This Redis may drop keys and sessions that are alive (maxmemory-policy is {policy}). "
                    "Set it to noeviction."
                )

    def _told_of(self, section: str) -> list[dict[str, Any]]:
        """What each node tells of itself."""
        with _driver_errors():
            answer = self.client.info(section)
        return [node for node in answer.values() if isinstance(node, dict)] or [answer]

    def doubts(self) -> list[str]:
        found = []
        policies = {str(node.get("maxmemory_policy", "")) for node in self._told_of("memory") if node.get("maxmemory")}
        if any(policy.startswith("volatile-") for policy in policies):
            found.append(
                "When this Redis is full it drops entries that have a time to live, as all of ours have: "
                "set its maxmemory-policy to noeviction."
            )
        if any(not node.get("aof_enabled") for node in self._told_of("persistence")):
            found.append(
                "This Redis keeps no append-only file: after a crash of it people log in again, and limits and guesses are "
                "counted anew. Set its appendonly to yes."
            )
        return found

    def _open_map(self, name: str, lifetime: timedelta) -> ExpiringMap:
        return RedisMap(name, lifetime, self.client, self._clock)

    def ping(self) -> None:
        with _driver_errors():
            self.client.ping()

    def close(self) -> None:
        for client in self._clients:
            client.close()


@contextmanager
def _driver_errors() -> Iterator[None]:
    """Turn what the driver raises into our failure, once, at the edge."""
    try:
        yield
    except (RedisError, RedisClusterException, OSError) as cause:
        raise StorageUnavailable("The store for keys and sessions did not answer.") from cause


def _connect(url: str) -> list[Redis]:
    """The client to ask, and after it those it needs beside it, all to be closed in the end."""
    # A step that may have been done is not done again: a second take finds nothing, a second hit counts twice.
    options: dict[str, Any] = {
        "socket_connect_timeout": 2,
        "socket_timeout": 2,
        "health_check_interval": 15,
        "retry": Retry(NoBackoff(), 0),
    }
    parts = urlsplit(url)
    if parts.scheme == "redis+cluster":
        # The cluster's client has the same commands, and takes the same URL.
        return [cast("Redis", RedisCluster.from_url(urlunsplit(parts._replace(scheme="redis")), **options))]
    if parts.scheme == "redis+sentinel":
        return _connect_by_sentinel(parts, options)
    try:
        return [Redis.from_url(url, **options)]
    except ValueError:
        # Without its cause, which may quote a piece of a password that was not percent-encoded.
        raise ValueError("The address of the store is not a Redis URL.") from None


def _connect_by_sentinel(parts: SplitResult, options: dict[str, Any]) -> list[Redis]:
    credentials, _, hosts = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    if not service or not hosts:
        raise ValueError("A Sentinel URL reads redis+sentinel://host:port,host:port/service.")
    if username:
        options["username"] = unquote(username)
    if password:
        options["password"] = unquote(password)
    addresses = [(host, int(port or 26379)) for host, _, port in (each.partition(":") for each in hosts.split(","))]
    sentinel = Sentinel(addresses, **options)  # type: ignore[no-untyped-call]
    client = sentinel.master_for(service, db=int(database or 0))  # type: ignore[no-untyped-call]
    return [client, *sentinel.sentinels]
