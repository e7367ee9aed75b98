"""What ``ExpiringMap`` promises, asked of every backend."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from flask_paystack.expiring import ExpiringMap, ExpiringStore, Hits, Json, open_store
from tests.clock import ManualClock
from tests.expiring import LIFETIME
from tests.race import race, race_between

VALUES: list[Json] = [
    True,
    False,
    0,
    -1,
    2**63,
    1.5,
    "",
    "text",
    "naïve ₦ 🔑 \x00 \ud800",
    [],
    {},
    [1, [None, "two"], {"three": 3}],
    {"email": "ada@example.com", "nested": {"n": None, "list": [1, 2.5, False]}},
]
KEYS = ["", "plain", "with space:colon%_*{}?[a]\\", "ключ-钥匙-🔑", "a\x00b", "\ud800", "é" * 512, "🔑" * 512]
NOT_JSON: list[Any] = [None, object(), b"bytes", (1, 2), {1, 2}, {1: "a"}, {"a": (1,)}, math.nan, math.inf]


class SteppedClock(ManualClock):
    """A clock whose time of day is set, as an operator or a time server does."""

    def __init__(self) -> None:
        super().__init__()
        self._stepped = timedelta()

    def now(self) -> datetime:
        return super().now() + self._stepped

    def step(self, seconds: float) -> None:
        self._stepped += timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("lifetime", "late", "over"),
    [(50, 49.9, [50.0, 50.1]), (600, 599.9, [600.0, 600.1])],
    ids=["50s", "600s"],
)
def test_an_entry_lives_to_its_last_moment_and_no_longer(
    store: ExpiringStore, clock: ManualClock, lifetime: float, late: float, over: list[float]
) -> None:
    """No sweep runs here: what decides is the look itself."""
    tokens = store.map("tokens", timedelta(seconds=lifetime))
    clock.advance(0.1)
    for age in [late, *over]:
        for verb in ("get", "take", "delete", "add", "hit"):
            tokens.add(f"{verb} {age}", "x")
    clock.advance(late)
    assert tokens.get(f"get {late}") == "x"
    assert tokens.take(f"take {late}") == "x"
    assert tokens.delete(f"delete {late}")
    assert not tokens.add(f"add {late}", "y")
    passed = late
    for age in over:
        clock.advance(age - passed)
        passed = age
        assert tokens.get(f"get {age}") is None
        assert tokens.take(f"take {age}") is None
        assert not tokens.delete(f"delete {age}")
        assert tokens.add(f"add {age}", "y")
        assert tokens.hit(f"hit {age}") == Hits(1, lifetime)


def test_what_goes_in_comes_out(codes: ExpiringMap) -> None:
    for value in VALUES:
        assert codes.add("k", value)
        for found in (codes.get("k"), codes.take("k")):
            assert found == value
            assert type(found) is type(value)


def test_what_json_cannot_keep_is_refused(codes: ExpiringMap) -> None:
    endless: list[Any] = []
    endless.append(endless)
    for value in [*NOT_JSON, endless]:
        with pytest.raises(TypeError, match="not JSON"):
            codes.add("k", value)
        assert codes.get("k") is None


def test_any_string_is_a_key(codes: ExpiringMap) -> None:
    for key in KEYS:
        assert codes.add(key, "mine")
        assert not codes.add(key, "other")
        assert codes.get(key) == "mine"
        assert codes.take(key) == "mine"
        assert codes.hit(key).count == 1
        assert codes.delete(key)


def test_keys_that_look_alike_are_different(codes: ExpiringMap) -> None:
    """Case, composition and trailing spaces count."""
    alike = ["a", "A", "a ", "é", "e\u0301", "1", "01", "a\x00"]
    for key in alike:
        assert codes.add(key, key)
    assert [codes.get(key) for key in alike] == alike


def test_a_key_too_long_or_no_string_is_refused_by_every_verb(codes: ExpiringMap) -> None:
    def add(key: str) -> bool:
        return codes.add(key, "v")

    verbs: list[Callable[[Any], Any]] = [add, codes.get, codes.take, codes.hit, codes.delete]
    for verb in verbs:
        with pytest.raises(ValueError, match="at most 512 characters"):
            verb("k" * 513)
        with pytest.raises(TypeError, match="A key is a string"):
            verb(b"k")


def test_an_absent_key_is_none_to_every_verb(codes: ExpiringMap) -> None:
    assert codes.get("absent") is None
    assert codes.take("absent") is None
    assert not codes.delete("absent")


def test_add_refuses_a_living_key_and_keeps_its_value_and_time(codes: ExpiringMap, clock: ManualClock) -> None:
    assert codes.add("k", "first")
    clock.advance(30)
    assert not codes.add("k", "second")
    assert codes.get("k") == "first"
    clock.advance(20)
    assert codes.get("k") is None


@pytest.mark.parametrize("looked_at", [True, False])
def test_an_expired_key_can_be_added_again_and_lives_a_whole_life(
    codes: ExpiringMap, clock: ManualClock, looked_at: bool
) -> None:
    codes.add("k", "first")
    clock.advance(50)
    if looked_at:
        assert codes.get("k") is None
    assert codes.add("k", "second")
    clock.advance(49.9)
    assert codes.get("k") == "second"
    clock.advance(0.1)
    assert codes.get("k") is None


def test_a_taken_or_deleted_key_is_gone_and_can_be_added_again(codes: ExpiringMap) -> None:
    for remove in (codes.take, codes.delete):
        assert codes.add("k", "v")
        assert remove("k")
        assert codes.get("k") is None
        assert codes.take("k") is None
        assert not codes.delete("k")
    assert codes.add("k", "again")


def test_delete_tells_of_a_false_value_that_it_was_there(codes: ExpiringMap) -> None:
    codes.add("k", False)
    assert codes.delete("k") is True


def test_what_comes_out_is_a_copy_and_so_is_what_is_kept(codes: ExpiringMap) -> None:
    given: dict[str, Any] = {"list": [1]}
    codes.add("k", given)
    given["list"].append(2)
    read = codes.get("k")
    assert read == {"list": [1]}
    assert isinstance(read, dict)
    read["list"].append(3)
    assert codes.get("k") == {"list": [1]}


def test_maps_do_not_see_each_other(store: ExpiringStore, clock: ManualClock) -> None:
    codes, tokens = store.map("codes", LIFETIME), store.map("codes_tokens", LIFETIME)
    codes.add("k", "code")
    codes.add("tokens:k", "code")
    assert tokens.get("k") is None
    assert tokens.add("k", "token")
    assert codes.take("k") == "code"
    assert tokens.get("k") == "token"
    codes.add("old", "x")
    tokens.add("old", "x")
    clock.advance(50)
    assert codes.remove_expired() in {0, 2}  # its own, and none of the other's
    assert tokens.add("old", "y")


def test_one_name_is_one_map(store: ExpiringStore) -> None:
    store.map("codes", LIFETIME).add("k", "v")
    assert store.map("codes", LIFETIME).get("k") == "v"


def test_a_name_cannot_have_two_lifetimes(store: ExpiringStore) -> None:
    store.map("codes", LIFETIME)
    with pytest.raises(ValueError, match="Entries of codes live 0:00:50"):
        store.map("codes", timedelta(seconds=51))


def test_a_map_needs_a_plain_name(store: ExpiringStore) -> None:
    for name in ["", "Codes", "1st", "a-b", "a:b", "a" * 65, "é"]:
        with pytest.raises(ValueError, match="cannot name a map"):
            store.map(name, LIFETIME)


def test_entries_must_live_a_while(store: ExpiringStore) -> None:
    with pytest.raises(ValueError, match="millisecond"):
        store.map("codes", timedelta(0))


def test_hits_count_within_a_window_that_does_not_grow(codes: ExpiringMap, clock: ManualClock) -> None:
    assert codes.hit("k") == Hits(1, 50.0)
    clock.advance(20)
    assert codes.hit("k") == Hits(2, 30.0)
    clock.advance(29.9)
    assert codes.hit("k") == Hits(3, pytest.approx(0.1))
    clock.advance(0.1)
    assert codes.hit("k") == Hits(1, 50.0)


def test_a_counter_is_an_entry_that_get_reads_and_delete_resets(codes: ExpiringMap, clock: ManualClock) -> None:
    codes.hit("k")
    codes.hit("k")
    assert codes.get("k") == 2
    assert type(codes.get("k")) is int
    assert not codes.add("k", "value")
    assert codes.delete("k")
    assert codes.hit("k").count == 1
    assert codes.take("k") == 1
    assert codes.get("k") is None
    codes.hit("k")
    clock.advance(50)
    assert codes.get("k") is None
    assert codes.add("k", "value")


def test_a_value_is_not_counted(codes: ExpiringMap, clock: ManualClock) -> None:
    values: dict[str, Json] = {"text": "v", "number": 1, "object": {"n": 1}}
    for key, value in values.items():
        codes.add(key, value)
        with pytest.raises(TypeError, match="does not count hits"):
            codes.hit(key)
        assert codes.get(key) == value
    clock.advance(50)
    assert [codes.hit(key) for key in values] == [Hits(1, 50.0)] * 3


def test_remove_expired_removes_the_dead_and_only_the_dead(codes: ExpiringMap, clock: ManualClock) -> None:
    for n in range(3):
        codes.add(f"old {n}", n)
    codes.hit("old counter")
    clock.advance(25)
    codes.add("young", "v")
    codes.hit("counter")
    clock.advance(25)
    assert codes.remove_expired() in {0, 4}  # 0 where the server frees space by itself
    assert [codes.get(f"old {n}") for n in range(3)] == [None, None, None]
    assert codes.get("old counter") is None
    assert codes.get("young") == "v"
    assert codes.hit("counter") == Hits(2, 25.0)
    assert codes.remove_expired() == 0


def test_take_has_one_winner_of_a_hundred(codes: ExpiringMap) -> None:
    for number in range(10):
        codes.add("k", number)
        outcomes = race(100, lambda: codes.take("k"))
        assert [outcome for outcome in outcomes if outcome is not None] == [number]


def test_delete_has_one_winner(codes: ExpiringMap) -> None:
    for _ in range(10):
        codes.add("k", "v")
        assert race(16, lambda: codes.delete("k")).count(True) == 1


@pytest.mark.parametrize("over_a_dead_one", [False, True])
def test_add_has_one_winner_of_thirty_two(codes: ExpiringMap, clock: ManualClock, over_a_dead_one: bool) -> None:
    for number in range(10):
        if over_a_dead_one:
            codes.add(f"k{number}", "dead")
            clock.advance(50)
        assert race(32, partial(codes.add, f"k{number}", "v")).count(True) == 1


@pytest.mark.parametrize("over_a_dead_one", [False, True])
def test_concurrent_hits_get_every_count_once(codes: ExpiringMap, clock: ManualClock, over_a_dead_one: bool) -> None:
    for number in range(5):
        if over_a_dead_one:
            codes.hit(f"k{number}")
            clock.advance(50)
        counts = [hits.count for hits in race(32, partial(codes.hit, f"k{number}"))]
        assert sorted(counts) == list(range(1, 33))


def test_a_look_at_a_dead_entry_never_removes_the_one_that_replaced_it(codes: ExpiringMap, clock: ManualClock) -> None:
    for number in range(20):
        codes.add("k", "dead")
        clock.advance(50)
        looks: list[Callable[[], Any]] = [lambda: codes.get("k")] * 7
        race_between([lambda: codes.add("k", "new"), *looks])
        assert codes.get("k") == "new", number
        codes.delete("k")


def test_sweeps_and_adds_in_a_race_lose_nothing_alive(codes: ExpiringMap, clock: ManualClock) -> None:
    for _ in range(10):
        for n in range(20):
            codes.add(f"k{n}", "dead")
        clock.advance(50)
        adds: list[Callable[[], Any]] = [partial(codes.add, f"k{n}", "new") for n in range(6)]
        race_between([codes.remove_expired, codes.remove_expired, *adds])
        assert [codes.get(f"k{n}") for n in range(6)] == ["new"] * 6
        clock.advance(50)
        codes.remove_expired()


def test_a_wall_clock_set_back_gives_nobody_an_hour(store_url: str) -> None:
    """Memory does not look at it; the others take an entry from the future for a dead one."""
    clock = SteppedClock()
    store = open_store(store_url, clock)
    codes = store.map("codes", LIFETIME)
    for key in ("read", "taken", "entered"):
        codes.add(key, "v")
    codes.hit("counter")
    clock.step(-3600)
    clock.advance(50)
    assert codes.get("read") is None
    assert codes.take("taken") is None
    assert codes.add("entered", "v")
    assert codes.hit("counter") == Hits(1, 50.0)
    store.close()


def test_machines_whose_clocks_differ_by_seconds_see_each_others_entries(
    store: ExpiringStore, store_url: str, clock: ManualClock
) -> None:
    ahead = ManualClock()
    ahead.advance(5)
    other = open_store(store_url, ahead)
    other.map("codes", LIFETIME).add("k", "v")
    assert (store.map("codes", LIFETIME).get("k") == "v") is store.shared
    other.close()


def test_a_store_says_whether_others_see_it(store: ExpiringStore, store_url: str, clock: ManualClock) -> None:
    store.map("codes", LIFETIME).add("k", "v")
    other = open_store(store_url, clock)
    assert (other.map("codes", LIFETIME).get("k") == "v") is store.shared
    other.close()


def test_a_store_that_is_well_answers_a_ping(store: ExpiringStore) -> None:
    store.ping()


def test_a_password_that_breaks_its_url_is_not_repeated() -> None:
    for url in ("redis://user:hunter2#x@host/0", "postgresql://user@host:hunter2/db"):
        with pytest.raises(ValueError, match="The address of the store is not a") as refusal:
            open_store(url, ManualClock())
        assert "hunter2" not in str(refusal.value)
        assert refusal.value.__suppress_context__


def test_an_unknown_scheme_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="No store is known for mongodb; known are memory://, redis://") as refusal:
        open_store("mongodb://user:hunter2@host/db", ManualClock())
    assert "hunter2" not in str(refusal.value)
