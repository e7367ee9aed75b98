"""Expiring maps in this process: a hash map of values beside a map of expiry times, behind a lock."""

import copy
import threading
from datetime import timedelta
from typing import Any

from flask_paystack.clock import Clock
from flask_paystack.expiring.contract import ExpiringMap, ExpiringStore, Hits, Json
from flask_paystack.expiring.encoding import check_key, duration_microseconds, text_value, value_text

_EXPIRY_NAMES = {"access_keys": "access_expiry", "session_tokens": "session_expiry"}
"""Maps whose expiry times have a name of their own; those of any other map ``x`` are ``x_expiry``."""


class Count(int):
    """How often a key was hit; told apart from a number that was added."""


class MemoryMap(ExpiringMap):
    """Two dicts. All entries live equally long and are entered last, so both are in order of expiry."""

    def __init__(self, name: str, lifetime: timedelta, clock: Clock) -> None:
        super().__init__(name, lifetime)
        self.values: dict[str, Json] = {}
        self.expiry: dict[str, int] = {}
        self._clock = clock
        self._lifetime = duration_microseconds(lifetime)
        self._lock = threading.Lock()

    def add(self, key: str, value: Json) -> bool:
        own = text_value(value_text(value))
        with self._lock:
            now = self._now()
            if self._alive(check_key(key), now) is not None:
                return False
            self._enter(key, own, now)
            return True

    def get(self, key: str) -> Json | None:
        with self._lock:
            return _copy(self._alive(check_key(key), self._now()))

    def take(self, key: str) -> Json | None:
        with self._lock:
            value = self._alive(check_key(key), self._now())
            self._remove(key)
            return _copy(value)

    def hit(self, key: str) -> Hits:
        with self._lock:
            now = self._now()
            held = self._alive(check_key(key), now)
            if held is None:
                self._enter(key, Count(1), now)
                return Hits(1, self._lifetime / 1_000_000)
            if not isinstance(held, Count):
                raise TypeError("This key holds a value; it does not count hits.")
            count = Count(held + 1)
            self.values[key] = count
            return Hits(int(count), (self.expiry[key] - now) / 1_000_000)

    def delete(self, key: str) -> bool:
        with self._lock:
            alive = self._alive(check_key(key), self._now()) is not None
            self._remove(key)
            return alive

    def remove_expired(self) -> int:
        with self._lock:
            now = self._now()
            expired = []
            for key, expires_at in self.expiry.items():
                if now < expires_at:
                    break  # whatever follows was entered later, and lives longer
                expired.append(key)
            for key in expired:
                self._remove(key)
            return len(expired)

    def _now(self) -> int:
        """Microseconds, by a clock that never steps. Read under the lock: order of entry is order of time."""
        return round(self._clock.monotonic() * 1_000_000)

    def _alive(self, key: str, now: int) -> Json | None:
        if key in self.expiry and now >= self.expiry[key]:
            self._remove(key)
        return self.values.get(key)

    def _enter(self, key: str, value: Json, now: int) -> None:
        self.values[key] = value
        self.expiry[key] = now + self._lifetime

    def _remove(self, key: str) -> None:
        self.values.pop(key, None)
        self.expiry.pop(key, None)


def _copy(value: Json | None) -> Json | None:
    return int(value) if isinstance(value, Count) else copy.deepcopy(value)


class MemoryStore(ExpiringStore):
    """Maps in plain dicts, which are the store's attributes.

    The map ``access_keys`` keeps its values in ``store.access_keys`` and its expiry times, in microseconds of
    the monotonic clock, in ``store.access_expiry``; ``session_tokens`` in ``session_tokens`` and
    ``session_expiry``; any other map ``x`` in ``x`` and ``x_expiry``.
    """

    shared = False

    def __init__(self, url: str, clock: Clock) -> None:
        """``url`` is ``memory://``; there is nothing more to say in it."""
        super().__init__()
        if url != "memory://":
            raise ValueError("A store in memory is opened as memory://, with nothing behind it.")
        self._clock = clock
        self._dicts: dict[str, dict[str, Any]] = {}

    def __getattr__(self, name: str) -> dict[str, Any]:
        dicts: dict[str, dict[str, Any]] = self.__dict__.get("_dicts", {})
        if name not in dicts:
            raise AttributeError(f"No map of this store is called {name}.")
        return dicts[name]

    def _open_map(self, name: str, lifetime: timedelta) -> ExpiringMap:
        opened = MemoryMap(name, lifetime, self._clock)
        self._dicts[name] = opened.values
        self._dicts[_EXPIRY_NAMES.get(name, f"{name}_expiry")] = opened.expiry
        return opened

    def ping(self) -> None:
        return

    def close(self) -> None:
        self._dicts.clear()
        self._maps.clear()
