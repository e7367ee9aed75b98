"""Accounts: register, log in, log out, forget, and choose anew."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from flask_paystack.accounts.model import Role, User
from flask_paystack.accounts.passwords import Passwords
from flask_paystack.accounts.service import AccessToken, Accounts
from flask_paystack.accounts.tokens import Tokens
from flask_paystack.errors import (
    EmailTaken,
    Failure,
    Invalid,
    InvalidLink,
    NotFound,
    NotLoggedIn,
    TooManyRequests,
    WrongCredentials,
)
from flask_paystack.expiring import ExpiringStore, open_store
from flask_paystack.records.accounts import AccountRecords
from flask_paystack.records.database import Database
from flask_paystack.records.messages import MessageRecords
from tests.accounts import ELSEWHERE, HOME, OLD_SECRET, PASSWORD, SECRET, accounts_over
from tests.clock import ManualClock
from tests.race import race

ADA = "ada@example.com"
NEW_PASSWORD = "a new and better one"


@pytest.fixture
def access(accounts: Accounts) -> AccessToken:
    """Ada's, from when she registered."""
    return accounts.register(ADA, PASSWORD, HOME)


@pytest.fixture
def ada(accounts: Accounts, access: AccessToken) -> User:
    return accounts.who(access.token)


def holds(accounts: Accounts, token: str) -> bool:
    """Whether an access token lets its bearer in."""
    try:
        accounts.who(token)
    except NotLoggedIn:
        return False
    return True


def test_who_registers_is_logged_in_as_a_customer(accounts: Accounts, access: AccessToken) -> None:
    user = accounts.who(access.token)

    assert (user.email, user.role) == (ADA, Role.CUSTOMER)
    assert access.expires_in == 3600


def test_an_email_registers_once_however_it_is_written(accounts: Accounts, access: AccessToken) -> None:
    with pytest.raises(EmailTaken):
        accounts.register("ADA@Example.com", "another password", ELSEWHERE)


def test_of_many_who_register_one_email_one_does(accounts: Accounts) -> None:
    def register() -> str:
        try:
            accounts.register(ADA, PASSWORD, HOME)
        except Failure as failure:
            return type(failure).__name__
        return "registered"

    outcomes = race(8, register)

    assert sorted(set(outcomes)) == ["EmailTaken", "registered"]
    assert outcomes.count("registered") == 1


def test_the_right_password_logs_in(accounts: Accounts, access: AccessToken) -> None:
    again = accounts.login("Ada@Example.com", PASSWORD, ELSEWHERE)

    assert accounts.who(again.token) == accounts.who(access.token)
    assert again.token != access.token


def test_a_stranger_and_a_wrong_password_hear_the_same(accounts: Accounts, access: AccessToken) -> None:
    with pytest.raises(WrongCredentials) as wrong:
        accounts.login(ADA, "not the password", HOME)
    with pytest.raises(WrongCredentials) as stranger:
        accounts.login("bob@example.com", PASSWORD, HOME)

    assert str(wrong.value) == str(stranger.value)


class CountingHasher(PasswordHasher):
    """A cheap hasher that counts the hashes it made to find a password wrong, and keeps their parameters."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.found_wrong: list[Parameters] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
        try:
            return super().verify(hash, password)
        except VerifyMismatchError:
            self.found_wrong.append(extract_parameters(str(hash)))
            raise


def test_a_stranger_costs_one_hash_as_a_member_does(
    database: Database, store: ExpiringStore, clock: ManualClock
) -> None:
    hasher = CountingHasher()
    accounts, _ = accounts_over(database, store, clock, passwords=Passwords(hasher))
    accounts.register(ADA, PASSWORD, HOME)

    for email in (ADA, "bob@example.com"):
        with pytest.raises(WrongCredentials):
            accounts.login(email, "not the password", HOME)

    member, stranger = hasher.found_wrong
    assert member == stranger


def test_a_login_renews_a_hash_with_old_parameters(
    accounts: Accounts, records: AccountRecords, ada: User, access: AccessToken
) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    records.renew_hash(ada, old)

    accounts.login(ADA, PASSWORD, HOME)

    kept = records.get(ada.id)
    assert kept is not None
    assert "m=8,t=1" in kept.password_hash
    assert holds(accounts, access.token), "it is the same password"
    accounts.login(ADA, PASSWORD, HOME)


@pytest.mark.parametrize("password", ["short", "a" * 257, "half a \ud800 character"])
def test_what_is_no_password_is_refused_with_a_sentence(accounts: Accounts, password: str) -> None:
    with pytest.raises(Invalid) as refused:
        accounts.create(ADA, password, Role.OPERATOR)

    assert "password" in refused.value.details["fields"]


def test_the_machine_makes_operators(accounts: Accounts) -> None:
    user = accounts.create("Olu@Example.com", PASSWORD, Role.OPERATOR)

    assert user.email == "olu@example.com"
    assert accounts.who(accounts.login("olu@example.com", PASSWORD, HOME).token).role is Role.OPERATOR
    with pytest.raises(Invalid):
        accounts.create("not an address", PASSWORD, Role.OPERATOR)


def test_a_token_ends_at_its_time_with_its_user_unharmed(
    accounts: Accounts, clock: ManualClock, access: AccessToken
) -> None:
    clock.advance(3599.9)
    assert holds(accounts, access.token)
    clock.advance(0.1)
    assert not holds(accounts, access.token)
    assert holds(accounts, accounts.login(ADA, PASSWORD, HOME).token)


def test_a_token_of_somebody_unknown_is_refused(accounts: Accounts, clock: ManualClock) -> None:
    """Signed by us, for a user whom this database never had."""
    made = Tokens([SECRET], "access", timedelta(hours=1), clock).make("nobody", 1)

    assert not holds(accounts, made)


def test_logging_out_ends_this_token_and_no_other(accounts: Accounts, access: AccessToken) -> None:
    other = accounts.login(ADA, PASSWORD, HOME)

    accounts.logout(access.token)

    assert not holds(accounts, access.token)
    assert holds(accounts, other.token)
    with pytest.raises(NotLoggedIn):
        accounts.logout(access.token)


@pytest.fixture
def other_server(database: Database, clock: ManualClock) -> Iterator[Accounts]:
    """Another server on the same database: also what this one is after a restart."""
    opened = Database(database.url)
    store = open_store("memory://", clock)
    yield accounts_over(opened, store, clock)[0]
    opened.close()


def test_an_ended_token_is_refused_on_every_server(
    accounts: Accounts, access: AccessToken, other_server: Accounts
) -> None:
    assert holds(other_server, access.token)

    accounts.logout(access.token)

    assert not holds(other_server, access.token)


def test_an_ended_token_is_refused_for_as_long_as_it_would_have_held(
    accounts: Accounts, clock: ManualClock, access: AccessToken
) -> None:
    accounts.logout(access.token)
    clock.advance(3599.9)
    assert accounts.remove_expired() == 0
    assert not holds(accounts, access.token)

    clock.advance(0.1)
    assert accounts.remove_expired() == 2, "the ended token and the login it was of"
    assert not holds(accounts, access.token)


def test_secrets_rotate_without_refusing_anybody(
    database: Database, store: ExpiringStore, clock: ManualClock, accounts: Accounts, access: AccessToken
) -> None:
    rotating, _ = accounts_over(database, store, clock, [OLD_SECRET, SECRET])
    rotated, _ = accounts_over(database, store, clock, [OLD_SECRET])
    fresh = rotating.login(ADA, PASSWORD, HOME)

    assert holds(rotating, access.token)
    assert holds(rotated, fresh.token)
    assert not holds(rotated, access.token)


def test_forgetting_queues_one_mail_without_any_token_in_it(
    accounts: Accounts, outbox: MessageRecords, ada: User, wakes: list[str]
) -> None:
    accounts.forgot("Ada@Example.com")

    (message,) = outbox.list_page(None, 10).items
    assert (message.kind, message.recipient) == ("password_reset", ADA)
    assert message.context == {"user_id": ada.id, "email": ADA}
    assert wakes == ["queued"]


def test_forgetting_looks_the_same_for_a_stranger(
    accounts: Accounts, outbox: MessageRecords, ada: User, wakes: list[str]
) -> None:
    accounts.forgot("bob@example.com")

    assert outbox.list_page(None, 10).items == []
    assert wakes == ["queued"], "whoever watches how busy we are learns nothing either"


def test_nobody_is_flooded_with_reset_mails(
    accounts: Accounts, outbox: MessageRecords, clock: ManualClock, ada: User
) -> None:
    for _ in range(60):
        race(2, lambda: accounts.forgot(ADA))
        clock.advance(10)

    assert len(outbox.list_page(None, 100).items) == 2, "one in five minutes"


def test_the_mailed_token_sets_a_new_password(accounts: Accounts, ada: User) -> None:
    accounts.reset(accounts.password_reset_token(ada.id), NEW_PASSWORD, HOME)

    assert accounts.login(ADA, NEW_PASSWORD, HOME)
    with pytest.raises(WrongCredentials):
        accounts.login(ADA, PASSWORD, HOME)


def test_a_new_password_ends_every_earlier_token_even_within_one_instant(
    accounts: Accounts, ada: User, access: AccessToken
) -> None:
    """The clock stands still here: tokens before and after bear the same time."""
    earlier = [access, *(accounts.login(ADA, PASSWORD, HOME) for _ in range(3))]

    accounts.reset(accounts.password_reset_token(ada.id), NEW_PASSWORD, HOME)

    later = accounts.login(ADA, NEW_PASSWORD, HOME)
    assert [holds(accounts, each.token) for each in earlier] == [False] * 4
    assert holds(accounts, later.token)


def test_who_knows_the_present_password_chooses_another(
    accounts: Accounts, ada: User, access: AccessToken, outbox: MessageRecords, wakes: list[str]
) -> None:
    """Every earlier token ends, with the one that asked; a new one comes back."""
    other = accounts.login(ADA, PASSWORD, HOME)

    changed = accounts.change(ada, PASSWORD, NEW_PASSWORD, HOME)

    assert [holds(accounts, each.token) for each in (access, other, changed)] == [False, False, True]
    assert holds(accounts, accounts.login(ADA, NEW_PASSWORD, HOME).token)
    with pytest.raises(WrongCredentials):
        accounts.login(ADA, PASSWORD, HOME)
    assert told_of_changes(outbox) == [("Your password was changed", HOME, ADA)]
    assert wakes == ["queued"]


def told_of_changes(outbox: MessageRecords) -> list[tuple[str, str, str]]:
    """What was changed, whence, and whom a letter tells of it; newest first."""
    letters = [each for each in outbox.list_page(None, 100).items if each.kind == "account_changed"]
    return [(each.context["what"], each.context["address"], each.recipient) for each in letters]


def test_a_reset_is_told_by_mail_too_and_every_change_once(
    accounts: Accounts, ada: User, outbox: MessageRecords
) -> None:
    """The clock stands still: two changes within one instant are two letters."""
    accounts.reset(accounts.password_reset_token(ada.id), NEW_PASSWORD, ELSEWHERE)
    accounts.change(ada, NEW_PASSWORD, PASSWORD, HOME)

    assert [address for _, address, _ in told_of_changes(outbox)] == [HOME, ELSEWHERE]


def test_a_wrong_present_password_changes_nothing(
    accounts: Accounts, ada: User, access: AccessToken, outbox: MessageRecords
) -> None:
    with pytest.raises(WrongCredentials):
        accounts.change(ada, "not the password", NEW_PASSWORD, HOME)

    assert holds(accounts, access.token)
    assert told_of_changes(outbox) == []


def test_a_new_password_must_be_fit_whoever_chooses_it(accounts: Accounts, ada: User, access: AccessToken) -> None:
    for unfit in ("short", "password1", "ada@example.com"):
        with pytest.raises(Invalid) as refused:
            accounts.change(ada, PASSWORD, unfit, HOME)
        assert list(refused.value.details["fields"]) == ["new_password"]

    assert holds(accounts, access.token)


def test_tries_at_a_change_are_counted_as_tries_at_logging_in(accounts: Accounts, ada: User) -> None:
    """Whoever holds somebody's token must not guess the password with it."""
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            accounts.change(ada, "not the password", NEW_PASSWORD, ELSEWHERE)

    with pytest.raises(TooManyRequests):
        accounts.change(ada, PASSWORD, NEW_PASSWORD, ELSEWHERE)
    with pytest.raises(TooManyRequests):
        accounts.login(ADA, PASSWORD, ELSEWHERE)


def test_of_many_who_change_a_password_at_once_one_does(accounts: Accounts, ada: User, outbox: MessageRecords) -> None:
    def change() -> bool:
        try:
            accounts.change(ada, PASSWORD, NEW_PASSWORD, HOME)
        except WrongCredentials:
            return False
        return True

    assert race(6, change).count(True) == 1
    assert len(told_of_changes(outbox)) == 1


def test_a_reset_token_works_once_however_many_come_with_it(accounts: Accounts, ada: User) -> None:
    for number in range(5):
        token = accounts.password_reset_token(ada.id)

        def choose(token: str = token, number: int = number) -> bool:
            try:
                accounts.reset(token, f"password number {number}", HOME)
            except InvalidLink:
                return False
            return True

        assert race(6, choose).count(True) == 1
        assert not choose()


def test_one_reset_ends_every_other_link_that_was_mailed(accounts: Accounts, ada: User) -> None:
    first, second = accounts.password_reset_token(ada.id), accounts.password_reset_token(ada.id)

    accounts.reset(second, NEW_PASSWORD, HOME)

    with pytest.raises(InvalidLink):
        accounts.reset(first, "yet another password", HOME)


def test_a_reset_token_ends_after_an_hour(accounts: Accounts, ada: User, clock: ManualClock) -> None:
    first, second = accounts.password_reset_token(ada.id), accounts.password_reset_token(ada.id)

    clock.advance(3599.9)
    accounts.reset(first, NEW_PASSWORD, HOME)
    clock.advance(0.1)
    with pytest.raises(InvalidLink):
        accounts.reset(second, "yet another password", HOME)


def test_no_token_passes_for_another_purpose(accounts: Accounts, ada: User, access: AccessToken) -> None:
    assert not holds(accounts, accounts.password_reset_token(ada.id))
    with pytest.raises(InvalidLink):
        accounts.reset(access.token, NEW_PASSWORD, HOME)
    accounts.login(ADA, PASSWORD, HOME)


def test_there_is_no_reset_token_for_nobody(accounts: Accounts) -> None:
    with pytest.raises(NotFound):
        accounts.password_reset_token("nobody")


def test_neither_password_nor_token_shows_in_a_repr(accounts: Accounts, ada: User, access: AccessToken) -> None:
    assert access.token not in repr(access)
    assert "argon2" not in repr(ada)


def test_session_contract_a_disabled_user_comes_in_by_no_way(
    accounts: Accounts, access: AccessToken, ada: User, outbox: MessageRecords
) -> None:
    """Neither by an earlier token, nor by the password, nor by a new one, mailed before or asked for now."""
    mailed = accounts.password_reset_token(ada.id)

    disabled = accounts.disable(ADA)

    assert disabled.is_disabled
    assert not holds(accounts, access.token)
    with pytest.raises(WrongCredentials):
        accounts.login(ADA, PASSWORD, HOME)
    with pytest.raises(WrongCredentials):
        accounts.login(ADA, disabled.password_hash, HOME)
    for token in (mailed, accounts.password_reset_token(ada.id)):
        with pytest.raises(InvalidLink):
            accounts.reset(token, NEW_PASSWORD, HOME)
    accounts.forgot(ADA)
    assert outbox.list_page(None, 10).items == []


def test_session_contract_an_enabled_user_logs_in_anew(accounts: Accounts, access: AccessToken) -> None:
    accounts.disable(ADA)

    assert not accounts.enable(ADA).is_disabled
    assert not holds(accounts, access.token)
    assert holds(accounts, accounts.login(ADA, PASSWORD, HOME).token)


def test_session_contract_each_login_makes_a_new_token(accounts: Accounts, access: AccessToken) -> None:
    tokens = {accounts.login(ADA, PASSWORD, HOME).token for _ in range(5)} | {access.token}

    assert len(tokens) == 6
