"""What is made of an event once it is kept: claimed, understood, and its effect had once."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import requests

from flask_paystack.mail.model import QueuedMessage
from flask_paystack.payments.model import Payment
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.webhooks.model import WebhookEvent
from flask_paystack.webhooks.service import TRIES
from paystack_simulator import SimulatorAdapter
from tests.shop import PAYSTACK, SECRET_KEY, Shop

PROCESS = "processEvents"


class Counting(SimulatorAdapter):
    """Counts the calls to Paystack."""

    calls = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.calls += 1
        return super().send(request, *args, **kwargs)


def counted(shop: Shop) -> Counting:
    counting = Counting(shop.paystack)
    shop.session.mount(PAYSTACK, counting)
    return counting


def event(shop: Shop) -> WebhookEvent:
    """The newest."""
    return shop.ours.records.webhooks.list_page(None, 1).items[0]


def payment(shop: Shop, reference: str) -> Payment:
    found = shop.ours.records.payments.get(reference)
    assert found is not None
    return found


def mails(shop: Shop) -> list[QueuedMessage]:
    return sorted(shop.ours.records.messages.list_page(None, 100).items, key=lambda mail: mail.id)


def effects(shop: Shop, reference: str) -> tuple[int, int, int]:
    """How many settlements, receipts and hand-overs a payment has."""
    timeline = shop.ours.records.payments.list_timeline(reference)
    return (
        sum(entry.kind == "settled" for entry in timeline),
        sum(mail.kind == "receipt" and mail.reference == reference for mail in mails(shop)),
        sum(each.reference == reference for each in shop.ours.records.handovers.list_page(None, 100).items),
    )


def paid(shop: Shop, **overrides: Any) -> tuple[str, Mapping[str, Any]]:
    """A payment of which Paystack was paid, and the event that tells of it, not delivered yet."""
    reference = shop.open_payment()
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    for name, value in overrides.items():
        setattr(transaction.overrides, name, value)
    shop.customer_pays(reference)
    return reference, json.loads(shop.webhook_bodies(reference)[0])


def test_a_success_that_fits_settles_without_a_call(shop: Shop) -> None:
    reference, _ = paid(shop)
    paystack = counted(shop)
    shop.deliver_webhooks()

    assert shop.run(PROCESS) == [1]

    assert paystack.calls == 0
    assert payment(shop, reference).status == "success"
    assert effects(shop, reference) == (1, 1, 1)
    assert (event(shop).state, event(shop).event, event(shop).reference) == ("done", "charge.success", reference)
    assert payment(shop, reference).channel == "card"


def test_settlement_table_amounts_as_text_settle_too(shop: Shop) -> None:
    """As a terminal's ``charge.success`` has them (CONTRACT §6.2)."""
    reference, told = paid(shop)
    shop.post_webhook({**told, "data": {**told["data"], "amount": "500000", "requested_amount": "500000"}})
    paystack = counted(shop)
    shop.run(PROCESS)

    assert (payment(shop, reference).status, paystack.calls) == ("success", 0)


def test_settlement_table_fees_borne_by_the_customer_settle(shop: Shop) -> None:
    """The official sample: 40333 for 30050 (CONTRACT §3.1)."""
    reference = shop.open_payment("donation", amount=30050)
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    transaction.overrides.amount = 40333
    shop.customer_pays(reference)
    shop.deliver_webhooks()
    shop.run(PROCESS)

    found = payment(shop, reference)
    assert (found.status, found.amount, found.paid_amount) == ("success", 30050, 40333)


MISMATCHES: dict[str, tuple[dict[str, Any], str]] = {
    "underpaid": ({"amount": 400000, "requested_amount": 400000}, "asked for"),
    "partial": ({"amount": 400000}, "Only 400000"),
    "overpaid": ({"amount": 900000, "requested_amount": 900000}, "asked for"),
    "other currency": ({"currency": "GHS"}, "GHS"),
}


@pytest.mark.parametrize("name", MISMATCHES)
def test_settlement_table_other_money_is_verified_first_and_then_set_aside(shop: Shop, name: str) -> None:
    overrides, words = MISMATCHES[name]
    reference, _ = paid(shop, **overrides)
    shop.advance(3)
    paystack = counted(shop)
    shop.deliver_webhooks()

    shop.run(PROCESS)

    found = payment(shop, reference)
    assert paystack.calls == 1
    assert found.status == "quarantined"
    assert found.message is not None
    assert words in found.message
    assert effects(shop, reference) == (0, 0, 0)
    assert [(mail.kind, mail.recipient) for mail in mails(shop)] == [
        ("payment_quarantined", "ada@example.org"),
        ("payment_quarantined", "ben@example.org"),
    ]
    assert event(shop).state == "done"
    assert shop.verify(reference)["status"] == "quarantined"


ODD: list[dict[str, Any]] = [
    {"amount": 1},
    {"currency": "USD"},
    {"domain": None},
    {"amount": 5000.0},
    {"amount": None},
]


@pytest.mark.parametrize("changes", ODD)
def test_settlement_table_an_event_that_does_not_fit_is_overruled_by_a_verify_that_does(
    shop: Shop, changes: dict[str, Any]
) -> None:
    reference, told = paid(shop)
    shop.advance(3)
    shop.post_webhook({**told, "data": {**told["data"], **changes}})
    shop.run(PROCESS)

    assert payment(shop, reference).status == "success"
    assert effects(shop, reference) == (1, 1, 1)


@pytest.mark.parametrize("name", ["charge.success", "charge.failed", "refund.processed"])
def test_an_event_of_another_mode_touches_nothing_and_waits_for_a_person(shop: Shop, name: str) -> None:
    """Signed all the same, as where one key served both worlds: neither settled, nor quarantined, nor even asked about."""
    reference, told = paid(shop)
    shop.advance(3)
    before = payment(shop, reference)
    paystack = counted(shop)
    data = {**told["data"], "domain": "live", "transaction_reference": reference}
    shop.post_webhook({"event": name, "data": data})
    shop.run(PROCESS)

    assert paystack.calls == 0
    assert payment(shop, reference) == before
    assert (event(shop).state, event(shop).reference) == ("unmatched", reference)
    assert "live mode" in (event(shop).error or "")
    assert mails(shop) == []

    shop.deliver_webhooks()
    shop.run(PROCESS)
    assert payment(shop, reference).status == "success"


def test_an_event_that_does_not_fit_sets_aside_what_paystack_calls_unpaid(shop: Shop) -> None:
    """Signed money that Paystack's verify does not know of yet is for a person; a later verify that fits leads out."""
    reference = shop.open_payment()
    shop.advance(3)
    told = {"id": 1, "domain": "test", "status": "success", "reference": reference, "amount": 7, "currency": "NGN"}
    shop.post_webhook({"event": "charge.success", "data": told})
    shop.run(PROCESS)
    assert payment(shop, reference).status == "quarantined"

    shop.customer_pays(reference)
    shop.advance(3)

    assert shop.verify(reference)["status"] == "success"
    assert effects(shop, reference) == (1, 1, 1)


def test_the_right_event_after_the_wrong_one_leads_out_of_quarantine(shop: Shop) -> None:
    reference, told = paid(shop)
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    transaction.amount = transaction.requested_amount = 7
    shop.advance(3)
    shop.post_webhook({**told, "data": {**told["data"], "amount": 7}})
    shop.run(PROCESS)
    assert payment(shop, reference).status == "quarantined"

    shop.deliver_webhooks()
    shop.run(PROCESS)

    assert payment(shop, reference).status == "success"
    assert effects(shop, reference) == (1, 1, 1)


@pytest.mark.parametrize("name", ["charge.failed", "charge.success"])
@pytest.mark.parametrize("word", ["failed", "abandoned", "reversed?", "pending"])
def test_a_late_failure_never_undoes_a_success(shop: Shop, name: str, word: str) -> None:
    reference, told = paid(shop)
    shop.deliver_webhooks()
    shop.run(PROCESS)
    before = payment(shop, reference)
    paystack = counted(shop)

    shop.post_webhook({"event": name, "data": {**told["data"], "status": word, "gateway_response": "Declined"}})
    shop.advance(3600)
    shop.run(PROCESS)

    after = payment(shop, reference)
    assert (after.status, after.settled_at, after.paid_amount) == ("success", before.settled_at, before.paid_amount)
    assert after.message == before.message
    assert effects(shop, reference) == (1, 1, 1)
    assert paystack.calls == 0
    assert event(shop).state == "done"


def test_a_failure_that_is_told_is_asked_about(shop: Shop) -> None:
    """Paystack documents no ``charge.failed``; where it comes, verify has the word (CONTRACT §6.3)."""
    reference = shop.open_payment()
    shop.advance(3)
    shop.post_webhook({"event": "charge.failed", "data": {"reference": reference, "status": "failed"}})
    shop.run(PROCESS)
    assert payment(shop, reference).status == "pending"  # Paystack says that it may still be paid

    shop.customer_pays(reference, "pin", pin="9999")
    shop.advance(3)
    shop.post_webhook({"event": "charge.failed", "data": {"reference": reference, "status": "failed", "id": 2}})
    shop.run(PROCESS)
    assert payment(shop, reference).status == "failed"


def test_an_unknown_reference_is_kept_for_a_person(shop: Shop) -> None:
    shop.post_webhook({"event": "charge.success", "data": {"reference": "theirs-1", "status": "success", "amount": 1}})
    shop.run(PROCESS)

    assert (event(shop).state, event(shop).reference) == ("unmatched", "theirs-1")
    assert event(shop).error is not None
    assert mails(shop) == []


@pytest.mark.parametrize(
    "name", ["something.new", "x" * 300, "transfer.success", "\u00e9\u0000v\u202ent", "charge.Success"]
)
def test_an_unknown_event_is_kept(shop: Shop, name: str) -> None:
    reference = shop.open_payment()
    shop.post_webhook({"event": name, "data": {"reference": reference, "status": "success", "amount": 500000}})
    shop.run(PROCESS)

    assert (event(shop).state, event(shop).reference) == ("kept", reference)
    assert payment(shop, reference).status == "pending"


@pytest.mark.parametrize("data", [None, [], "x", 0, {}, {"reference": 5}, {"reference": "", "status": "success"}])
def test_a_charge_without_a_transaction_is_unreadable(shop: Shop, data: Any) -> None:
    shop.post_webhook({"event": "charge.success", "data": data})
    shop.run(PROCESS)

    assert event(shop).state == "unreadable"


def test_a_claim_whose_worker_died_is_taken_over_after_a_minute(shop: Shop) -> None:
    reference, _ = paid(shop)
    shop.deliver_webhooks()
    webhooks = shop.ours.records.webhooks
    assert len(webhooks.claim(10, timedelta(seconds=60))) == 1  # and never heard of again

    shop.advance(59.9)
    assert shop.run(PROCESS) == [0]
    shop.advance(0.1)
    assert shop.run(PROCESS) == [1]

    assert effects(shop, reference) == (1, 1, 1)


def test_a_worker_that_wakes_up_late_has_no_effect(shop: Shop) -> None:
    """Its claim was taken over, so nothing of its transaction is kept."""
    from flask_paystack.errors import LeaseLost
    from flask_paystack.paystack import payloads
    from flask_paystack.records.webhooks import Finished

    reference, told = paid(shop)
    shop.deliver_webhooks()
    ((late, _),) = shop.ours.records.webhooks.claim(10, timedelta(seconds=60))
    shop.advance(60)
    ((current, _),) = shop.ours.records.webhooks.claim(10, timedelta(seconds=60))
    assert current.fence > late.fence
    settling = shop.ours.services.webhooks._settling

    with pytest.raises(LeaseLost):
        settling.learn(payment(shop, reference), payloads.read_transaction(told["data"]), "late", Finished(late))

    assert effects(shop, reference) == (0, 0, 0)
    assert payment(shop, reference).status == "pending"


def test_an_event_is_tried_eight_times_by_its_timetable_and_then_a_person_is_mailed(shop: Shop) -> None:
    """It needs Paystack's word, and Paystack is away (FAULTS R11)."""
    reference, told = paid(shop)
    shop.post_webhook({**told, "data": {**told["data"], "amount": 7}})
    shop.simulator.faults.add("verify", "500", times=100)
    shop.advance(3)

    for attempt, wait in enumerate(TRIES.seconds, 1):
        assert shop.run(PROCESS) == [1]
        assert (event(shop).state, event(shop).attempts) == ("waiting", attempt)
        gap = (event(shop).next_attempt_at - shop.clock.now()).total_seconds()
        assert wait * 0.9 <= gap <= wait * 1.1
        assert shop.run(PROCESS) == [0]
        shop.advance(gap)
    assert mails(shop) == []
    assert shop.run(PROCESS) == [1]

    assert (event(shop).state, event(shop).attempts) == ("dead", 8)
    assert event(shop).error is not None
    assert "500" in event(shop).error
    assert [(mail.kind, mail.recipient) for mail in mails(shop)] == [
        ("event_dead", "ada@example.org"),
        ("event_dead", "ben@example.org"),
    ]
    shop.advance(7 * 86400)
    assert shop.run(PROCESS) == [0]

    shop.simulator.faults.clear()
    assert shop.ours.records.webhooks.replay(event(shop).id)
    shop.run(PROCESS)
    assert payment(shop, reference).status == "success"


def test_a_poison_event_holds_up_no_other(shop: Shop) -> None:
    poison, told = paid(shop)
    shop.post_webhook({**told, "data": {**told["data"], "amount": 7}})
    shop.simulator.faults.add("verify", "hang", times=9)
    shop.advance(3)
    good = shop.open_payment()
    shop.customer_pays(good)
    shop.simulator.webhooks.claim_due()  # the poison's true event stays away
    shop.deliver_webhooks()

    shop.run(PROCESS)

    assert payment(shop, good).status == "success"
    assert payment(shop, poison).status == "pending"


def test_an_event_waits_for_its_turn_to_ask(shop: Shop) -> None:
    """Somebody asked a moment ago: the three seconds hold for webhooks too."""
    reference, told = paid(shop, amount=7, requested_amount=7)
    shop.post_webhook({**told, "data": {**told["data"], "amount": 8}})
    paystack = counted(shop)

    shop.run(PROCESS)
    assert (paystack.calls, event(shop).state) == (0, "waiting")
    shop.advance(3)
    shop.run(PROCESS)

    assert paystack.calls == 1
    assert payment(shop, reference).status == "quarantined"


def test_replay_the_same_event_for_three_days_and_a_year_later_has_one_effect(shop: Shop) -> None:
    """FAULTS R4."""
    reference, _ = paid(shop)
    body = shop.webhook_bodies(reference)[0]
    for _ in range(50):
        assert shop.post_webhook(body).status_code == 200
        shop.run(PROCESS)
        shop.advance(72 * 3600 / 50)
    shop.advance(365 * 86400)
    assert shop.post_webhook(body).status_code == 200
    shop.run(PROCESS)

    assert event(shop).deliveries == 51
    assert effects(shop, reference) == (1, 1, 1)


def test_replay_the_same_news_in_other_bytes_has_one_effect(shop: Shop) -> None:
    reference, told = paid(shop)
    for indent in range(6):
        shop.post_webhook(json.dumps(told, indent=indent).encode())
        shop.run(PROCESS)

    assert len(shop.ours.records.webhooks.list_page(None, 100).items) == 6
    assert effects(shop, reference) == (1, 1, 1)
    assert {each.state for each in shop.ours.records.webhooks.list_page(None, 100).items} == {"done"}


def test_an_operators_replay_has_no_second_effect(shop: Shop) -> None:
    reference = shop.settled_payment()
    assert shop.ours.records.webhooks.replay(event(shop).id)

    assert shop.run(PROCESS) == [1]

    assert effects(shop, reference) == (1, 1, 1)


@pytest.mark.parametrize("changes", ODD)
def test_a_granted_payment_never_comes_into_doubt_again(shop: Shop, changes: dict[str, Any]) -> None:
    """Not even while its refund is under way, and an event comes late that does not fit."""
    reference, told = paid(shop)
    shop.deliver_webhooks()
    shop.run(PROCESS)
    PaystackClient(SECRET_KEY, shop.clock, session=shop.session).refund(reference, 500000, "NGN")
    shop.deliver_webhooks()
    shop.run(PROCESS)
    assert payment(shop, reference).status == "reversal-pending"

    shop.post_webhook({**told, "data": {**told["data"], **changes}})
    shop.advance(3)
    shop.run(PROCESS)

    assert payment(shop, reference).status == "reversal-pending"
    assert effects(shop, reference) == (1, 1, 1)
