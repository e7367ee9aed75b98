"""A customer is told of a failed payment: once, not while still paying, and never without Paystack's word."""

import re
from collections.abc import Iterator

import pytest

from flask_paystack.mail.model import QueuedMessage
from flask_paystack.payments.model import Payment, Status
from paystack_simulator.cards import get_card
from tests.payments.listening import Listening
from tests.race import race_between
from tests.shop import Shop
from tests.smtp import Mailbox, running_smtp

AFTER = 900
"""FAILURE_NOTICE_AFTER."""


@pytest.fixture(scope="module")
def mail() -> Iterator[Mailbox]:
    with running_smtp() as running:
        yield running


@pytest.fixture(scope="module")
def one_shop(tmp_path_factory: pytest.TempPathFactory, mail: Mailbox) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp("shop"), mail_server="127.0.0.1", mail_port=mail.port) as shop:
        yield shop


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two questions the poller waits for real."""
    monkeypatch.setattr("flask_paystack.wiring.engines.POLLS_A_SECOND", float("inf"))


def pass_time(shop: Shop, seconds: float) -> None:
    """Let time pass, the jobs at work."""
    for _ in range(int(seconds / 30)):
        shop.advance(30)
        shop.run("pollPayments", "noticeFailures")


def notices(shop: Shop) -> list[QueuedMessage]:
    queued = shop.ours.records.messages.list_page(None, 100).items
    return [each for each in queued if each.kind == "payment_failed"]


def kept(shop: Shop, reference: str) -> Payment:
    found = shop.ours.records.payments.get(reference)
    assert found is not None
    return found


def declined(shop: Shop, **body: str) -> str:
    """A payment whose card was declined just now; its reference."""
    reference = shop.open_payment(**body)
    shop.customer_pays(reference, "declined")
    return reference


def test_a_declined_customer_gets_one_letter_with_a_link_that_works(shop: Shop, mail: Mailbox) -> None:
    mail.received.clear()
    reference = declined(shop)
    pass_time(shop, AFTER - 30)
    assert notices(shop) == []

    pass_time(shop, 60)
    assert [each.reference for each in notices(shop)] == [reference]
    pass_time(shop, 4 * AFTER)
    shop.run("sendMessages", "sendMessages")

    [letter] = mail.received
    assert letter["To"] == "ada@example.org"
    text, html = (letter.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert "₦5,000.00" in text.get_content()
    assert "Declined" in text.get_content()
    [link] = re.findall(r"http://backend\.test(/pay/retry/\S+)", text.get_content())
    assert link in html.get_content()
    page = shop.client.get(link)
    assert (page.status_code, "₦5,000.00" in page.text) == (200, True)
    again = shop.client.post(link, json={})
    assert (again.status_code, again.get_json()["order"]) == (201, kept(shop, reference).order)
    assert "told" in [entry.kind for entry in shop.ours.records.payments.list_timeline(reference)]


@pytest.mark.parametrize("age", [0, 50 * 60, 20 * 3600])
def test_the_letter_is_queued_within_fifteen_and_a_half_minutes_of_the_decline(shop: Shop, age: int) -> None:
    """By Paystack's time of it, whenever we came to ask (R52)."""
    reference = shop.open_payment()
    for _ in range(0, age, 300):
        shop.advance(300)
        shop.run("pollPayments")
    shop.customer_pays(reference, "insufficient-funds")

    pass_time(shop, AFTER - 30)
    assert notices(shop) == []
    pass_time(shop, 60)
    assert len(notices(shop)) == 1


def test_a_failed_payment_is_told_of_likewise(shop: Shop) -> None:
    reference = shop.open_payment()
    shop.customer_pays(reference, "pin", pin="9999")
    pass_time(shop, AFTER + 60)
    assert kept(shop, reference).status is Status.FAILED
    assert [each.context["reason"] for each in notices(shop)] == ["Incorrect PIN"]


def test_each_new_decline_starts_the_wait_anew(shop: Shop) -> None:
    reference = declined(shop)
    pass_time(shop, AFTER - 60)
    shop.customer_pays(reference, "insufficient-funds")
    pass_time(shop, AFTER - 30)
    assert notices(shop) == []
    pass_time(shop, 60)
    assert [each.context["reason"] for each in notices(shop)] == ["Insufficient Funds"]


def test_the_same_decline_once_more_starts_the_wait_anew(shop: Shop) -> None:
    """Its words are the same: only Paystack's log tells the two apart."""
    reference = declined(shop)
    pass_time(shop, AFTER - 60)
    shop.customer_pays(reference, "declined")
    pass_time(shop, AFTER - 30)
    assert notices(shop) == []
    pass_time(shop, 60)
    assert len(notices(shop)) == 1


def start_another_card(shop: Shop, reference: str, pin: str | None = None) -> None:
    """Try another card, up to its PIN, or further with one."""
    with shop.simulator.world.lock:
        transaction = shop.simulator.world.find(reference)
        assert transaction is not None
        shop.simulator.charging.start(transaction, get_card("pin-otp"))
        if pin is not None:
            shop.simulator.charging.answer(transaction, pin)


@pytest.mark.parametrize("pin", [None, "1234"])
def test_nobody_is_told_while_paying_with_another_card(shop: Shop, pin: str | None) -> None:
    """At the PIN Paystack still says abandoned, with the old decline; at the OTP it says ongoing."""
    reference = declined(shop)
    pass_time(shop, AFTER - 60)
    start_another_card(shop, reference, pin)
    pass_time(shop, 10 * 60)
    assert notices(shop) == []
    shop.simulator.settings.webhooks = "dropped"
    with shop.simulator.world.lock:
        transaction = shop.simulator.world.find(reference)
        assert transaction is not None
        for answer in ("1234", "123456")[0 if pin is None else 1 :]:
            shop.simulator.charging.answer(transaction, answer)
    pass_time(shop, 2 * AFTER)
    assert kept(shop, reference).status is Status.SUCCESS
    assert notices(shop) == []


def test_paystack_is_asked_before_anybody_is_told(shop: Shop) -> None:
    """Paid with another card in the last second, and the webhook was lost."""
    shop.simulator.settings.webhooks = "dropped"
    reference = declined(shop)
    pass_time(shop, AFTER - 30)
    shop.customer_pays(reference)
    shop.advance(30)
    shop.run("noticeFailures")
    assert kept(shop, reference).status is Status.SUCCESS
    pass_time(shop, AFTER)
    assert notices(shop) == []


def test_a_decline_of_this_very_minute_puts_the_letter_off(shop: Shop) -> None:
    """The poller has not seen it yet; the question before the letter does."""
    reference = declined(shop)
    pass_time(shop, AFTER - 60)
    shop.customer_pays(reference, "insufficient-funds")
    shop.advance(60)
    shop.run("noticeFailures")
    assert notices(shop) == []
    shop.advance(AFTER - 60)
    shop.run("noticeFailures")
    assert [each.context["reason"] for each in notices(shop)] == ["Insufficient Funds"]


def test_nobody_is_told_while_paystack_says_that_the_payment_goes_on(shop: Shop) -> None:
    """A bank is asking for a code; the log still tells of the decline before."""
    reference = declined(shop)
    pass_time(shop, 60)
    start_another_card(shop, reference, "1234")
    pass_time(shop, 3 * AFTER)
    assert kept(shop, reference).message == "Declined"
    assert notices(shop) == []


@pytest.mark.parametrize("paid", [500000, 499900])
def test_nobody_is_told_whose_money_came_by_another_attempt(shop: Shop, paid: int) -> None:
    """Whether it settled the order, or is set aside for a person: who pays again pays twice."""
    first = shop.open_payment(order="ord-1")
    shop.customer_pays(first, "pin", pin="9999")
    shop.advance(10)
    assert shop.verify(first)["status"] == "failed"
    second = shop.open_payment(order="ord-1")
    transaction = shop.simulator.world.find(second)
    assert transaction is not None
    transaction.overrides.amount = paid
    shop.customer_pays(second)
    pass_time(shop, 2 * AFTER)
    assert kept(shop, second).status in {Status.SUCCESS, Status.QUARANTINED}
    assert notices(shop) == []


def test_nobody_is_told_of_an_attempt_that_another_one_of_the_order_outlived(shop: Shop) -> None:
    first = shop.open_payment(order="ord-1")
    shop.customer_pays(first, "pin", pin="9999")
    shop.advance(10)
    assert shop.verify(first)["status"] == "failed"
    second = shop.open_payment(order="ord-1")
    assert second != first
    pass_time(shop, 2 * AFTER)
    assert notices(shop) == []
    shop.customer_pays(second)
    pass_time(shop, 2 * AFTER)
    assert kept(shop, second).status is Status.SUCCESS
    assert notices(shop) == []
    [line] = [each for each in shop.ours.records.payments.list_timeline(first) if each.kind == "not told"]
    assert line.sentence == "The order is paid or being paid by another payment."


def test_an_untouched_checkout_is_no_failure(shop: Shop) -> None:
    reference = shop.open_payment()
    pass_time(shop, 3 * AFTER)
    assert kept(shop, reference).declined_at is None
    assert notices(shop) == []


def test_a_payment_that_paystack_refused_to_open_is_no_failure_of_the_customers(shop: Shop) -> None:
    shop.simulator.faults.add("initialize", "401")
    assert shop.pay().status_code == 502
    pass_time(shop, 2 * AFTER)
    assert notices(shop) == []


def test_while_paystack_is_silent_nobody_is_told(shop: Shop) -> None:
    references = [declined(shop) for _ in range(3)]
    pass_time(shop, AFTER - 30)
    shop.simulator.faults.add("verify", "hang", times=100_000)
    shop.advance(30)
    listening = Listening(shop)
    shop.run("noticeFailures")
    assert len(listening.calls) == 3  # one question and its repeats, not one for each customer
    pass_time(shop, AFTER)
    assert notices(shop) == []

    shop.simulator.faults.clear()
    pass_time(shop, 60)
    assert {each.reference for each in notices(shop)} == set(references)


@pytest.mark.parametrize("silent", [True, False])
def test_somebody_elses_question_moments_ago_is_no_answer(shop: Shop, silent: bool) -> None:
    """It may have met silence, or still be waiting."""
    reference = declined(shop)
    pass_time(shop, AFTER - 30)
    shop.advance(30)
    if silent:
        shop.simulator.faults.add("verify", "hang", times=3)
        assert shop.client.get(f"/pay/verify/{reference}").status_code == 503
    else:
        Listening(shop, first=lambda: shop.run("noticeFailures"))
        shop.verify(reference)
        Listening(shop)
    shop.run("noticeFailures")
    assert notices(shop) == []
    shop.advance(30)
    shop.run("noticeFailures")
    assert len(notices(shop)) == 1


def test_two_processes_tell_a_customer_once(shop: Shop) -> None:
    with shop.second() as other:
        for round_ in range(1, 6):
            declined(shop)
            pass_time(shop, AFTER - 30)
            shop.advance(30)
            race_between([lambda: shop.run("noticeFailures"), lambda: other.run("noticeFailures")])
            shop.advance(30)
            race_between([lambda: shop.run("noticeFailures"), lambda: other.run("noticeFailures")])
            assert len(notices(shop)) == round_


@pytest.mark.parametrize(("card", "status"), [("declined", Status.PENDING), ("success", Status.SUCCESS)])
def test_a_charge_failed_event_is_taken_but_paystack_is_believed(shop: Shop, card: str, status: Status) -> None:
    """CONTRACT §6.3 documents no such event."""
    reference = shop.open_payment()
    shop.customer_pays(reference, card)
    shop.advance(3)
    data = {"reference": reference, "status": "failed", "amount": 500000, "currency": "NGN", "domain": "test"}
    assert shop.post_webhook({"event": "charge.failed", "data": data}).status_code == 200
    shop.run("processEvents")

    assert kept(shop, reference).status is status
    pass_time(shop, AFTER + 60)
    assert len(notices(shop)) == (card == "declined")


def test_whom_an_operator_invited_to_try_again_is_not_told_a_second_time(shop: Shop) -> None:
    reference = declined(shop)
    pass_time(shop, 60)
    shop.ours.services.console.retry(reference, "admin1")
    pass_time(shop, AFTER + 60)

    assert [each.identity.split(".")[0] for each in notices(shop)] == ["retry"]
