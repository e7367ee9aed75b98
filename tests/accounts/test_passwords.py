"""Passwords: hashed by Argon2id, a few at a time."""

import threading

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from flask_paystack.accounts import passwords as room
from flask_paystack.accounts.model import is_password
from flask_paystack.accounts.passwords import Passwords
from flask_paystack.errors import TooManyRequests
from tests.accounts import PASSWORD, cheap_passwords
from tests.race import race


def test_a_password_matches_its_own_hash_alone() -> None:
    passwords = cheap_passwords()
    kept = passwords.hash(PASSWORD)

    assert passwords.matches(PASSWORD, kept)
    assert not passwords.matches(PASSWORD + " ", kept)
    assert not passwords.matches(PASSWORD, None)
    assert passwords.hash(PASSWORD) != kept, "each hash has a salt of its own"


@pytest.mark.parametrize("text", ["8 chars.", "a" * 256, "😀" * 256, "päßwörter", "nul \0 within", "\0" * 8, "ﷺ" * 256])
def test_any_characters_make_a_password(text: str) -> None:
    passwords = cheap_passwords()

    assert is_password(text)
    assert passwords.matches(text, passwords.hash(text))
    assert not passwords.matches(text[:-1], passwords.hash(text)), "every character counts"


@pytest.mark.parametrize("text", ["", "7 chars", "a" * 257, "half a \ud800 character"])
def test_what_is_no_password(text: str) -> None:
    assert not is_password(text)


def test_one_character_written_in_two_ways_is_one() -> None:
    passwords = cheap_passwords()

    assert passwords.matches("cafe\u0301 au lait", passwords.hash("caf\u00e9 au lait"))


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$v=19$m=8,t=1,p=1$broken", "$2b$12$" + "a" * 53])
def test_a_hash_that_cannot_be_read_matches_nothing(kept: str) -> None:
    assert not cheap_passwords().matches(PASSWORD, kept)


def test_a_hash_with_other_parameters_is_outdated() -> None:
    passwords = cheap_passwords()

    assert not passwords.is_outdated(passwords.hash(PASSWORD))
    assert passwords.is_outdated(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD))


def test_the_usual_parameters_are_memory_hard() -> None:
    found = extract_parameters(Passwords().hash(PASSWORD))

    assert found.type is Type.ID
    assert found.memory_cost >= 19 * 1024, "OWASP's least for two passes"
    assert found.time_cost >= 2


def test_a_flood_hashes_a_few_at_a_time_and_the_rest_is_refused_at_once() -> None:
    passwords = cheap_passwords()
    leave = threading.Event()
    inside: list[int] = []
    most: list[int] = []
    refusals: list[dict[str, object]] = []

    def come() -> None:
        try:
            with passwords.turn():
                inside.append(1)
                most.append(len(inside))
                assert leave.wait(30)
                inside.pop()
        except TooManyRequests as refused:
            refusals.append(refused.details)
            if len(refusals) == 50 - room.PLACES:
                leave.set()

    race(50, come)

    assert refusals == [{"retry_after": 1}] * (50 - room.PLACES)
    assert max(most) == room.AT_ONCE
    with passwords.turn():
        assert passwords.hash(PASSWORD), "the places are free again"
