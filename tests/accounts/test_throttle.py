"""Guessing at one account is slow, and its owner is never locked out."""

import pytest

from flask_paystack.accounts.service import Accounts
from flask_paystack.accounts.throttle import STRANGE_TRIES, TRIES
from flask_paystack.errors import InvalidLink, TooManyRequests, WrongCredentials
from tests.accounts import ELSEWHERE, HOME, PASSWORD
from tests.clock import ManualClock
from tests.race import race_between

ADA = "ada@example.com"
WRONG = "not the password"


@pytest.fixture(autouse=True)
def ada_registered(accounts: Accounts) -> None:
    accounts.register(ADA, PASSWORD, HOME)


def guess(accounts: Accounts, address: str, email: str = ADA, password: str = WRONG) -> str:
    """How a try at a password ended."""
    try:
        accounts.login(email, password, address)
    except WrongCredentials:
        return "looked at"
    except TooManyRequests:
        return "refused"
    return "in"


def test_ten_tries_are_looked_at_in_a_quarter_of_an_hour(accounts: Accounts, clock: ManualClock) -> None:
    outcomes = [guess(accounts, ELSEWHERE) for _ in range(TRIES + 3)]
    assert outcomes == ["looked at"] * TRIES + ["refused"] * 3
    assert guess(accounts, ELSEWHERE, password=PASSWORD) == "refused", "or else refusing would tell the right one"

    clock.advance(899.9)
    assert guess(accounts, ELSEWHERE) == "refused"
    clock.advance(0.1)
    assert guess(accounts, ELSEWHERE) == "looked at"


def test_the_refusal_tells_how_long_to_wait(accounts: Accounts, clock: ManualClock) -> None:
    for _ in range(TRIES):
        guess(accounts, ELSEWHERE)
    clock.advance(100)

    with pytest.raises(TooManyRequests) as refused:
        accounts.login(ADA, PASSWORD, ELSEWHERE)

    assert refused.value.details == {"retry_after": 800}


def test_no_more_are_looked_at_when_they_come_at_once(accounts: Accounts) -> None:
    outcomes = race_between([lambda: guess(accounts, ELSEWHERE)] * 64)
    outcomes += [guess(accounts, ELSEWHERE) for _ in range(TRIES)]

    assert outcomes.count("looked at") == TRIES


def test_a_member_gets_in_while_an_outsider_guesses(accounts: Accounts) -> None:
    for number in range(STRANGE_TRIES * 2):
        guess(accounts, f"203.0.113.{number % 250}")

    assert guess(accounts, HOME, password=PASSWORD) == "in"


def test_many_addresses_do_not_make_many_tries(accounts: Accounts, clock: ManualClock) -> None:
    outcomes = [guess(accounts, f"2001:db8::{number:x}") for number in range(500)]
    assert outcomes.count("looked at") == STRANGE_TRIES

    clock.advance(86399.9)
    assert guess(accounts, "2001:db8::ffff") == "refused"
    clock.advance(0.1)
    assert guess(accounts, "2001:db8::ffff") == "looked at"


def test_a_password_reset_leads_in_from_a_new_address_too(accounts: Accounts) -> None:
    for number in range(STRANGE_TRIES + 1):
        guess(accounts, f"2001:db8::{number:x}")
    assert guess(accounts, ELSEWHERE, password=PASSWORD) == "refused"
    with pytest.raises(InvalidLink):
        accounts.reset("made up", "a new and better one", ELSEWHERE)
    assert guess(accounts, ELSEWHERE, password=PASSWORD) == "refused"

    user_id = accounts.who(accounts.login(ADA, PASSWORD, HOME).token).id
    accounts.reset(accounts.password_reset_token(user_id), "a new and better one", ELSEWHERE)

    assert guess(accounts, ELSEWHERE, password="a new and better one") == "in"


def test_who_mistypes_and_then_gets_in_starts_anew(accounts: Accounts) -> None:
    for _ in range(5):
        assert [guess(accounts, HOME) for _ in range(TRIES - 1)] == ["looked at"] * (TRIES - 1)
        assert guess(accounts, HOME, password=PASSWORD) == "in"


def test_guessing_at_one_account_leaves_others_alone(accounts: Accounts) -> None:
    accounts.register("bob@example.com", PASSWORD, HOME)
    for _ in range(TRIES + 1):
        guess(accounts, ELSEWHERE)

    assert guess(accounts, ELSEWHERE, email="bob@example.com", password=PASSWORD) == "in"


def test_an_account_that_does_not_exist_is_counted_alike(accounts: Accounts) -> None:
    stranger = [guess(accounts, ELSEWHERE, email="nobody@example.com") for _ in range(TRIES + 3)]
    member = [guess(accounts, ELSEWHERE) for _ in range(TRIES + 3)]

    assert stranger == member
