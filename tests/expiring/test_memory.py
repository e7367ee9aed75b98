"""What is true of expiring maps in memory only."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from flask_paystack.expiring import open_store
from flask_paystack.expiring.memory import MemoryStore
from tests.clock import ManualClock
from tests.expiring import LIFETIME


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> Iterator[MemoryStore]:
    opened = open_store("memory://", clock)
    assert isinstance(opened, MemoryStore)
    yield opened
    opened.close()


def test_keys_and_sessions_are_hash_maps_beside_their_expiry_times(store: MemoryStore) -> None:
    store.map("access_keys", timedelta(seconds=50)).add("1772359200000", {"key": "493021"})
    store.map("session_tokens", timedelta(minutes=10)).add("token", value=True)
    assert store.access_keys == {"1772359200000": {"key": "493021"}}
    assert store.access_expiry == {"1772359200000": 50_000_000}
    assert store.session_tokens == {"token": True}
    assert store.session_expiry == {"token": 600_000_000}


def test_any_other_map_has_its_dicts_by_its_name(store: MemoryStore) -> None:
    store.map("pay_limits", LIFETIME).hit("127.0.0.1")
    assert store.pay_limits == {"127.0.0.1": 1}
    assert store.pay_limits_expiry == {"127.0.0.1": 50_000_000}
    with pytest.raises(AttributeError, match="No map of this store is called nothing"):
        _ = store.nothing


@pytest.mark.parametrize("verb", ["get", "take", "delete"])
def test_an_expired_entry_is_deleted_the_moment_it_is_looked_at(
    store: MemoryStore, clock: ManualClock, verb: str
) -> None:
    codes = store.map("codes", LIFETIME)
    codes.add("k", "v")
    clock.advance(50)
    assert store.codes == {"k": "v"}
    getattr(codes, verb)("k")
    assert store.codes == store.codes_expiry == {}


class Watched(int):
    """A time that counts how often somebody compared it with another."""

    looks = 0

    def __gt__(self, other: int) -> bool:
        Watched.looks += 1
        return int(self) > other

    def __le__(self, other: int) -> bool:
        Watched.looks += 1
        return int(self) <= other


def test_a_sweep_costs_what_expired_and_not_what_is_alive(store: MemoryStore, clock: ManualClock) -> None:
    codes = store.map("codes", LIFETIME)
    for n in range(3):
        codes.add(f"old {n}", n)
    clock.advance(1)
    for n in range(1000):
        codes.add(f"young {n}", n)
    clock.advance(49)
    for key, expires_at in store.codes_expiry.items():
        store.codes_expiry[key] = Watched(expires_at)
    Watched.looks = 0
    assert codes.remove_expired() == 3
    assert Watched.looks == 4  # the three, and the one that told it to stop
    assert len(store.codes) == 1000


def test_whatever_is_done_entries_stay_in_order_of_expiry(store: MemoryStore, clock: ManualClock) -> None:
    """Re-adding, deleting and counting in every order; a sweep then leaves nothing expired behind."""
    chance = random.Random(7)
    codes = store.map("codes", LIFETIME)
    for _ in range(3000):
        clock.advance(chance.random() * 3)
        key = f"{chance.choice('vn')}{chance.randrange(30)}"
        if key.startswith("n"):
            chance.choice([codes.hit, codes.delete, codes.get, codes.take])(key)
        else:
            chance.choice([lambda k: codes.add(k, k), codes.delete, codes.get, codes.take])(key)
        if chance.random() < 0.05:
            codes.remove_expired()
            assert all(at > clock.monotonic() * 1_000_000 for at in store.codes_expiry.values())
        times = list(store.codes_expiry.values())
        assert times == sorted(times)
        assert list(store.codes) == list(store.codes_expiry)


class WildClock(ManualClock):
    """A machine whose time of day nobody can rely on."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=random.choice([-1, 1]))


def test_a_wall_clock_that_jumps_changes_nothing() -> None:
    clock = WildClock()
    store = open_store("memory://", clock)
    codes = store.map("codes", LIFETIME)
    codes.add("k", "v")
    clock.advance(49.9)
    assert codes.get("k") == "v"
    clock.advance(0.1)
    assert codes.get("k") is None
    store.close()


def test_it_is_not_shared_and_its_url_has_nothing_more_to_say(store: MemoryStore, clock: ManualClock) -> None:
    assert not store.shared
    with pytest.raises(ValueError, match="memory://, with nothing behind it"):
        open_store("memory://somewhere", clock)
