"""What is logged in to an account: seen by its owner, and ended."""

from datetime import timedelta

import pytest

from flask_paystack.accounts.logins import Logins
from flask_paystack.accounts.model import Login, Role, User
from flask_paystack.accounts.service import AccessToken, Accounts
from flask_paystack.accounts.tokens import Tokens
from flask_paystack.errors import NotFound, NotLoggedIn, TooManyRequests, WrongCredentials
from flask_paystack.records.accounts import AccountRecords
from flask_paystack.records.logins import LoginRecords
from tests.accounts import ELSEWHERE, HOME, PASSWORD, SECRET
from tests.clock import START, ManualClock
from tests.race import race

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)

ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.fixture
def mine(accounts: Accounts, logins: LoginRecords) -> Logins:
    return Logins(logins, accounts.check)


@pytest.fixture
def access(accounts: Accounts) -> AccessToken:
    """Ada's, from when she registered."""
    return accounts.register(ADA, PASSWORD, HOME, "her browser")


def holds(accounts: Accounts, access: AccessToken) -> bool:
    try:
        accounts.who(access.token)
    except NotLoggedIn:
        return False
    return True


def who(accounts: Accounts, access: AccessToken) -> tuple[User, str]:
    """The user, and the token's id."""
    user, claims = accounts.read(access.token)
    return user, claims.id


def listed(mine: Logins, user: User) -> list[tuple[str, str]]:
    return [(login.address, login.user_agent) for login in mine.list_living(user)]


def test_logins_are_listed_newest_first_with_whence_they_came(
    accounts: Accounts, mine: Logins, access: AccessToken, clock: ManualClock
) -> None:
    clock.advance(60)
    accounts.login(ADA, PASSWORD, ELSEWHERE, "a telephone")
    ada, jti = who(accounts, access)

    assert listed(mine, ada) == [(ELSEWHERE, "a telephone"), (HOME, "her browser")]
    newest, first = mine.list_living(ada)
    assert (first.created_at, first.expires_at) == (START, START + timedelta(hours=1))
    assert (first.jti, newest.jti == jti) == (jti, False)
    assert jti not in (first.id, newest.id)
    assert jti not in repr(first)


def test_what_no_longer_holds_is_not_listed(
    accounts: Accounts, mine: Logins, access: AccessToken, clock: ManualClock
) -> None:
    clock.advance(1800)
    second, third = accounts.login(ADA, PASSWORD, HOME, "second"), accounts.login(ADA, PASSWORD, HOME, "third")
    ada, _ = who(accounts, second)

    clock.advance(1799.9)
    assert len(listed(mine, ada)) == 3
    clock.advance(0.1)
    accounts.logout(third.token)
    assert listed(mine, ada) == [(HOME, "second")], "one has expired, one was ended"

    changed = accounts.change(ada, PASSWORD, "a new and better one", HOME, "fourth")
    assert listed(mine, who(accounts, changed)[0]) == [(HOME, "fourth")]


def test_one_login_is_ended_and_the_others_go_on(accounts: Accounts, mine: Logins, access: AccessToken) -> None:
    other = accounts.login(ADA, PASSWORD, ELSEWHERE, "not hers")
    ada, jti = who(accounts, access)
    (strange,) = [login for login in mine.list_living(ada) if login.jti != jti]

    mine.end(ada, PASSWORD, strange.id, jti, HOME)

    assert (holds(accounts, access), holds(accounts, other)) == (True, False)
    with pytest.raises(NotFound):
        mine.end(ada, PASSWORD, strange.id, jti, HOME)


def test_without_an_id_every_other_ends(accounts: Accounts, mine: Logins, access: AccessToken) -> None:
    others = [accounts.login(ADA, PASSWORD, ELSEWHERE) for _ in range(3)]
    bobs = accounts.register(BOB, PASSWORD, HOME)
    ada, jti = who(accounts, access)

    mine.end(ada, PASSWORD, None, jti, HOME)

    assert [holds(accounts, each) for each in (access, *others, bobs)] == [True, False, False, False, True]
    assert len(listed(mine, ada)) == 1


@pytest.mark.parametrize("made_up", ["", "x", "\0", "\ud800", "a" * 10_000])
def test_nobody_ends_a_login_that_is_not_theirs(
    accounts: Accounts, mine: Logins, access: AccessToken, made_up: str
) -> None:
    ada, jti = who(accounts, access)
    bobs = accounts.register(BOB, PASSWORD, HOME)
    (his,) = mine.list_living(who(accounts, bobs)[0])

    for id in (his.id, made_up):  # noqa: A001
        with pytest.raises(NotFound):
            mine.end(ada, PASSWORD, id, jti, HOME)
    assert holds(accounts, bobs)


def test_ending_logins_takes_the_password_and_counts_tries_at_it(
    accounts: Accounts, mine: Logins, access: AccessToken
) -> None:
    other = accounts.login(ADA, PASSWORD, HOME)
    ada, jti = who(accounts, access)

    for _ in range(10):
        with pytest.raises(WrongCredentials):
            mine.end(ada, "not the password", None, jti, ELSEWHERE)
    with pytest.raises(TooManyRequests):
        mine.end(ada, PASSWORD, None, jti, ELSEWHERE)
    assert holds(accounts, other)


def test_of_many_who_end_one_login_one_does(logins: LoginRecords, records: AccountRecords) -> None:
    ada = User("ada", ADA, Role.CUSTOMER, START, START, "hash")
    for number in range(5):
        login = Login(f"{number}", "ada", f"jti-{number}", START, START, START + timedelta(hours=1), HOME, "")
        if number == 0:
            records.add_user(ada, login)
        else:
            logins.add(login)

        assert race(8, lambda number=number: logins.end(ada, str(number))).count(True) == 1


def test_a_login_ends_the_token_it_comes_with(accounts: Accounts, mine: Logins, access: AccessToken) -> None:
    again = accounts.login(ADA, PASSWORD, HOME, "again", earlier=access.token)

    assert (holds(accounts, access), holds(accounts, again)) == (False, True)
    assert listed(mine, who(accounts, again)[0]) == [(HOME, "again")]


def test_a_login_ends_no_token_of_another_and_stumbles_over_none(accounts: Accounts, access: AccessToken) -> None:
    bobs = accounts.register(BOB, PASSWORD, HOME)
    foreign = Tokens(["Q" + SECRET[:-1]], "access", timedelta(hours=1), ManualClock()).make("ada", 1)

    for earlier in (bobs.token, foreign, "", "x", "é", "a.b.c", "\ud800", None):
        accounts.login(ADA, PASSWORD, HOME, earlier=earlier)

    assert (holds(accounts, access), holds(accounts, bobs)) == (True, True)


def test_a_failed_login_ends_nothing(accounts: Accounts, access: AccessToken) -> None:
    with pytest.raises(WrongCredentials):
        accounts.login(ADA, "not the password", HOME, earlier=access.token)

    assert holds(accounts, access)


def test_a_token_from_before_logins_were_kept_goes_on(accounts: Accounts, mine: Logins, access: AccessToken) -> None:
    """It has no row: it holds until it expires or is ended by itself, and is not listed."""
    ada, jti = who(accounts, access)
    old = AccessToken(Tokens([SECRET], "access", timedelta(hours=1), ManualClock()).make(ada.id, ada.generation), 1)

    assert holds(accounts, old)
    assert [login.jti for login in mine.list_living(ada)] == [jti]
    accounts.logout(old.token)
    assert not holds(accounts, old)


def test_what_a_program_calls_itself_is_kept_as_far_as_it_can_be(
    accounts: Accounts, mine: Logins, access: AccessToken
) -> None:
    again = accounts.login(ADA, PASSWORD, HOME, "a\0\ud800" + "x" * 500)

    told = next(login.user_agent for login in mine.list_living(who(accounts, again)[0]) if login.user_agent[0] == "a")
    assert told == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}" + "x" * 197


def test_logins_that_expired_are_forgotten(logins: LoginRecords, access: AccessToken, clock: ManualClock) -> None:
    clock.advance(3599.999)
    assert logins.remove_expired() == 0
    clock.advance(0.001)
    assert logins.remove_expired() == 1
