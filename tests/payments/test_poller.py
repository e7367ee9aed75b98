"""The poller finds out by itself what became of a payment, and is polite about it."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from threading import Barrier

import pytest

from flask_paystack.payments.model import Payment, Status
from flask_paystack.payments.service import ASK_EVERY
from tests.payments.listening import Listening
from tests.race import race_between
from tests.shop import Shop

MINUTE, HOUR, DAY = 60, 3600, 86400
LEASE = timedelta(seconds=15)


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two questions the poller waits for real."""
    monkeypatch.setattr("flask_paystack.wiring.engines.POLLS_A_SECOND", float("inf"))


@pytest.fixture
def listening(shop: Shop) -> Listening:
    return Listening(shop)


@pytest.fixture
def second(shop: Shop) -> Iterator[Shop]:
    with shop.second() as other:
        yield other


def kept(shop: Shop, reference: str) -> Payment:
    found = shop.ours.records.payments.get(reference)
    assert found is not None
    return found


def poll_for(shop: Shop, seconds: float, every: float = 10) -> None:
    """Let time pass, with the poller at work as its job has it."""
    for _ in range(int(seconds / every)):
        shop.advance(every)
        shop.run("pollPayments")


def told(shop: Shop, reference: str) -> list[str]:
    return [entry.sentence for entry in shop.ours.records.payments.list_timeline(reference)]


def test_a_paid_order_settles_within_ten_minutes_though_every_webhook_is_lost(shop: Shop, listening: Listening) -> None:
    """At whatever age it is paid. More of them, a whole day and a control are in ``tests/faults/no_webhooks.py``."""
    shop.simulator.settings.webhooks = "dropped"
    random = Random(13)
    ages = [random.uniform(0, until) for until in (15 * MINUTE, 2 * HOUR, 6 * HOUR) for _ in range(2)]
    due = {shop.open_payment(): age for age in sorted(ages)}
    paid_at: dict[str, float] = {}
    began = shop.clock.monotonic()

    while due or paid_at:
        now = shop.clock.monotonic() - began
        for reference in [each for each, age in due.items() if age <= now]:
            shop.customer_pays(reference)
            paid_at[reference] = now
            del due[reference]
        shop.run("pollPayments")
        for reference in [each for each in paid_at if kept(shop, each).status is Status.SUCCESS]:
            assert now - paid_at.pop(reference) <= 10 * MINUTE
        assert all(now - since <= 10 * MINUTE for since in paid_at.values())
        shop.advance(30)

    moments: dict[str, list[float]] = {}
    for reference, at in listening.questions():
        moments.setdefault(reference, []).append(at)
    assert len(moments) == len(ages)
    for asked in moments.values():
        assert all(later - earlier >= MINUTE for earlier, later in pairwise(asked))


def test_questions_grow_rarer_with_age(shop: Shop, listening: Listening) -> None:
    reference = shop.open_payment()
    counts = []
    for span in (15 * MINUTE, 105 * MINUTE, 4 * HOUR):
        before = listening.counts()[reference]
        poll_for(shop, span, every=30)
        counts.append(listening.counts()[reference] - before)
    assert counts[0] == 15
    assert 33 <= counts[1] <= 35
    assert 25 <= counts[2] <= 27
    shop.advance(DAY)
    before = listening.counts()[reference]
    poll_for(shop, 6 * HOUR, every=MINUTE)
    assert listening.counts()[reference] - before == 6


def test_nobody_asks_about_a_payment_again_within_three_seconds_whoever_asked(shop: Shop, listening: Listening) -> None:
    reference = shop.open_payment()
    shop.advance(MINUTE - 1)
    shop.verify(reference)
    shop.advance(1)
    assert shop.run("pollPayments") == [0]
    shop.advance(ASK_EVERY.total_seconds() - 1)
    assert shop.run("pollPayments") == [1]
    shop.verify(reference)
    assert listening.counts() == {reference: 2}


def test_two_pollers_never_ask_about_one_payment_twice(shop: Shop, second: Shop) -> None:
    ours, theirs = Listening(shop), Listening(second)
    references = {shop.open_payment() for _ in range(8)}
    for round_ in range(1, 9):
        shop.advance(MINUTE)
        asked = race_between([lambda: shop.run("pollPayments"), lambda: second.run("pollPayments")])
        assert sum(int(str(count)) for [count] in asked) == len(references)
        assert ours.counts() + theirs.counts() == dict.fromkeys(references, round_)
    assert ours.calls
    assert theirs.calls


def test_a_question_that_a_dead_process_took_along_is_asked_again_after_its_lease(
    shop: Shop, listening: Listening
) -> None:
    reference = shop.open_payment()
    shop.customer_pays(reference)
    shop.advance(MINUTE)
    assert shop.ours.records.payments.claim_next_check(ASK_EVERY, LEASE) is not None  # and the process died

    shop.advance(LEASE.total_seconds() - 0.1)
    assert shop.run("pollPayments") == [0]
    shop.advance(0.1)
    assert shop.run("pollPayments") == [1]
    assert listening.counts() == {reference: 1}
    assert kept(shop, reference).status is Status.SUCCESS


@pytest.mark.parametrize("fault", ["timeout-after-commit", "reset-after-commit", "500-after-commit"])
def test_a_payment_whose_opening_got_no_answer_stays_pending_and_settles_by_asking(shop: Shop, fault: str) -> None:
    shop.simulator.faults.add("initialize", fault)
    answer = shop.pay()
    assert (answer.status_code, answer.get_json()["code"]) == (503, "paystack_unavailable")
    reference = answer.get_json()["reference"]
    assert kept(shop, reference).status is Status.PENDING

    poll_for(shop, 2 * MINUTE)
    assert kept(shop, reference).status is Status.PENDING
    assert kept(shop, reference).paystack_id is not None
    shop.customer_pays(reference)
    poll_for(shop, 2 * MINUTE)
    assert kept(shop, reference).status is Status.SUCCESS


def test_a_payment_that_paystack_never_heard_of_is_abandoned_after_an_hour_and_never_failed(shop: Shop) -> None:
    shop.simulator.faults.add("initialize", "hang")
    reference = shop.pay().get_json()["reference"]

    poll_for(shop, HOUR - MINUTE, every=MINUTE)
    assert kept(shop, reference).status is Status.PENDING
    poll_for(shop, 5 * MINUTE, every=MINUTE)
    assert kept(shop, reference).status is Status.ABANDONED
    assert kept(shop, reference).next_check_at is None
    lines = told(shop, reference)
    assert lines[2:] == [
        "Paystack does not know this reference (yet).",
        "Paystack does not know it, and it is old: we stop asking. A late success still settles.",
    ]


def test_the_poller_gives_up_in_the_end_and_a_late_success_settles_all_the_same(tmp_path: Path) -> None:
    with Shop(tmp_path, give_up_after=2 * HOUR) as shop:
        listening = Listening(shop)
        by_webhook, by_verify = shop.open_payment(), shop.open_payment()
        poll_for(shop, 2 * HOUR + 3 * MINUTE, every=MINUTE)
        assert {kept(shop, each).status for each in (by_webhook, by_verify)} == {Status.ABANDONED}
        assert "it is old: we stop asking" in told(shop, by_verify)[-1]
        asked = len(listening.calls)
        poll_for(shop, HOUR, every=MINUTE)
        assert len(listening.calls) == asked

        for each in (by_webhook, by_verify):
            shop.customer_pays(each)
        assert shop.verify(by_verify)["status"] == "success"
        shop.deliver_webhooks()
        shop.run("processEvents")
        assert kept(shop, by_webhook).status is Status.SUCCESS
        assert "webhook" in shop.ours.records.payments.list_timeline(by_webhook)[-1].actor


@pytest.mark.parametrize("fault", ["500", "hang", "429", "half-json", "html"])
def test_when_paystack_is_down_the_poller_stops_politely_and_goes_on_later(
    shop: Shop, listening: Listening, fault: str
) -> None:
    references = [shop.open_payment() for _ in range(6)]
    for each in references:
        shop.customer_pays(each)
    shop.advance(MINUTE)
    before = len(listening.calls)
    shop.simulator.faults.add("verify", fault, times=1000)

    shop.run("pollPayments")
    assert len(listening.calls) - before <= 3  # the tries of one question, and not six times that
    assert {kept(shop, each).status for each in references} == {Status.PENDING}

    shop.simulator.faults.clear()
    poll_for(shop, 2 * MINUTE)
    assert {kept(shop, each).status for each in references} == {Status.SUCCESS}


def test_a_no_to_one_question_does_not_keep_the_others_waiting(shop: Shop) -> None:
    references = [shop.open_payment() for _ in range(3)]
    shop.simulator.faults.add("verify", "401")
    shop.advance(MINUTE)
    assert shop.run("pollPayments") == [3]
    assert sorted(kept(shop, each).answer is None for each in references) == [False, False, True]


def test_a_failure_is_learned_and_not_asked_about_any_more(shop: Shop, listening: Listening) -> None:
    reference = shop.open_payment()
    shop.customer_pays(reference, "pin", pin="9999")
    poll_for(shop, HOUR, every=MINUTE)
    assert (kept(shop, reference).status, kept(shop, reference).message) == (Status.FAILED, "Incorrect PIN")
    assert listening.counts() == {reference: 1}


def test_a_slow_paystack_ends_a_pass_after_a_while(shop: Shop) -> None:
    """So that the job ends, and with it the process that is told to stop."""
    references = [shop.open_payment() for _ in range(6)]
    shop.advance(MINUTE)
    Listening(shop, first=lambda: shop.advance(8))
    assert shop.run("pollPayments") == [3]
    assert shop.run("pollPayments") == [3]
    assert all(kept(shop, each).checks == 1 for each in references)


def test_several_questions_run_at_the_same_time_where_they_may(tmp_path: Path) -> None:
    """And each payment is still asked about by one of them."""
    with Shop(tmp_path, poll_at_once=4) as shop:
        references = [shop.open_payment() for _ in range(8)]
        for reference in references:
            shop.customer_pays(reference)
        together = Barrier(4)
        listening = Listening(shop, first=lambda: together.wait(30))
        shop.advance(MINUTE)

        assert shop.run("pollPayments") == [8]
        assert {kept(shop, each).status for each in references} == {Status.SUCCESS}
        assert listening.counts() == dict.fromkeys(references, 1)
