"""How many keys may be asked for: little for strangers, enough for operators, and always one for the machine."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from flask_paystack.admin_keys.budgets import Budgets
from flask_paystack.errors import MailUnavailable, TooManyRequests
from flask_paystack.expiring import ExpiringMap, ExpiringStore
from tests.admin_keys import CountingKeys, mailed_key, outcome
from tests.clock import ManualClock
from tests.race import race
from tests.smtp import Mailbox

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def budgets(store: ExpiringStore, clock: ManualClock) -> Budgets:
    return Budgets(store, clock)


def may_ask(budgets: Budgets, operator: str | None = None, admin: str = "admin1") -> bool:
    """Whether a key is granted."""
    try:
        budgets.spend(admin, operator)
    except TooManyRequests:
        return False
    return True


def most_within(period: timedelta, moments: Sequence[datetime]) -> int:
    """The largest number of moments in any period of that length, wherever it begins."""
    return max(sum(begin <= each < begin + period for each in moments) for begin in moments)


def test_strangers_share_five_an_hour(budgets: Budgets, clock: ManualClock) -> None:
    assert [may_ask(budgets) for _ in range(8)] == [True] * 5 + [False] * 3

    clock.advance(3599.9)
    assert not may_ask(budgets)
    clock.advance(0.1)
    assert [may_ask(budgets) for _ in range(8)] == [True] * 5 + [False] * 3


def test_each_admin_has_a_budget(budgets: Budgets) -> None:
    for _ in range(5):
        assert may_ask(budgets, admin="admin1")

    assert not may_ask(budgets, admin="admin1")
    assert may_ask(budgets, admin="admin2")


@pytest.mark.parametrize("store", ["memory", "redis", "postgresql"], indirect=True)
def test_no_more_are_granted_when_many_ask_at_once(budgets: Budgets) -> None:
    assert race(16, lambda: may_ask(budgets)).count(True) == 5


def test_a_refusal_tells_when_the_next_is_free(budgets: Budgets, clock: ManualClock) -> None:
    for _ in range(5):
        budgets.spend("admin1", None)
        clock.advance(100)

    with pytest.raises(TooManyRequests) as refused:
        budgets.spend("admin1", None)

    assert refused.value.details == {"retry_after": 3600 - 500}
    clock.advance(3100)
    assert [may_ask(budgets) for _ in range(3)] == [True, False, False], "places come free one by one"


def test_30_days_of_asking_bring_strangers_20_keys_a_day(budgets: Budgets, clock: ManualClock) -> None:
    granted: list[datetime] = []
    for _ in range(30 * 24 * 4):
        granted += [clock.now() for _ in range(3) if may_ask(budgets)]
        clock.advance(900)

    assert most_within(DAY, granted) == 20
    assert most_within(HOUR, granted) == 5
    assert len(granted) == 30 * 20, "and no fewer"


def test_a_stranger_who_waits_for_the_end_of_a_window_gains_nothing(budgets: Budgets, clock: ManualClock) -> None:
    granted = asked_around_a_window(lambda: may_ask(budgets), clock)

    assert most_within(DAY, granted) == 20


def test_control_a_count_in_a_window_grants_more(store: ExpiringStore, clock: ManualClock) -> None:
    window: ExpiringMap = store.map("window", DAY)

    granted = asked_around_a_window(lambda: window.hit("admin1").count <= 20, clock)

    assert most_within(DAY, granted) > 20


def asked_around_a_window(ask: Callable[[], bool], clock: ManualClock) -> list[datetime]:
    """When a patient stranger was granted keys: one at first, and the others around the end of the first day."""
    granted = [clock.now()] if ask() else []
    clock.advance(DAY.total_seconds() - 4 * 3600)
    for _ in range(9):
        granted += [clock.now() for _ in range(5) if ask()]
        clock.advance(3600)
    return granted


def test_a_full_day_does_not_use_up_the_hour(budgets: Budgets, clock: ManualClock, store: ExpiringStore) -> None:
    for _ in range(4):
        for _ in range(5):
            budgets.spend("admin1", None)
        clock.advance(3600)

    assert not may_ask(budgets)
    assert [store.map("keys_an_hour", HOUR).get(f"admin1.{number}") for number in range(5)] == [None] * 5


def test_an_operator_has_60_a_day_of_their_own(budgets: Budgets, clock: ManualClock) -> None:
    assert [may_ask(budgets) for _ in range(6)][-1] is False, "strangers have used up what they have"

    assert [may_ask(budgets, "olu") for _ in range(61)] == [True] * 60 + [False]
    assert may_ask(budgets, "another operator")
    clock.advance(DAY.total_seconds())
    assert may_ask(budgets, "olu")


def test_nobody_outside_locks_an_admin_out(keys: CountingKeys, mailbox: Mailbox) -> None:
    for _ in range(5):
        keys.request("admin1")
    with pytest.raises(TooManyRequests):
        keys.request("admin1")
    assert len(mailbox.received) == 5

    by_operator = keys.request("admin1", "olu")
    assert outcome(keys, by_operator.id, mailed_key(mailbox)) == "session"
    by_machine = keys.issue("admin1")
    assert outcome(keys, by_machine.id, mailed_key(mailbox)) == "session"


def test_the_machine_always_can(keys: CountingKeys, mailbox: Mailbox) -> None:
    for _ in range(60):
        keys.request("admin1", "olu")

    for _ in range(30):
        keys.issue("admin1")

    assert len(mailbox.received) == 90


def test_a_key_counts_though_its_mail_failed(keys: CountingKeys, mailbox: Mailbox, clock: ManualClock) -> None:
    """Its letter may have arrived all the same; and it is for an hour, not for ever."""
    mailbox.answer_data = "451 4.3.0 Come again"
    for _ in range(5):
        with pytest.raises(MailUnavailable):
            keys.request("admin1")
    mailbox.answer_data = None

    with pytest.raises(TooManyRequests):
        keys.request("admin1")
    clock.advance(3600)
    assert keys.request("admin1")
