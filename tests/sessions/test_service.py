"""Session tokens. Every test here runs on every store."""

import base64
import hashlib

import pytest

from flask_paystack.errors import InvalidSession, NoSuchSession
from flask_paystack.expiring import ExpiringStore, open_store
from flask_paystack.sessions.service import LIFETIME, Sessions
from tests.clock import ManualClock
from tests.race import race


def holds(sessions: Sessions, token: str) -> bool:
    """Whether a session token lets its bearer in."""
    try:
        sessions.who(token)
    except InvalidSession:
        return False
    return True


def test_session_contract_a_token_tells_whose_it_is(sessions: Sessions) -> None:
    assert sessions.who(sessions.open("admin1")) == "admin1"
    assert sessions.who(sessions.open("admin2")) == "admin2"
    assert sessions.expires_in == 600


def test_session_contract_a_token_is_256_random_bits(sessions: Sessions) -> None:
    tokens = {sessions.open("admin1") for _ in range(100)}

    assert len(tokens) == 100, "each opening makes a new one"
    assert {len(base64.urlsafe_b64decode(token + "=")) for token in tokens} == {32}


def test_session_contract_expiry_is_exact_and_absolute(sessions: Sessions, clock: ManualClock) -> None:
    token = sessions.open("admin1")

    for _ in range(5):
        clock.advance(119.98)
        assert holds(sessions, token)  # looking at it makes it no longer
    clock.advance(0.1)
    assert not holds(sessions, token)


def test_session_contract_nobody_gains_from_a_clock_set_back(
    sessions: Sessions, clock: ManualClock, store: ExpiringStore
) -> None:
    if not store.shared:
        pytest.skip("A store in memory goes by a clock that never steps.")
    token = sessions.open("admin1")

    clock.advance(-3600)

    assert not holds(sessions, token)


def test_session_contract_an_ended_session_is_over(sessions: Sessions) -> None:
    token, other = sessions.open("admin1"), sessions.open("admin1")

    sessions.end(token)

    assert not holds(sessions, token)
    assert holds(sessions, other)
    with pytest.raises(InvalidSession):
        sessions.end(token)


def test_session_contract_of_many_who_end_a_session_one_does(sessions: Sessions) -> None:
    for _ in range(5):
        token = sessions.open("admin1")

        def end(token: str = token) -> bool:
            try:
                sessions.end(token)
            except InvalidSession:
                return False
            return True

        assert race(8, end).count(True) == 1


def test_session_contract_an_ended_session_is_over_on_every_server(
    sessions: Sessions, store: ExpiringStore, store_url: str, clock: ManualClock
) -> None:
    if not store.shared:
        pytest.skip("A store in memory has one server.")
    other_store = open_store(store_url, clock)
    other = Sessions(other_store, {"admin1"})
    token = sessions.open("admin1")
    assert other.who(token) == "admin1"

    sessions.end(token)

    assert not holds(other, token)
    other_store.close()


def test_session_contract_the_session_of_a_former_admin_is_refused(sessions: Sessions, store: ExpiringStore) -> None:
    token = sessions.open("admin1")

    assert not holds(Sessions(store, {"admin2"}), token)


def test_session_contract_the_store_holds_no_token(sessions: Sessions, store: ExpiringStore) -> None:
    token = sessions.open("admin1")
    kept = store.map("session_tokens", LIFETIME)

    assert kept.get(token) is None
    assert kept.get(hashlib.sha256(token.encode()).hexdigest()) == {"admin": "admin1"}


@pytest.mark.parametrize("token", ["", "x", "é", "\0", "\ud800", "a" * 100_000])
def test_session_contract_what_is_no_token_is_refused(sessions: Sessions, token: str) -> None:
    assert not holds(sessions, token)
    with pytest.raises(NoSuchSession):
        sessions.check(token)


def test_the_sweep_removes_what_is_over_and_nothing_else(
    sessions: Sessions, clock: ManualClock, store: ExpiringStore, store_url: str
) -> None:
    old = sessions.open("admin1")
    clock.advance(300)
    young = sessions.open("admin1")
    clock.advance(300)

    removed = sessions.remove_expired_sessions()

    assert removed == (0 if store_url.startswith("redis") else 1), "Redis frees space by itself"
    assert (holds(sessions, old), holds(sessions, young)) == (False, True)
