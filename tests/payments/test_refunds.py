"""Refunds end as Paystack has them, are asked for once, and never exceed what was paid."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from flask_paystack.payments.model import Payment, RefundRow, Status
from flask_paystack.paystack.model import ProviderRefund
from flask_paystack.records.refunds import NOT_MADE, REQUESTED
from paystack_simulator.model import Refund
from tests.payments.listening import Listening
from tests.race import race
from tests.shop import Shop

STEP = 60
"""Seconds that a refund stays in each of its states at the simulated Paystack."""
PAID = 500000


@pytest.fixture
def headers(shop: Shop) -> dict[str, str]:
    """What an operator sends along."""
    return {"X-Session-Token": shop.ours.services.sessions.open("admin1")}


def paid(shop: Shop, card: str = "success", product: str = "womaye-gsp", **body: Any) -> str:
    """A payment that settled; its reference."""
    reference = shop.open_payment(product, **body)
    shop.customer_pays(reference, card)
    work_off(shop)
    assert kept(shop, reference).status is Status.SUCCESS
    return reference


def paid_too_little(shop: Shop, **overrides: Any) -> str:
    """A payment that was quarantined; its reference."""
    reference = shop.open_payment()
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    for name, value in (overrides or {"amount": 400000}).items():
        setattr(transaction.overrides, name, value)
    shop.customer_pays(reference)
    shop.advance(3)
    work_off(shop)
    assert kept(shop, reference).status is Status.QUARANTINED
    return reference


def work_off(shop: Shop) -> None:
    """Deliver and understand every webhook that is due."""
    shop.deliver_webhooks()
    for _ in range(3):
        shop.run("processEvents")
        shop.advance(3)


def pass_steps(shop: Shop, steps: int) -> None:
    """Let Paystack's refunds move on, and hear of it."""
    for _ in range(steps):
        shop.advance(STEP)
        work_off(shop)


def kept(shop: Shop, reference: str) -> Payment:
    found = shop.ours.records.payments.get(reference)
    assert found is not None
    return found


def rows(shop: Shop, reference: str) -> list[RefundRow]:
    return shop.ours.records.refunds.list_refunds(reference)


def at_paystack(shop: Shop, reference: str) -> list[Refund]:
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    return transaction.refunds


def told(shop: Shop, reference: str) -> list[tuple[str, str]]:
    """Who did what about its refunds, in order."""
    lines = shop.ours.records.payments.list_timeline(reference)
    return [(each.actor.split(" ")[0], each.sentence) for each in lines if each.kind == "refund"]


def refund(shop: Shop, headers: dict[str, str], reference: str, amount: int | None = None) -> TestResponse:
    body = None if amount is None else {"amount": amount}
    return shop.client.post(f"/admin/payments/{reference}/refund", json=body, headers=headers)


def at_dashboard(shop: Shop, reference: str, amount: int | None = None) -> None:
    """The merchant refunds in Paystack's own dashboard."""
    with shop.simulator.world.lock:
        transaction = shop.simulator.world.find(reference)
        assert transaction is not None
        shop.simulator.refunds.create(transaction, amount, None, None, None)


def test_a_full_refund_is_under_way_and_then_done(shop: Shop, headers: dict[str, str]) -> None:
    reference = paid(shop, order="ord-1")
    answer = refund(shop, headers, reference)
    assert (answer.status_code, answer.get_json()["status"]) == (200, "reversal-pending")
    assert [(each["amount"], each["status"], each["requested_by"]) for each in answer.get_json()["refunds"]] == [
        (PAID, "pending", "admin1")
    ]
    assert shop.pay(order="ord-1").get_json()["code"] == "already_paid"
    pass_steps(shop, 2)
    assert kept(shop, reference).status is Status.REVERSED
    assert [each.status for each in rows(shop, reference)] == ["processed"]
    assert told(shop, reference) == [
        ("admin1", "admin1 asks Paystack to give ₦5,000.00 back."),
        ("paystack", "Paystack took the refund of ₦5,000.00: pending."),
        ("admin1", "All of it is being given back."),
        ("webhook", "Paystack says that the refund of ₦5,000.00 is processing."),
        ("webhook", "Paystack says that the refund of ₦5,000.00 is processed."),
        ("webhook", "All of it was given back."),
    ]
    assert shop.pay(order="ord-1").status_code == 201  # its order may be paid anew


def test_a_partial_refund_leaves_success_and_the_rest_ends_it(shop: Shop, headers: dict[str, str]) -> None:
    reference = paid(shop)
    assert refund(shop, headers, reference, 200000).get_json()["status"] == "success"
    pass_steps(shop, 3)
    assert kept(shop, reference).status is Status.SUCCESS
    assert [(each.amount, each.status) for each in rows(shop, reference)] == [(200000, "processed")]
    too_much = refund(shop, headers, reference, 300001)
    assert (too_much.status_code, too_much.get_json()["left"]) == (409, 300000)
    assert too_much.get_json()["error"] == "Of this payment ₦3,000.00 is left to refund."

    assert refund(shop, headers, reference).get_json()["status"] == "reversal-pending"
    pass_steps(shop, 3)
    assert kept(shop, reference).status is Status.REVERSED
    assert sum(each.amount for each in at_paystack(shop, reference)) == PAID


@pytest.mark.parametrize("amount", [300000, None])
def test_of_eight_operators_at_once_none_gives_back_too_much(
    shop: Shop, headers: dict[str, str], amount: int | None
) -> None:
    for _ in range(4):
        reference = paid(shop)
        path, body = f"/admin/payments/{reference}/refund", {"amount": amount} if amount else None
        answers = race(
            8,
            lambda path=path, body=body: shop.app.test_client().post(path, json=body, headers=headers).status_code,  # type: ignore[misc]
        )
        assert answers.count(200) == 1
        assert set(answers) == {200, 409}
        assert [each.amount for each in at_paystack(shop, reference)] == [amount or PAID]
        assert [each.amount for each in rows(shop, reference)] == [amount or PAID]


@pytest.mark.parametrize("amount", [0, -1, True, "500", 1.5, 10**30])
def test_an_amount_is_a_whole_number_of_subunits(shop: Shop, headers: dict[str, str], amount: object) -> None:
    reference = paid(shop)
    answer = refund(shop, headers, reference, amount)  # type: ignore[arg-type]
    assert (answer.status_code, list(answer.get_json()["fields"])) == (400, ["amount"])
    assert rows(shop, reference) == []


def test_a_refund_that_paystack_refuses_changes_nothing(shop: Shop, headers: dict[str, str]) -> None:
    reference = paid(shop)
    shop.simulator.settings.insufficient_balance = True
    for amount in (None, 100):
        answer = refund(shop, headers, reference, amount)
        assert (answer.status_code, answer.get_json()["code"]) == (502, "paystack_rejected")
        assert "Insufficient balance" in answer.get_json()["error"]
    assert kept(shop, reference).status is Status.SUCCESS
    assert [each.status for each in rows(shop, reference)] == [NOT_MADE, NOT_MADE]
    assert told(shop, reference)[1][1].startswith("Paystack refused the refund: Insufficient balance")

    shop.simulator.settings.insufficient_balance = False
    assert refund(shop, headers, reference).status_code == 200


def test_too_little_to_give_back_is_refused_with_paystacks_words(shop: Shop, headers: dict[str, str]) -> None:
    reference = shop.open_payment()
    shop.ours.records.payments.note(reference, changes={"currency": "GHS"})
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    transaction.currency = "GHS"
    shop.customer_pays(reference)
    work_off(shop)
    answer = refund(shop, headers, reference, 99)
    assert answer.status_code == 502
    assert "GHS1.00" in answer.get_json()["error"]
    assert kept(shop, reference).status is Status.SUCCESS


@pytest.mark.parametrize("fault", ["timeout-after-commit", "reset-after-commit", "500-after-commit"])
def test_a_refund_without_an_answer_is_looked_for_and_not_asked_for_twice(
    shop: Shop, headers: dict[str, str], fault: str
) -> None:
    shop.simulator.settings.webhooks = "dropped"
    reference = paid_by_poll(shop)
    shop.simulator.faults.add("create_refund", fault)
    silent = refund(shop, headers, reference, 300000)
    assert (silent.status_code, silent.get_json()["code"]) == (503, "paystack_unavailable")
    assert silent.get_json()["reference"] == reference
    assert [each.status for each in rows(shop, reference)] == [REQUESTED]
    assert kept(shop, reference).status is Status.SUCCESS

    again = refund(shop, headers, reference, 300000)
    assert (again.status_code, again.get_json()["left"]) == (409, 200000)
    assert len(at_paystack(shop, reference)) == 1
    assert [(each.status, each.requested_by) for each in rows(shop, reference)] == [("pending", "admin1")]
    assert refund(shop, headers, reference, 200000).status_code == 200
    assert len(at_paystack(shop, reference)) == 2


def paid_by_poll(shop: Shop) -> str:
    """A payment that settled without a webhook; its reference."""
    reference = shop.open_payment()
    shop.customer_pays(reference)
    shop.advance(3)
    assert shop.verify(reference)["status"] == "success"
    return reference


def test_a_full_refund_without_an_answer_is_found_to_be_under_way(shop: Shop, headers: dict[str, str]) -> None:
    reference = paid(shop)
    shop.simulator.faults.add("create_refund", "timeout-after-commit")
    assert refund(shop, headers, reference).status_code == 503
    again = refund(shop, headers, reference)
    assert (again.status_code, again.get_json()["code"]) == (409, "not_allowed")
    assert "was made after all" in again.get_json()["error"]
    assert kept(shop, reference).status is Status.REVERSAL_PENDING
    assert len(at_paystack(shop, reference)) == 1


def test_a_refund_that_never_reached_paystack_is_asked_for_again_after_a_minute(
    shop: Shop, headers: dict[str, str]
) -> None:
    reference = paid(shop)
    shop.simulator.faults.add("create_refund", "hang")
    assert refund(shop, headers, reference).status_code == 503
    soon = refund(shop, headers, reference)
    assert (soon.status_code, "no answer yet" in soon.get_json()["error"]) == (409, True)
    assert kept(shop, reference).status is Status.SUCCESS
    assert at_paystack(shop, reference) == []

    shop.advance(61)
    assert refund(shop, headers, reference).status_code == 200
    assert [each.status for each in rows(shop, reference)] == [NOT_MADE, "pending"]
    assert len(at_paystack(shop, reference)) == 1


def test_while_the_list_cannot_be_read_nothing_is_sent(shop: Shop, headers: dict[str, str]) -> None:
    reference = paid(shop)
    shop.simulator.faults.add("create_refund", "timeout-after-commit")
    assert refund(shop, headers, reference).status_code == 503
    shop.advance(120)
    shop.simulator.faults.add("list_refunds", "hang", times=3)
    assert refund(shop, headers, reference).status_code == 503
    assert len(at_paystack(shop, reference)) == 1


def test_a_refused_refund_is_not_taken_for_a_later_one(shop: Shop, headers: dict[str, str]) -> None:
    """Of the same amount, whose answer was lost: both have no number of Paystack's yet."""
    reference = paid(shop)
    shop.simulator.settings.insufficient_balance = True
    assert refund(shop, headers, reference, 300000).status_code == 502
    shop.simulator.settings.insufficient_balance = False
    shop.simulator.faults.add("create_refund", "timeout-after-commit")
    assert refund(shop, headers, reference, 300000).status_code == 503
    work_off(shop)
    assert [each.status for each in rows(shop, reference)] == [NOT_MADE, "pending"]
    assert kept(shop, reference).status is Status.SUCCESS
    assert refund(shop, headers, reference, 200000).status_code == 200


def test_a_refund_that_fails_leaves_the_payment_paid_and_grants_nothing_new(
    shop: Shop, headers: dict[str, str]
) -> None:
    reference = paid(shop, "refund-fails")
    settled_at = kept(shop, reference).settled_at
    assert refund(shop, headers, reference).get_json()["status"] == "reversal-pending"
    pass_steps(shop, 2)
    assert (kept(shop, reference).status, kept(shop, reference).settled_at) == (Status.SUCCESS, settled_at)
    assert [each.status for each in rows(shop, reference)] == ["failed"]
    assert told(shop, reference)[-1][1] == "Not all of it is given back after all: it stays paid."
    receipts = [each for each in shop.ours.records.messages.list_page(None, 100).items if each.kind == "receipt"]
    assert len(receipts) == 1
    assert refund(shop, headers, reference).status_code == 200  # it may be tried again


def test_a_refund_that_needs_bank_details_is_kept_and_shown(shop: Shop, headers: dict[str, str]) -> None:
    reference = paid(shop, "refund-needs-attention")
    refund(shop, headers, reference)
    pass_steps(shop, 3)
    shown = shop.client.get(f"/admin/payments/{reference}", headers=headers).get_json()
    assert (shown["status"], [each["status"] for each in shown["refunds"]]) == ("reversal-pending", ["needs-attention"])
    assert "is needs-attention" in shown["timeline"][-1]["sentence"]


@pytest.mark.parametrize(
    ("overrides", "given_back"),
    [
        ({"amount": 400000}, 400000),
        ({"amount": 600000, "requested_amount": 600000}, 600000),
        ({"currency": "GHS"}, PAID),
    ],
)
def test_quarantined_money_is_given_back_in_full(
    shop: Shop, headers: dict[str, str], overrides: dict[str, Any], given_back: int
) -> None:
    """As much as came, in the currency it came in."""
    reference = paid_too_little(shop, **overrides)
    answer = refund(shop, headers, reference)
    assert (answer.status_code, answer.get_json()["status"]) == (200, "reversal-pending"), answer.text
    pass_steps(shop, 2)
    assert kept(shop, reference).status is Status.REVERSED
    assert kept(shop, reference).settled_at is None
    [row] = rows(shop, reference)
    assert (row.amount, row.currency) == (given_back, overrides.get("currency", "NGN"))


def test_quarantined_money_whose_refund_fails_waits_for_a_person_again(shop: Shop, headers: dict[str, str]) -> None:
    reference = shop.open_payment()
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    transaction.overrides.amount = 400000
    shop.customer_pays(reference, "refund-fails")
    shop.advance(3)
    work_off(shop)
    refund(shop, headers, reference)
    pass_steps(shop, 2)
    assert kept(shop, reference).status is Status.QUARANTINED


@pytest.mark.parametrize("state", ["pending", "reversal-pending", "reversed"])
def test_what_is_not_there_is_not_given_back(shop: Shop, headers: dict[str, str], state: str) -> None:
    reference = shop.open_payment() if state == "pending" else paid(shop)
    if state != "pending":
        refund(shop, headers, reference)
    if state == "reversed":
        pass_steps(shop, 2)
    answer = refund(shop, headers, reference)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "not_allowed")
    assert answer.get_json()["error"] == f"A payment that is {state} cannot be refunded."


def test_a_refund_made_in_paystacks_dashboard_is_followed(shop: Shop) -> None:
    reference = paid(shop, order="ord-1")
    at_dashboard(shop, reference, 100000)
    work_off(shop)
    assert [(each.amount, each.status, each.requested_by) for each in rows(shop, reference)] == [
        (100000, "pending", "paystack")
    ]
    at_dashboard(shop, reference, 400000)
    work_off(shop)
    assert kept(shop, reference).status is Status.REVERSAL_PENDING
    pass_steps(shop, 2)
    assert kept(shop, reference).status is Status.REVERSED
    assert shop.pay(order="ord-1").status_code == 201


def test_a_dashboard_refund_of_a_payment_we_thought_open_is_followed(shop: Shop) -> None:
    """Paid and refunded before we heard of either."""
    shop.simulator.settings.webhooks = "dropped"
    reference = shop.open_payment()
    shop.customer_pays(reference)
    shop.simulator.settings.webhooks = "on"
    at_dashboard(shop, reference)
    shop.advance(3)
    pass_steps(shop, 3)
    assert kept(shop, reference).status is Status.REVERSED
    assert kept(shop, reference).settled_at is None


@pytest.mark.parametrize("card", ["success", "refund-needs-attention"])
def test_money_that_is_all_going_back_grants_nothing_though_its_success_is_heard_of_late(shop: Shop, card: str) -> None:
    reference = shop.open_payment()
    shop.customer_pays(reference, card)
    [success] = shop.webhook_bodies(reference)
    shop.simulator.webhooks.clear()
    refund_at_dashboard(shop, reference)
    pass_steps(shop, 1)

    shop.post_webhook(success)
    work_off(shop)

    assert kept(shop, reference).status is Status.REVERSAL_PENDING
    assert kept(shop, reference).settled_at is None


def test_money_that_stays_after_all_settles_once_its_refund_has_failed(shop: Shop) -> None:
    reference = shop.open_payment()
    shop.customer_pays(reference, "refund-fails")
    [success] = shop.webhook_bodies(reference)
    shop.simulator.webhooks.clear()
    refund_at_dashboard(shop, reference)
    pass_steps(shop, 1)
    shop.post_webhook(success)
    work_off(shop)

    pass_steps(shop, 1)
    assert kept(shop, reference).status is Status.QUARANTINED
    shop.run("pollPayments")

    assert kept(shop, reference).status is Status.SUCCESS
    assert kept(shop, reference).settled_at is not None
    assert kept(shop, reference).next_check_at is None


def test_money_that_does_not_fit_is_asked_about_once_after_its_refund_failed(shop: Shop) -> None:
    reference = paid_too_little(shop)
    shop.simulator.faults.add("refund", "failed")
    refund_at_dashboard(shop, reference)
    pass_steps(shop, 2)
    assert kept(shop, reference).status is Status.QUARANTINED
    shop.run("pollPayments")
    assert kept(shop, reference).status is Status.QUARANTINED
    assert kept(shop, reference).next_check_at is None


def test_money_that_does_not_fit_and_went_back_before_we_heard_of_it_is_known_to_be_back(shop: Shop) -> None:
    reference = shop.open_payment()
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    transaction.overrides.amount = 400000
    shop.customer_pays(reference)
    [success] = shop.webhook_bodies(reference)
    shop.simulator.webhooks.clear()
    refund_at_dashboard(shop, reference)
    pass_steps(shop, 3)

    shop.post_webhook(success)
    work_off(shop)
    shop.run("pollPayments")

    assert kept(shop, reference).status is Status.REVERSED
    assert kept(shop, reference).settled_at is None


def refund_at_dashboard(shop: Shop, reference: str) -> None:
    """All of a payment is given back, at Paystack's own page."""
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    with shop.simulator.world.lock:
        shop.simulator.refunds.create(transaction, None, None, None, None)


def test_the_same_event_again_makes_us_read_again(shop: Shop) -> None:
    """Refund events carry no number: two refunds of one amount may send the same bytes (CONTRACT §6.2)."""
    reference = paid(shop)
    shop.simulator.settings.webhooks = "dropped"
    at_dashboard(shop, reference, 100000)
    body = shop.webhook_bodies(reference)[-1]
    shop.post_webhook(body)
    shop.run("processEvents")
    assert [each.amount for each in rows(shop, reference)] == [100000]
    at_dashboard(shop, reference, 100000)
    shop.post_webhook(body)
    shop.run("processEvents")
    assert [each.amount for each in rows(shop, reference)] == [100000, 100000]


def test_refunds_come_to_their_end_though_every_event_is_lost(shop: Shop, headers: dict[str, str]) -> None:
    whole, failing, unclear = paid(shop), paid(shop, "refund-fails"), paid(shop)
    shop.simulator.settings.webhooks = "dropped"
    for each in (whole, failing):
        assert refund(shop, headers, each).get_json()["status"] == "reversal-pending"
    shop.simulator.faults.add("create_refund", "timeout-after-commit")
    assert refund(shop, headers, unclear).status_code == 503
    shop.advance(3600)
    shop.simulator.settle_due()

    listening = Listening(shop)
    shop.simulator.faults.add("list_refunds", "hang", times=3)
    assert shop.run("followRefunds") == [1]
    assert len(listening.calls) == 3  # silence ends the pass
    assert shop.run("followRefunds") == [3]
    statuses = [kept(shop, each).status for each in (whole, failing, unclear)]
    assert statuses == [Status.REVERSED, Status.SUCCESS, Status.REVERSED]
    assert shop.run("followRefunds") == [0]


def test_events_out_of_order_end_where_paystack_is(shop: Shop, headers: dict[str, str]) -> None:
    reference = paid(shop)
    shop.simulator.settings.webhooks = "dropped"
    refund(shop, headers, reference)
    shop.advance(2 * STEP)
    shop.simulator.settle_due()
    events = [each for each in shop.webhook_bodies(reference) if b'"refund.' in each]
    assert len(events) == 3
    for body in reversed(events):
        assert shop.post_webhook(body).status_code == 200
        shop.run("processEvents")
        assert kept(shop, reference).status is Status.REVERSED
    assert [each.status for each in rows(shop, reference)] == ["processed"]


def test_an_answer_read_before_a_newer_one_changes_nothing(shop: Shop, headers: dict[str, str]) -> None:
    """Two who read at once may come to write in either order."""
    reference = paid(shop)
    refund(shop, headers, reference, 200000)
    old = [ProviderRefund(str(at_paystack(shop, reference)[0].id), "pending", 200000, "NGN")]
    pass_steps(shop, 3)
    shop.ours.records.refunds.take_in(reference, old, "NGN", "webhook 9")
    assert [each.status for each in rows(shop, reference)] == ["processed"]


def test_a_refund_of_a_payment_we_do_not_know_waits_for_a_person(shop: Shop, headers: dict[str, str]) -> None:
    data = {"transaction_reference": "ord-of-somebody-else", "status": "processed", "amount": "1000"}
    assert shop.post_webhook({"event": "refund.processed", "data": data}).status_code == 200
    shop.run("processEvents")
    [event] = shop.client.get("/admin/events?state=unmatched", headers=headers).get_json()["events"]
    assert (event["event"], event["reference"]) == ("refund.processed", "ord-of-somebody-else")


@pytest.fixture(autouse=True)
def nothing_waits(shop: Shop) -> Iterator[None]:
    """No event is left behind, given up or not understood."""
    yield
    counts = shop.ours.records.numbers.counts()["webhook_events"]
    assert set(counts) <= {"done", "unmatched"}, counts
