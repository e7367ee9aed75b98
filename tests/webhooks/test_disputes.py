"""A cardholder's bank asks for the money back: kept, told to every operator, followed to its end."""

import json
from datetime import timedelta
from typing import Any

import pytest

from flask_paystack.mail.model import QueuedMessage
from flask_paystack.payments.model import DisputeRow
from flask_paystack.paystack.payloads import Unreadable, read_dispute
from paystack_simulator.model import Dispute
from tests.console.conftest import Operator
from tests.shop import Shop

PROCESS = "processEvents"
HOUR = 3600


def disputed(shop: Shop, amount: int | None = None) -> tuple[str, Dispute]:
    """A settled payment, disputed; the webhook waits to be delivered."""
    reference = shop.settled_payment()
    shop.advance(60)
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    with shop.simulator.world.lock:
        return reference, shop.simulator.disputes.open(transaction, amount, "chargeback", "Never arrived")


def resolved(shop: Shop, dispute: Dispute, resolution: str) -> None:
    fields = {"resolution": resolution, "message": "So be it.", "refund_amount": 500000, "uploaded_filename": "a.pdf"}
    with shop.simulator.world.lock:
        shop.simulator.disputes.resolve(dispute, fields)


def work(shop: Shop) -> None:
    shop.deliver_webhooks()
    shop.run(PROCESS)


def kept(shop: Shop, reference: str) -> list[DisputeRow]:
    return shop.ours.records.disputes.list_disputes(reference)


def letters(shop: Shop) -> list[QueuedMessage]:
    found = shop.ours.records.messages.list_page(None, 100).items
    return [each for each in sorted(found, key=lambda each: each.id) if each.kind == "dispute"]


def status(shop: Shop, reference: str) -> str:
    found = shop.ours.records.payments.get(reference)
    assert found is not None
    return found.status


def test_a_dispute_is_kept_and_every_operator_is_mailed_its_deadline(shop: Shop) -> None:
    reference, dispute = disputed(shop, amount=400000)
    work(shop)

    [row] = kept(shop, reference)
    assert (row.paystack_id, row.amount, row.currency, row.category) == (str(dispute.id), 400000, "NGN", "chargeback")
    assert (row.status, row.resolution) == ("awaiting-merchant-feedback", None)
    assert row.due_at is not None
    assert abs(row.due_at - dispute.due_at) < timedelta(milliseconds=1)  # as exact as Paystack writes it
    assert [each.recipient for each in letters(shop)] == ["ada@example.org", "ben@example.org"]
    assert letters(shop)[0].context["due_at"] == row.due_at.isoformat()
    assert status(shop, reference) == "success"
    event = shop.ours.records.webhooks.list_page(None, 1).items[0]
    assert (event.event, event.state, event.reference) == ("charge.dispute.create", "done", reference)


def test_operators_see_it_in_the_payment_and_the_summary(shop: Shop) -> None:
    reference, dispute = disputed(shop)
    work(shop)
    operator = Operator(shop)

    [told] = operator.show(reference)["disputes"]
    assert (told["status"], told["amount"], told["resolved_at"]) == ("awaiting-merchant-feedback", 500000, None)
    assert operator.get("/summary").get_json()["open_disputes"] == 1
    assert "flask_paystack_open_disputes 1.0" in shop.client.get("/metrics").text
    assert any("The customer's bank disputes ₦5,000.00" in line for line in operator.story(reference))

    resolved(shop, dispute, "declined")
    work(shop)
    assert operator.get("/summary").get_json()["open_disputes"] == 0


def test_paystacks_reminders_are_mailed_too(shop: Shop) -> None:
    reference, _dispute = disputed(shop)
    work(shop)
    shop.advance(4 * HOUR)
    shop.simulator.settle_due()
    work(shop)

    assert len(kept(shop, reference)) == 1
    assert len(letters(shop)) == 4
    assert [each.context["is_open"] for each in letters(shop)] == [True] * 4


@pytest.mark.parametrize("resolution", ["merchant-accepted", "auto-accepted"])
def test_an_accepted_dispute_is_read_at_paystack_and_reverses_the_payment(shop: Shop, resolution: str) -> None:
    reference, dispute = disputed(shop)
    work(shop)
    if resolution == "auto-accepted":
        shop.advance(16 * HOUR)
        shop.simulator.settle_due()
    else:
        resolved(shop, dispute, resolution)
    work(shop)

    [row] = kept(shop, reference)
    assert (row.status, row.resolution) == ("resolved", resolution)
    assert status(shop, reference) == "reversed"
    assert [each.context["resolution"] for each in letters(shop)][-2:] == [resolution] * 2
    assert len(shop.ours.records.handovers.list_page(None, 9).items) == 1


def test_a_declined_dispute_leaves_the_payment_as_it_was(shop: Shop) -> None:
    reference, dispute = disputed(shop)
    resolved(shop, dispute, "declined")
    work(shop)

    assert (kept(shop, reference)[0].resolution, status(shop, reference)) == ("declined", "success")


def test_an_accepted_dispute_is_not_believed_without_paystacks_word(shop: Shop) -> None:
    """Its event alone reverses nothing: verify says that the money is still there."""
    reference, _dispute = disputed(shop)
    told = json.loads(shop.webhook_bodies(reference)[-1])
    told["data"] |= {"status": "resolved", "resolution": "merchant-accepted"}
    shop.post_webhook({**told, "event": "charge.dispute.resolve"})
    shop.run(PROCESS)

    assert (kept(shop, reference)[0].status, status(shop, reference)) == ("resolved", "success")


def test_money_that_goes_back_after_the_event_is_found_by_asking_again(shop: Shop) -> None:
    """Paystack may answer "success" for a while after it told of the accepted dispute."""
    reference, dispute = disputed(shop)
    told = json.loads(shop.webhook_bodies(reference)[-1])
    told["data"] |= {"status": "resolved", "resolution": "merchant-accepted"}
    shop.post_webhook({**told, "event": "charge.dispute.resolve"})
    shop.run(PROCESS)
    shop.advance(HOUR)
    assert shop.run("followDisputes") == [1]
    assert status(shop, reference) == "success"

    resolved(shop, dispute, "merchant-accepted")
    shop.advance(HOUR)

    assert shop.run("followDisputes") == [1]
    assert status(shop, reference) == "reversed"
    assert shop.run("followDisputes") == [0]


def test_a_dispute_of_a_part_is_asked_about_for_a_month(shop: Shop) -> None:
    """Its payment stays paid, so nothing Paystack says ends the question."""
    reference, _dispute = disputed(shop)
    told = json.loads(shop.webhook_bodies(reference)[-1])
    told["data"] |= {"status": "resolved", "resolution": "merchant-accepted"}
    shop.post_webhook({**told, "event": "charge.dispute.resolve"})
    shop.run(PROCESS)

    shop.advance(30 * 24 * HOUR - 60)
    assert shop.run("followDisputes") == [1]
    shop.advance(120)
    assert shop.run("followDisputes") == [0]


def test_events_out_of_order_leave_the_newest_state(shop: Shop) -> None:
    reference, dispute = disputed(shop)
    shop.advance(60)
    resolved(shop, dispute, "declined")
    create, resolve = shop.webhook_bodies(reference)[-2:]
    for body in (resolve, create):
        shop.post_webhook(body)
        shop.run(PROCESS)

    assert [(row.status, row.resolution) for row in kept(shop, reference)] == [("resolved", "declined")]
    assert len(letters(shop)) == 2
    assert {each.state for each in shop.ours.records.webhooks.list_page(None, 9).items} == {"done"}


def test_while_paystack_is_silent_an_accepted_dispute_waits(shop: Shop) -> None:
    reference, dispute = disputed(shop)
    resolved(shop, dispute, "merchant-accepted")
    shop.simulator.faults.add("verify", "500", 10)
    shop.deliver_webhooks()
    shop.run(PROCESS)
    assert status(shop, reference) == "success"
    shop.simulator.faults.clear()
    for _ in range(3):
        shop.advance(60)
        shop.run(PROCESS)

    assert (kept(shop, reference)[0].status, status(shop, reference)) == ("resolved", "reversed")


def test_a_dispute_of_a_stranger_is_unmatched(shop: Shop) -> None:
    reference, _ = disputed(shop)
    told = json.loads(shop.webhook_bodies(reference)[-1])
    told["data"]["transaction"]["reference"] = "nobody"
    shop.post_webhook(told)
    shop.run(PROCESS)

    assert shop.ours.records.webhooks.list_page(None, 1).items[0].state == "unmatched"
    assert letters(shop) == []


def test_both_spellings_of_its_dates_are_read() -> None:
    api = {"id": 7, "status": "resolved", "dueAt": "2026-03-01T10:30:00.000Z", "updatedAt": "2026-03-01T10:03:00.000Z"}
    hook = {"id": "7", "status": "resolved", "due_at": api["dueAt"], "updated_at": api["updatedAt"]}

    assert read_dispute(api) == read_dispute(hook)
    assert read_dispute(api).told_at is not None
    assert read_dispute(api).due_at is not None


@pytest.mark.parametrize("odd", [None, [], {}, {"id": 7}, {"status": "pending"}, {"id": 1.5, "status": "pending"}])
def test_what_is_no_dispute_is_unreadable(odd: Any) -> None:
    with pytest.raises(Unreadable):
        read_dispute(odd)


def test_odd_fields_are_left_out() -> None:
    read = read_dispute(
        {"id": 7, "status": "new word", "messages": "x", "refund_amount": 1.5, "dueAt": 9, "currency": 3}
    )

    assert (read.is_open, read.amount, read.due_at, read.claim, read.currency) == (True, None, None, None, None)
