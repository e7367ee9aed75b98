"""A failed payment is tried again by us: with consent, on schedule, never twice, and never once it is paid."""

import base64
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from flask_paystack.errors import LeaseLost
from flask_paystack.mail.model import QueuedMessage
from flask_paystack.payments.model import Entry, Payment, Status, new_reference
from paystack_simulator.model import Authorization
from tests.payments.listening import Listening
from tests.race import race_between
from tests.shop import EMAIL, Shop
from tests.smtp import Mailbox, running_smtp

HOUR = 3600
AFTER = 900
"""FAILURE_NOTICE_AFTER."""
CHARGE = "/transaction/charge_authorization"


@pytest.fixture(scope="module")
def mail() -> Iterator[Mailbox]:
    with running_smtp() as running:
        yield running


@pytest.fixture(scope="module")
def one_shop(tmp_path_factory: pytest.TempPathFactory, mail: Mailbox) -> Iterator[Shop]:
    lasting = {"jwt_ttl": 30 * 24 * HOUR}
    with Shop(tmp_path_factory.mktemp("shop"), mail_server="127.0.0.1", mail_port=mail.port, **lasting) as shop:
        yield shop


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two questions the poller waits for real."""
    monkeypatch.setattr("flask_paystack.wiring.engines.POLLS_A_SECOND", float("inf"))


def log_in(shop: Shop, email: str = EMAIL) -> dict[str, str]:
    """Headers of a fresh user."""
    answer = shop.client.post("/auth/register", json={"email": email, "password": "correct horse battery"})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}


def open_for(shop: Shop, headers: dict[str, str] | None, save_card: bool = True, **body: Any) -> str:
    answer = shop.pay(headers=headers, save_card=save_card, **body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["reference"])


def save_card(shop: Shop, headers: dict[str, str], card: str = "success", **body: Any) -> str:
    """A first payment, paid with a card that is kept; settled by verify."""
    reference = open_for(shop, headers, **body)
    shop.customer_pays(reference, card)
    shop.advance(5)
    assert shop.verify(reference)["status"] == "success"
    return reference


def fail(shop: Shop, headers: dict[str, str] | None, card: str = "insufficient-funds", **body: Any) -> str:
    """A payment that failed, and whose customer was told."""
    reference = open_for(shop, headers, **{"order": "gsp-2", **body})
    shop.customer_pays(reference, card)
    for _ in range(AFTER // 300 + 1):
        shop.advance(295)
        shop.run("pollPayments")
        shop.advance(5)
        shop.run("noticeFailures")
    return reference


def planned(shop: Shop) -> tuple[dict[str, str], str, str]:
    """A user, a payment that left a card, and a failed one that will be tried again."""
    headers = log_in(shop)
    saved = save_card(shop, headers)
    return headers, saved, fail(shop, headers)


def pass_hours(shop: Shop, hours: float) -> None:
    """Let time pass, the jobs at work."""
    step = 900 if hours <= 3 else HOUR
    for _ in range(int(hours * HOUR / step)):
        shop.advance(step - 30)
        shop.run("pollPayments")
        for _ in range(2):
            shop.advance(15)
            shop.run("noticeFailures", "retryCharges")


def kept(shop: Shop, reference: str) -> Payment:
    found = shop.ours.records.payments.get(reference)
    assert found is not None
    return found


def attempts(shop: Shop, order: str = "gsp-2") -> list[Payment]:
    """The tries that we made by ourselves."""
    found = shop.ours.records.payments.list_attempts("womaye-gsp", order)
    return [each for each in found if each.retry_of is not None]


def timeline(shop: Shop, reference: str) -> list[Entry]:
    return shop.ours.records.payments.list_timeline(reference)


def told(shop: Shop, reference: str, kind: str) -> list[str]:
    """What the timeline says of that kind."""
    return [each.sentence for each in timeline(shop, reference) if (each.actor, each.kind) == ("automatic retry", kind)]


def mails(shop: Shop, kind: str = "payment_failed") -> list[QueuedMessage]:
    queued = shop.ours.records.messages.list_page(None, 100).items
    return [each for each in queued if each.kind == kind]


def authorization(shop: Shop) -> Authorization:
    """The one card that Paystack keeps."""
    [integration] = shop.simulator.world.integrations.values()
    [found] = integration.authorizations.values()
    return found


def charges(listening: Listening) -> int:
    return sum(path == CHARGE for _, path, _ in listening.calls)


def test_a_saved_card_is_tried_an_hour_later_and_settles_the_order(shop: Shop, mail: Mailbox) -> None:
    mail.received.clear()
    _, saved, failed = planned(shop)
    [notice] = mails(shop)
    [why] = told(shop, failed, "planned")
    assert saved in why
    assert "at most 3 times" in why
    assert notice.context["next_try_at"] is not None
    assert attempts(shop) == []

    pass_hours(shop, 1)

    [again] = attempts(shop)
    assert again.status is Status.SUCCESS
    assert (again.order, again.amount, again.email, again.retry_of) == ("gsp-2", 500_000, EMAIL, failed)
    assert again.settled_at is not None
    assert shop.ours.records.payments.paid_reference("womaye-gsp", "gsp-2") == again.reference
    assert told(shop, failed, "tried") == [f"Try 1: the saved card is charged, as {again.reference}."]
    assert told(shop, failed, "ended") == [f"No further try: {again.reference} of this order is success."]
    assert [each.reference for each in mails(shop, "receipt")] == [again.reference, saved]
    assert len(mails(shop)) == 1

    shop.run("sendMessages")
    [letter] = [each for each in mail.received if "did not go through" in each["Subject"]]
    for kind in ("plain", "html"):
        part = letter.get_body((kind,))
        assert part is not None
        assert "As you agreed, we will try the card" in part.get_content()


def test_it_is_not_tried_before_its_hour(shop: Shop) -> None:
    headers = log_in(shop)
    save_card(shop, headers)
    reference = open_for(shop, headers, order="gsp-2")
    shop.customer_pays(reference, "insufficient-funds")
    for _ in range(HOUR // 300 - 1):
        shop.advance(295)
        shop.run("pollPayments")
        shop.advance(5)
        shop.run("noticeFailures", "retryCharges")
    shop.advance(299)
    shop.run("retryCharges")
    assert attempts(shop) == []
    shop.advance(1)
    shop.run("retryCharges")
    assert len(attempts(shop)) == 1


def test_a_card_that_stays_empty_is_tried_three_times_and_then_the_customer_is_told(shop: Shop) -> None:
    _, _, failed = planned(shop)
    authorization(shop).declines = "Insufficient Funds"
    since = kept(shop, failed).created_at

    pass_hours(shop, 30 * 24 / 6)

    hours = [round((each.created_at - since).total_seconds() / HOUR) for each in attempts(shop)]
    assert hours == [1, 24, 72]
    assert {each.status for each in attempts(shop)} == {Status.FAILED}
    assert told(shop, failed, "ended") == ["No further try: all 3 tries are spent. The customer is mailed the link."]
    assert len(told(shop, failed, "put off")) == 2
    assert [each.identity for each in reversed(mails(shop))] == [f"failed.{failed}", f"auto-retry-ended.{failed}"]


@pytest.mark.parametrize(
    ("answer", "rule"),
    [("Incorrect PIN", "ask the customer"), ("Who knows", "ask the customer"), ("Stolen card", "never")],
)
def test_a_decline_that_does_not_pass_ends_the_tries(shop: Shop, answer: str, rule: str) -> None:
    _, _, failed = planned(shop)
    authorization(shop).declines = answer
    pass_hours(shop, 30)
    assert len(attempts(shop)) == 1
    assert told(shop, failed, "ended") == [
        f"No further try: for “{answer}” the rule is “{rule}”. The customer is mailed the link."
    ]
    assert len(mails(shop)) == 2


def test_without_consent_the_customer_only_gets_the_link(shop: Shop) -> None:
    headers = log_in(shop)
    save_card(shop, headers)
    failed = fail(shop, headers, save_card=False)
    pass_hours(shop, 3)
    assert attempts(shop) == []
    [notice] = mails(shop)
    assert notice.context["next_try_at"] is None
    assert told(shop, failed, "not planned") == [
        "We do not try it again by ourselves: the customer did not agree to it."
    ]


def test_a_card_that_was_paid_with_without_consent_is_never_charged(shop: Shop) -> None:
    headers = log_in(shop)
    reference = open_for(shop, headers, save_card=False)
    shop.customer_pays(reference)
    shop.advance(5)
    assert shop.verify(reference)["status"] == "success"
    failed = fail(shop, headers)
    pass_hours(shop, 3)
    assert attempts(shop) == []
    assert "left a card with consent" in told(shop, failed, "not planned")[0]


def test_a_stranger_cannot_have_somebodys_card_charged(shop: Shop) -> None:
    """Whoever knows an e-mail could otherwise fail on purpose, and have its owner's card pay for the order."""
    save_card(shop, log_in(shop))
    listening = Listening(shop)
    failed = fail(shop, None)
    pass_hours(shop, 3)
    assert charges(listening) == 0
    assert "logged in" in told(shop, failed, "not planned")[0]


def test_another_user_with_the_same_email_cannot_have_the_card_charged(shop: Shop) -> None:
    save_card(shop, log_in(shop))
    listening = Listening(shop)
    failed = fail(shop, log_in(shop, "mallory@example.org"), email=EMAIL)
    pass_hours(shop, 3)
    assert charges(listening) == 0
    assert len(told(shop, failed, "not planned")) == 1


def test_another_email_of_the_same_user_is_never_charged(shop: Shop) -> None:
    headers = log_in(shop)
    save_card(shop, headers)
    listening = Listening(shop)
    failed = fail(shop, headers, email="other@example.org")
    pass_hours(shop, 3)
    assert charges(listening) == 0
    assert len(told(shop, failed, "not planned")) == 1


def test_a_reason_that_only_the_customer_can_mend_is_not_tried(shop: Shop) -> None:
    headers = log_in(shop)
    save_card(shop, headers)
    failed = fail(shop, headers, card="declined")
    pass_hours(shop, 3)
    assert attempts(shop) == []
    assert told(shop, failed, "not planned") == [
        "We do not try it again by ourselves: for “Declined” the rule is “ask the customer”."
    ]


def test_a_card_that_is_good_for_one_use_is_not_tried(shop: Shop) -> None:
    headers = log_in(shop)
    save_card(shop, headers)
    authorization(shop).reusable = False
    failed = fail(shop, headers)
    pass_hours(shop, 3)
    assert attempts(shop) == []
    assert "cannot be charged again" in told(shop, failed, "not planned")[0]


def test_a_deactivated_authorization_ends_the_tries_with_the_link(shop: Shop) -> None:
    """Verify still calls it reusable (CONTRACT §4.1): only the charge tells."""
    _, _, failed = planned(shop)
    authorization(shop).active = False
    pass_hours(shop, 30)
    [again] = attempts(shop)
    assert again.status is Status.FAILED
    assert again.refused
    [ended] = told(shop, failed, "ended")
    assert ended.endswith("The customer is mailed the link.")
    assert len(mails(shop)) == 2


def test_nothing_is_tried_once_the_customer_has_paid_by_the_link(shop: Shop) -> None:
    _, _, failed = planned(shop)
    listening = Listening(shop)
    shop.customer_pays(failed)  # its own page is still open; no webhook comes, and nobody asks
    shop.advance(HOUR)
    shop.run("retryCharges")
    assert charges(listening) == 0
    assert kept(shop, failed).status is Status.SUCCESS
    assert told(shop, failed, "ended") == [f"No further try: {failed} of this order is success."]


def test_nothing_is_tried_once_an_operator_gave_the_money_back(shop: Shop) -> None:
    _, _, failed = planned(shop)
    shop.customer_pays(failed)
    shop.verify(failed)
    records = shop.ours.records.payments
    records.step(failed, Status.REVERSED, {}, Entry("admin1", "refund", "Given back."))
    pass_hours(shop, 3)
    assert attempts(shop) == []
    assert told(shop, failed, "ended") == [f"No further try: {failed} of this order is reversed."]


def test_a_customer_who_has_just_opened_the_order_anew_is_left_alone(shop: Shop) -> None:
    headers, _, failed = planned(shop)
    records = shop.ours.records.payments
    records.step(failed, Status.FAILED, {}, Entry("paystack", "failed", "Failed."))
    shop.advance(HOUR - AFTER - 300)
    newer = open_for(shop, headers, order="gsp-2")
    assert newer != failed
    shop.advance(60)
    shop.run("retryCharges")
    assert attempts(shop) == []
    assert told(shop, failed, "put off") == [f"Not tried now: the customer has just opened {newer}."]


def test_while_paystack_is_silent_nothing_is_charged(shop: Shop) -> None:
    _, _, failed = planned(shop)
    listening = Listening(shop)
    shop.simulator.faults.add("verify", "hang", 12)
    shop.advance(HOUR)
    shop.run("retryCharges")
    shop.advance(400)
    shop.run("retryCharges")
    assert charges(listening) == 0
    assert told(shop, failed, "put off") == [
        "Not tried now: Paystack does not answer, and nothing is charged on a guess."
    ]
    shop.simulator.faults.clear()
    pass_hours(shop, 1)
    assert [each.status for each in attempts(shop)] == [Status.SUCCESS]


@pytest.mark.parametrize("fault", ["timeout-after-commit", "reset-after-commit", "500-after-commit"])
def test_a_charge_without_an_answer_is_found_out_and_never_repeated(shop: Shop, fault: str) -> None:
    _, _, failed = planned(shop)
    listening = Listening(shop)
    shop.simulator.faults.add("charge_authorization", fault, 1)
    pass_hours(shop, 80)
    assert charges(listening) == 1
    [again] = attempts(shop)
    assert again.status is Status.SUCCESS
    assert "no answer" in [each.kind for each in timeline(shop, again.reference)]
    assert told(shop, failed, "ended") == [f"No further try: {again.reference} of this order is success."]


@pytest.mark.parametrize("fault", ["hang", "reset", "500"])
def test_a_charge_that_never_arrived_counts_and_is_waited_out(shop: Shop, fault: str) -> None:
    """Paystack does not know it, yet it may still be on its way: nothing else is tried for an hour, then by schedule."""
    _, _, failed = planned(shop)
    shop.simulator.faults.add("charge_authorization", fault, 1)
    since = kept(shop, failed).created_at
    pass_hours(shop, 80)
    first, second = attempts(shop)
    assert first.status is Status.ABANDONED
    assert second.status is Status.SUCCESS
    assert round((second.created_at - since).total_seconds() / HOUR) == 24


def test_a_try_that_was_recorded_and_never_sent_is_not_repeated_blindly(shop: Shop) -> None:
    """A process is killed between the record and the call."""
    _, _, failed = planned(shop)

    class Killed(BaseException):
        pass

    def kill() -> None:
        if charges(dying):
            raise Killed

    dying = Listening(shop, first=kill)
    shop.advance(HOUR)
    with pytest.raises(Killed):
        shop.ours.wiring.auto_retries.try_due()
    listening = Listening(shop)
    shop.advance(120)
    shop.run("retryCharges")
    assert charges(listening) == 0
    assert len(attempts(shop)) == 1
    pass_hours(shop, 25)
    assert charges(listening) == 1
    assert [each.status for each in attempts(shop)] == [Status.ABANDONED, Status.SUCCESS]
    assert len(told(shop, failed, "tried")) == 2


def test_a_bank_that_wants_the_customer_is_answered_by_a_mail_with_the_link(shop: Shop, mail: Mailbox) -> None:
    mail.received.clear()
    _, _, failed = planned(shop)
    shop.simulator.faults.add("charge_authorization", "paused", 1)
    pass_hours(shop, 80)
    [again] = attempts(shop)
    assert again.status is Status.PENDING
    assert again.authorization_url is not None
    [letter] = mails(shop, "confirm_payment")
    assert (letter.reference, letter.recipient) == (again.reference, EMAIL)
    assert told(shop, failed, "ended") == [f"No further try: the bank asks the customer to confirm {again.reference}."]

    shop.run("sendMessages")
    [sent] = [each for each in mail.received if "confirm" in each["Subject"]]
    part = sent.get_body(("plain",))
    assert part is not None
    link = next(line for line in part.get_content().splitlines() if "/pay/retry/" in line)
    answer = shop.client.post(link.removeprefix("http://backend.test"), headers={"Accept": "application/json"})
    assert answer.get_json()["reference"] == again.reference
    assert answer.get_json()["authorization_url"] == again.authorization_url


def test_a_charge_that_the_bank_takes_its_time_over_is_waited_for(shop: Shop) -> None:
    _, _, failed = planned(shop)
    listening = Listening(shop)
    shop.simulator.faults.add("charge_authorization", "processing", 1)
    pass_hours(shop, 0.75)
    [again] = attempts(shop)
    assert again.status is Status.PENDING
    assert (again.answer or "").startswith("processing|")
    shop.simulator.settle_due()
    pass_hours(shop, 80)

    assert charges(listening) == 1
    assert [each.status for each in attempts(shop)] == [Status.SUCCESS]
    assert told(shop, failed, "ended") == [f"No further try: {again.reference} of this order is success."]


@pytest.mark.parametrize("fault", ["processing", "timeout-after-commit", "hang"])
def test_a_customer_pays_nothing_beside_a_charge_that_may_yet_succeed(shop: Shop, fault: str) -> None:
    _, _, failed = planned(shop)
    shop.simulator.faults.add("charge_authorization", fault, 1)
    pass_hours(shop, 0.75)
    [again] = attempts(shop)
    shop.ours.records.payments.step(failed, Status.FAILED, {}, Entry("paystack", "failed", "Failed."))
    link = f"/pay/retry/{shop.ours.wiring.retry_tokens.make(failed)}"

    answer = shop.client.post(link, json={})
    assert answer.status_code == 409
    assert answer.get_json()["code"] == ("already_paid" if fault == "timeout-after-commit" else "not_allowed")
    page = shop.client.post(link, headers={"Accept": "text/html"})
    assert page.status_code == 409
    assert again.reference not in page.text

    shop.simulator.settle_due()
    shop.advance(HOUR)
    shop.run("pollPayments")
    later = shop.client.post(link, json={})
    assert (later.status_code, later.get_json().get("code")) == (
        (201, None) if fault == "hang" else (409, "already_paid")
    )


def withdraw(shop: Shop, failed: str) -> str:
    link = f"/pay/retry/{shop.ours.wiring.retry_tokens.make(failed)}"
    assert "Do not charge my card" in shop.client.get(link).text
    page = shop.client.post(f"{link}/withdraw", data={"a": "form"})
    assert (page.status_code, "Your card is left alone" in page.text) == (200, True)
    return link


def test_a_customer_who_says_no_is_not_charged_and_may_still_pay(shop: Shop) -> None:
    _, saved, failed = planned(shop)
    listening = Listening(shop)
    link = withdraw(shop, failed)
    pass_hours(shop, 80)

    assert charges(listening) == 0
    assert not kept(shop, saved).save_card
    assert "Do not charge my card" not in shop.client.get(link).text
    last = timeline(shop, failed)[-1]
    assert (last.actor, last.kind) == ("customer", "ended")
    assert "asked us not to" in last.sentence
    again = shop.client.post(f"{link}/withdraw", json={})
    assert again.status_code == 200
    assert timeline(shop, failed)[-1] == last
    assert shop.client.post(link, json={}).status_code == 201


def test_a_customer_who_said_no_once_is_asked_anew_before_a_card_is_charged(shop: Shop) -> None:
    headers, _, failed = planned(shop)
    withdraw(shop, failed)
    listening = Listening(shop)
    second = fail(shop, headers, order="gsp-3")
    pass_hours(shop, 80)
    assert charges(listening) == 0
    assert any("left a card with consent" in each for each in told(shop, second, "not planned"))

    save_card(shop, headers, order="gsp-4")
    fail(shop, headers, order="gsp-5")
    pass_hours(shop, 2)
    assert charges(listening) == 1


def test_a_no_counts_for_a_process_that_has_the_plan_in_its_hands(shop: Shop) -> None:
    """The card is not charged once the customer was told that it is left alone."""
    _, _, failed = planned(shop)
    plans = shop.ours.records.auto_retries
    shop.advance(HOUR)
    claimed = plans.claim(timedelta(minutes=1))
    assert claimed is not None
    withdraw(shop, failed)
    line = Entry("test", "tried", "Tried.")
    with pytest.raises(LeaseLost):
        plans.begin(claimed[0], replace(kept(shop, failed), reference=new_reference(), retry_of=failed), line, line)
    assert attempts(shop) == []


def test_two_processes_charge_once(shop: Shop) -> None:
    headers = log_in(shop)
    save_card(shop, headers)
    with shop.second() as other:
        for round_ in range(6):
            order = f"race-{round_}"
            fail(shop, headers, order=order)
            shop.advance(HOUR)
            ours, theirs = shop.ours.wiring.auto_retries, other.ours.wiring.auto_retries
            race_between([ours.try_due, theirs.try_due, ours.try_due])
            [again] = attempts(shop, order)
            assert again.status is Status.SUCCESS
    [integration] = shop.simulator.world.integrations.values()
    charged = [each for each in integration.transactions.values() if each.entry_point == "charge_authorization"]
    assert len(charged) == 6


def test_a_process_whose_lease_ended_begins_no_charge(shop: Shop) -> None:
    _, _, failed = planned(shop)
    plans = shop.ours.records.auto_retries
    shop.advance(HOUR)
    frozen = plans.claim(timedelta(seconds=60))
    shop.advance(61)
    awake = plans.claim(timedelta(seconds=60))
    assert frozen is not None
    assert awake is not None
    again = replace(kept(shop, failed), reference=new_reference(), retry_of=failed)
    line = Entry("test", "tried", "Tried.")
    with pytest.raises(LeaseLost):
        plans.begin(frozen[0], again, line, line)
    assert attempts(shop) == []
    assert plans.begin(awake[0], again, line, line)
    assert len(attempts(shop)) == 1


def test_a_card_that_paystack_limits_to_one_try_a_day_rests_for_a_day(shop: Shop) -> None:
    _, _, failed = planned(shop)
    authorization(shop).declines = "Charge attempt cannot be fulfilled until 55 minutes"
    since = kept(shop, failed).created_at
    pass_hours(shop, 76)
    hours = [round((each.created_at - since).total_seconds() / HOUR) for each in attempts(shop)]
    assert hours == [1, 25, 73]


def test_a_payment_opened_by_the_link_gives_no_consent(shop: Shop) -> None:
    """Whoever reads the mail may pay with a card of their own, and agreed to nothing."""
    _, _, failed = planned(shop)
    shop.ours.records.payments.step(failed, Status.FAILED, {}, Entry("paystack", "failed", "Failed."))
    opened = shop.ours.services.retries.retry(shop.ours.wiring.retry_tokens.make(failed))
    assert opened.reference != failed
    assert not kept(shop, opened.reference).save_card


def test_one_order_has_one_plan_however_many_of_its_payments_fail(shop: Shop) -> None:
    headers, _, failed = planned(shop)
    authorization(shop).declines = "Insufficient Funds"
    pass_hours(shop, 80)
    shop.ours.records.payments.step(failed, Status.FAILED, {}, Entry("paystack", "failed", "Failed."))
    second = fail(shop, headers)
    assert second != failed
    pass_hours(shop, 80)
    assert len(attempts(shop)) == 3
    assert "were planned already" in told(shop, second, "not planned")[0]


def test_tries_missed_in_a_long_sleep_are_not_made_up_for_in_a_row(shop: Shop) -> None:
    planned(shop)
    authorization(shop).declines = "Insufficient Funds"
    shop.advance(100 * HOUR)
    for _ in range(8):
        shop.run("retryCharges")
        shop.advance(60)
    assert len(attempts(shop)) == 1


def test_switched_off_nothing_is_planned(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Shop(tmp_path_factory.mktemp("off"), auto_retry_after="off") as shop:
        _, _, failed = planned(shop)
        pass_hours(shop, 3)
        assert attempts(shop) == []
        assert [each for each in timeline(shop, failed) if each.actor == "automatic retry"] == []


def test_the_customers_consent_stands_in_the_timeline(shop: Shop) -> None:
    with_it, without = open_for(shop, None, order="a-1"), open_for(shop, None, save_card=False, order="a-2")
    assert "agrees" in timeline(shop, with_it)[0].sentence
    assert "agrees" not in timeline(shop, without)[0].sentence


@pytest.mark.parametrize("value", ["true", 1, None, []])
def test_consent_is_true_or_false_and_nothing_else(shop: Shop, value: object) -> None:
    answer = shop.client.post("/pay/womaye-gsp", json={"email": EMAIL, "save_card": value})
    assert answer.status_code == 400
    assert "save_card" in answer.get_json()["fields"]


def test_the_code_of_a_card_is_nowhere_to_be_found(
    shop: Shop, mail: Mailbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither in logs, mails, the API, nor in the bytes of the database."""
    caplog.set_level(logging.DEBUG)
    mail.received.clear()
    headers, _, failed = planned(shop)
    authorization(shop).declines = "Insufficient Funds"
    pass_hours(shop, 2)
    shop.simulator.faults.add("charge_authorization", "reset-after-commit", 1)
    authorization(shop).active = True
    pass_hours(shop, 30)
    authorization(shop).active = False
    pass_hours(shop, 80)
    shop.run("sendMessages")
    assert len(attempts(shop)) == 3

    code = authorization(shop).code
    canaries = [code.encode(), base64.b64encode(code.encode()), code.removeprefix("AUTH_").encode()]
    seen = [caplog.text, *capfd.readouterr(), *(each.as_string() for each in mail.received)]
    seen += [repr(timeline(shop, each.reference)) + repr(each) for each in (*attempts(shop), kept(shop, failed))]
    seen += [shop.client.get(f"/pay/verify/{failed}").text, shop.client.get("/payments", headers=headers).text]
    files = sorted(shop.directory.glob("payments.sqlite3*"))
    assert files
    for found in [*(each.encode() for each in seen), *(each.read_bytes() for each in files)]:
        for canary in canaries:
            assert canary not in found
