"""A second factor: set by its first code, asked for at login, each code taken once."""

import pyotp
import pytest

from flask_paystack.accounts.model import Role, User
from flask_paystack.accounts.one_time_codes import digest_of, make_recovery_code
from flask_paystack.accounts.second_factors import SecondFactors
from flask_paystack.accounts.service import Accounts
from flask_paystack.errors import (
    Failure,
    NotFound,
    SecondFactorInForce,
    SecondFactorNeeded,
    StorageUnavailable,
    TooManyRequests,
    WrongCode,
    WrongCredentials,
)
from flask_paystack.records.database import Database
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.schema import recovery_codes, second_factors
from flask_paystack.records.second_factors import SecondFactorRecords
from flask_paystack.sealing import Seal
from tests.accounts import ELSEWHERE, HOME, PASSWORD, OneKey
from tests.clock import ManualClock
from tests.race import race

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)

ADA = "ada@example.com"
STEP = 30


@pytest.fixture
def ada(accounts: Accounts) -> User:
    return accounts.who(accounts.register(ADA, PASSWORD, HOME).token)


class App:
    """Ada's authenticator app."""

    def __init__(self, secret: str, clock: ManualClock) -> None:
        self._totp = pyotp.TOTP(secret)
        self._clock = clock

    def code(self, steps: int = 0) -> str:
        return self._totp.at(self._clock.now(), counter_offset=steps)

    def wrong(self) -> str:
        """Six digits that hold in no step near now."""
        near = {self.code(steps) for steps in range(-3, 4)}
        return next(text for text in (f"{number:06d}" for number in range(100)) if text not in near)


@pytest.fixture
def app(factors: SecondFactors, ada: User, clock: ManualClock) -> App:
    """Ada's, which waits for its first code."""
    return App(factors.begin(ada, PASSWORD, HOME).secret, clock)


@pytest.fixture
def recovery(factors: SecondFactors, ada: User, app: App, clock: ManualClock) -> list[str]:
    """Ada's recovery codes. Her factor is in force, and its first code is used."""
    codes = factors.confirm(ada, app.code(), HOME)
    clock.advance(STEP)
    return codes


def logs_in(accounts: Accounts, code: str | None, address: str = HOME) -> str:
    """``in``, or how a login was refused."""
    try:
        accounts.login(ADA, PASSWORD, address, code=code)
    except Failure as failure:
        return type(failure).__name__
    return "in"


def told_of_changes(outbox: MessageRecords) -> list[tuple[str, str]]:
    letters = [each for each in outbox.list_page(None, 100).items if each.kind == "account_changed"]
    return [(each.context["what"], each.context["address"]) for each in letters]


def test_a_factor_is_not_in_force_before_its_first_code(
    accounts: Accounts, factors: SecondFactors, ada: User, app: App, outbox: MessageRecords
) -> None:
    assert logs_in(accounts, None) == "in"
    assert not factors.is_in_force(ada)
    with pytest.raises(WrongCode):
        factors.confirm(ada, app.wrong(), HOME)
    assert logs_in(accounts, None) == "in"
    assert told_of_changes(outbox) == []

    assert len(set(factors.confirm(ada, app.code(), HOME))) == 10

    assert factors.is_in_force(ada)
    assert logs_in(accounts, None) == "SecondFactorNeeded"
    assert told_of_changes(outbox) == [("A second factor was set", HOME)]


def test_setting_a_factor_takes_the_password(factors: SecondFactors, ada: User) -> None:
    with pytest.raises(WrongCredentials):
        factors.begin(ada, "not the password", HOME)
    with pytest.raises(NotFound):
        factors.confirm(ada, "123456", HOME)


def test_a_seed_that_waits_gives_way_to_another_and_one_in_force_to_none(
    factors: SecondFactors, ada: User, app: App, clock: ManualClock
) -> None:
    newer = App(factors.begin(ada, PASSWORD, HOME).secret, clock)
    with pytest.raises(WrongCode):
        factors.confirm(ada, app.code(), HOME)
    factors.confirm(ada, newer.code(), HOME)

    with pytest.raises(SecondFactorInForce):
        factors.begin(ada, PASSWORD, HOME)
    with pytest.raises(SecondFactorInForce):
        factors.confirm(ada, newer.code(1), HOME)


def test_the_password_and_a_code_log_in(accounts: Accounts, app: App, recovery: list[str]) -> None:
    assert logs_in(accounts, app.wrong()) == "WrongCode"
    assert logs_in(accounts, app.code()) == "in"


def test_without_the_password_nobody_hears_of_a_factor(accounts: Accounts, app: App, recovery: list[str]) -> None:
    for code in (None, app.code(), recovery[0]):
        with pytest.raises(WrongCredentials):
            accounts.login(ADA, "not the password", HOME, code=code)
    assert logs_in(accounts, app.code()) == "in", "none was used up"


def test_a_code_holds_one_step_to_either_side(
    accounts: Accounts, app: App, recovery: list[str], clock: ManualClock
) -> None:
    clock.advance(10 * STEP)
    assert [logs_in(accounts, app.code(steps)) for steps in (-2, 2)] == ["WrongCode", "WrongCode"]
    assert [logs_in(accounts, app.code(steps)) for steps in (-1, 0, 1)] == ["in", "in", "in"]


def test_a_code_is_taken_once_and_no_older_one_after_it(accounts: Accounts, app: App, recovery: list[str]) -> None:
    assert [logs_in(accounts, app.code(steps)) for steps in (0, 0, -1)] == ["in", "WrongCode", "WrongCode"]


def test_the_code_that_confirmed_logs_nobody_in(
    accounts: Accounts, factors: SecondFactors, ada: User, app: App
) -> None:
    factors.confirm(ada, app.code(), HOME)

    assert logs_in(accounts, app.code()) == "WrongCode"


def test_of_100_who_come_with_one_code_one_gets_in(
    factors: SecondFactors, ada: User, app: App, recovery: list[str], unthrottled: None
) -> None:
    assert race(100, lambda: passes(factors, ada, app.code())).count(True) == 1


def test_of_100_who_come_with_one_recovery_code_one_gets_in(
    factors: SecondFactors, ada: User, recovery: list[str], unthrottled: None
) -> None:
    assert race(100, lambda: passes(factors, ada, recovery[3])).count(True) == 1


def test_control_a_code_looked_up_and_then_used_lets_several_in(
    database: Database,
    factors: SecondFactors,
    ada: User,
    recovery: list[str],
    unthrottled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control of both: in two steps, with what else a request does between them, the race is seen."""
    used: set[str] = set()

    def in_two_steps(user_id: str, digest: str) -> bool:
        is_fresh = digest not in used
        factors.is_in_force(ada)
        used.add(digest)
        return is_fresh

    monkeypatch.setattr(factors._records, "use_recovery_code", in_two_steps)

    assert race(100, lambda: passes(factors, ada, recovery[3])).count(True) > 1


def passes(factors: SecondFactors, user: User, code: str) -> bool:
    try:
        factors.demand(user, code, HOME)
    except WrongCode:
        return False
    return True


@pytest.fixture
def unthrottled(factors: SecondFactors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every code is looked at, however many come: what is single is held by the database alone."""
    monkeypatch.setattr(factors._throttle, "count", lambda *_, **__: None)


def test_a_recovery_code_logs_in_once_however_it_is_written(accounts: Accounts, recovery: list[str]) -> None:
    assert logs_in(accounts, recovery[0]) == "in"
    assert logs_in(accounts, recovery[0]) == "WrongCode"
    assert logs_in(accounts, recovery[1].upper().replace("-", " ")) == "in"
    assert logs_in(accounts, recovery[1]) == "WrongCode"


def test_recovery_codes_are_128_random_bits_kept_as_hashes(
    database: Database, app: App, recovery: list[str], ada: User
) -> None:
    made = {digest_of(make_recovery_code()) for _ in range(1000)}
    assert len(made) == 1000
    assert None not in made
    with database.reading() as connection:
        kept = connection.execute(recovery_codes.select()).all()
        (factor,) = connection.execute(second_factors.select()).all()
    assert {row.digest for row in kept} == {digest_of(each) for each in recovery}
    assert app._totp.secret.encode() not in factor.sealed_seed
    assert all(each.replace("-", "") not in repr(kept) for each in recovery)


def test_nobody_uses_the_recovery_code_of_another(
    accounts: Accounts, factors: SecondFactors, clock: ManualClock, recovery: list[str]
) -> None:
    bob = accounts.create("bob@example.com", PASSWORD, Role.CUSTOMER)
    factors.confirm(bob, App(factors.begin(bob, PASSWORD, HOME).secret, clock).code(), HOME)

    with pytest.raises(WrongCode):
        accounts.login(bob.email, PASSWORD, HOME, code=recovery[0])
    assert logs_in(accounts, recovery[0]) == "in"


def test_five_wrong_codes_are_looked_at_in_15_minutes(
    accounts: Accounts, app: App, recovery: list[str], clock: ManualClock
) -> None:
    assert [logs_in(accounts, app.wrong()) for _ in range(6)] == [*["WrongCode"] * 5, "TooManyRequests"]
    assert logs_in(accounts, app.code()) == "TooManyRequests"
    assert logs_in(accounts, recovery[0]) == "TooManyRequests"

    clock.advance(15 * 60)
    assert logs_in(accounts, app.code()) == "in"
    assert [logs_in(accounts, app.wrong()) for _ in range(5)] == ["WrongCode"] * 5, "the right one forgave the others"


def test_of_100_wrong_codes_at_once_five_are_looked_at(
    factors: SecondFactors, ada: User, app: App, recovery: list[str]
) -> None:
    wrong = app.wrong()

    def outcome() -> str:
        try:
            factors.demand(ada, wrong, HOME)
        except (WrongCode, TooManyRequests) as failure:
            return type(failure).__name__
        return "in"

    outcomes = race(100, outcome)
    assert (outcomes.count("WrongCode"), outcomes.count("TooManyRequests")) == (5, 95)


def test_who_stole_the_password_locks_nobody_out_of_a_known_address(
    accounts: Accounts, app: App, recovery: list[str], clock: ManualClock
) -> None:
    """All strange addresses share five codes; Ada's own has five of its own."""
    strangers = [logs_in(accounts, app.wrong(), f"203.0.113.{number}") for number in range(7)]

    assert strangers == [*["WrongCode"] * 5, *["TooManyRequests"] * 2]
    assert logs_in(accounts, app.code(), ELSEWHERE) == "TooManyRequests"
    assert logs_in(accounts, app.code(), HOME) == "in"


def test_a_day_has_20_codes_for_strangers(
    accounts: Accounts, app: App, recovery: list[str], clock: ManualClock
) -> None:
    looked_at = 0
    for _ in range(24 * 4 - 1):
        for number in range(6):
            looked_at += logs_in(accounts, app.wrong(), f"203.0.113.{number}") == "WrongCode"
        clock.advance(15 * 60)

    assert looked_at == 20


def test_a_stranger_without_the_password_uses_up_no_code(accounts: Accounts, app: App, recovery: list[str]) -> None:
    for _ in range(9):
        with pytest.raises(WrongCredentials):
            accounts.login(ADA, "not the password", ELSEWHERE, code=app.wrong())

    assert logs_in(accounts, app.code(), "203.0.113.9") == "in"


def test_the_right_password_without_a_code_makes_no_address_known(
    accounts: Accounts, ada: User, recovery: list[str]
) -> None:
    with pytest.raises(SecondFactorNeeded):
        accounts.login(ADA, PASSWORD, ELSEWHERE)

    assert not accounts.check.knows(ada, ELSEWHERE)


def test_a_reset_of_the_password_leaves_the_factor(
    accounts: Accounts, ada: User, app: App, recovery: list[str]
) -> None:
    accounts.reset(accounts.password_reset_token(ada.id), "a new and better one", HOME)

    with pytest.raises(SecondFactorNeeded):
        accounts.login(ADA, "a new and better one", HOME)
    assert accounts.login(ADA, "a new and better one", HOME, code=app.code())


def test_removing_takes_the_password_and_a_code(
    accounts: Accounts, factors: SecondFactors, ada: User, app: App, recovery: list[str], outbox: MessageRecords
) -> None:
    with pytest.raises(WrongCredentials):
        factors.remove(ada, "not the password", app.code(), HOME)
    with pytest.raises(WrongCode):
        factors.remove(ada, PASSWORD, app.wrong(), HOME)
    assert factors.is_in_force(ada)

    factors.remove(ada, PASSWORD, recovery[0], HOME)

    assert logs_in(accounts, None) == "in"
    assert told_of_changes(outbox)[0] == ("The second factor was removed", HOME)
    with pytest.raises(NotFound):
        factors.remove(ada, PASSWORD, recovery[1], HOME)
    newer = App(factors.begin(ada, PASSWORD, HOME).secret, app._clock)
    factors.confirm(ada, newer.code(), HOME)
    assert logs_in(accounts, recovery[1]) == "WrongCode", "the codes went with the factor they were of"


def test_the_machine_resets_it(
    accounts: Accounts, factors: SecondFactors, ada: User, recovery: list[str], outbox: MessageRecords
) -> None:
    assert factors.reset(ada)
    assert not factors.reset(ada)

    assert logs_in(accounts, None) == "in"
    assert told_of_changes(outbox)[0] == ("The second factor was removed", "the shop's own machine")


def test_a_seed_that_cannot_be_opened_keeps_everybody_out(
    accounts: Accounts,
    factors: SecondFactors,
    recovery: list[str],
    app: App,
    database: Database,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever changed the secrets must not have opened accounts by it."""
    monkeypatch.setattr(factors, "_records", SecondFactorRecords(database, clock, Seal(OneKey())))

    for code in (None, app.code(), recovery[0]):
        with pytest.raises(StorageUnavailable):
            accounts.login(ADA, PASSWORD, HOME, code=code)
