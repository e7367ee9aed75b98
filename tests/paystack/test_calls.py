"""What the client asks for, and what it makes of the answers."""

import pytest
import requests
from flask import Flask

from flask_paystack.errors import Invalid
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.paystack.errors import Rejected, Unavailable, UnknownTransaction
from paystack_simulator import Simulator, SimulatorAdapter
from tests.clock import START, ManualClock
from tests.paystack import BASE, REFERENCE


def paid(client: PaystackClient, sim: Simulator, card: str = "success") -> str:
    """Open a transaction and pay it; Paystack's id of it."""
    client.initialize(REFERENCE, "ada@example.com", 500000, "NGN")
    return str(sim.pay(REFERENCE, card).id)


def test_initialize_opens_a_checkout_page_under_our_reference(client: PaystackClient, sim: Simulator) -> None:
    opened = client.initialize(
        REFERENCE,
        "ada@example.com",
        500000,
        "GHS",
        callback_url="https://shop.test/back",
        metadata={"seat": "12", "note": "Zoë/1"},
        options={"channels": ["card"]},
    )

    known = sim.world.find(REFERENCE)
    assert opened.reference == REFERENCE
    assert opened.authorization_url.endswith(f"/checkout/{opened.access_code}")
    assert known is not None
    assert (known.amount, known.currency, known.callback_url) == (500000, "GHS", "https://shop.test/back")
    assert known.metadata == {"seat": "12", "note": "Zoë/1"}


def test_a_new_transaction_verifies_as_abandoned_and_not_declined(client: PaystackClient) -> None:
    client.initialize(REFERENCE, "ada@example.com", 500000, "NGN")

    transaction = client.verify(REFERENCE)

    assert (transaction.status, transaction.amount, transaction.domain) == ("abandoned", 500000, "test")
    assert not transaction.declined
    assert transaction.paid_at is None


def test_a_paid_transaction_verifies_with_its_money_and_time(
    client: PaystackClient, sim: Simulator, clock: ManualClock
) -> None:
    client.initialize(REFERENCE, "ada@example.com", 500000, "NGN")
    clock.advance(90)
    known = sim.pay(REFERENCE)

    transaction = client.verify(REFERENCE)

    assert (transaction.status, transaction.amount, transaction.requested_amount) == ("success", 500000, 500000)
    assert (transaction.currency, transaction.channel) == ("NGN", "card")
    assert transaction.paystack_id == str(known.id)
    assert transaction.paid_at == clock.now()
    assert not transaction.declined


@pytest.mark.parametrize("card", ["declined", "insufficient-funds"])
def test_a_declined_card_is_seen_although_paystack_says_abandoned(
    client: PaystackClient, sim: Simulator, clock: ManualClock, card: str
) -> None:
    client.initialize(REFERENCE, "ada@example.com", 500000, "NGN")
    clock.advance(120)
    sim.pay(REFERENCE, card)

    transaction = client.verify(REFERENCE)

    assert transaction.status != "success"
    assert transaction.declined
    assert transaction.attempted_at is not None
    assert (transaction.attempted_at - START).total_seconds() == pytest.approx(120, abs=1)


def test_a_transaction_is_fetched_by_paystacks_id(client: PaystackClient, sim: Simulator) -> None:
    assert client.fetch(paid(client, sim)).reference == REFERENCE


def test_transactions_are_listed_newest_first_and_filtered(client: PaystackClient, sim: Simulator) -> None:
    paid(client, sim)
    client.initialize("pay-open", "ada@example.com", 100, "NGN")

    assert [each.reference for each in client.list()] == ["pay-open", REFERENCE]
    assert [each.reference for each in client.list(status="success")] == [REFERENCE]
    assert [each.reference for each in client.list(page=2, per_page=1)] == [REFERENCE]


def test_a_saved_card_is_charged_again(client: PaystackClient, sim: Simulator) -> None:
    paid(client, sim)
    code = client.verify(REFERENCE).authorization["authorization_code"]

    charge = client.charge_authorization("pay-again", "ada@example.com", 700, "NGN", code, {"seat": 1})

    assert charge.authorization_url is None
    assert charge.transaction is not None
    assert (charge.transaction.reference, charge.transaction.status) == ("pay-again", "success")


def test_a_saved_card_may_want_its_customer_first(client: PaystackClient, sim: Simulator) -> None:
    """``status: true`` and no ``data.status``: nothing is paid (CONTRACT §4.2)."""
    paid(client, sim)
    code = client.verify(REFERENCE).authorization["authorization_code"]
    sim.faults.add("charge_authorization", "paused")

    charge = client.charge_authorization("pay-again", "ada@example.com", 700, "NGN", code)

    assert charge.transaction is None
    assert charge.authorization_url is not None
    assert "/resume/" in charge.authorization_url


def test_a_refund_is_asked_for_and_listed_by_paystacks_id(client: PaystackClient, sim: Simulator) -> None:
    paystack_id = paid(client, sim)

    asked = client.refund(REFERENCE, 200000, "NGN", "A late train")

    assert (asked.status, asked.amount, asked.currency) == ("pending", 200000, "NGN")
    assert [(each.paystack_id, each.amount) for each in client.list_refunds(paystack_id)] == [
        (asked.paystack_id, 200000)
    ]


@pytest.mark.parametrize("number", ["", "pay-1", "1/2", "१२", "1" * 21, "-1"])
def test_what_is_no_number_of_paystacks_is_not_asked_for(client: PaystackClient, number: str) -> None:
    with pytest.raises(Invalid):
        client.fetch(number)
    with pytest.raises(Invalid):
        client.list_refunds(number)


def test_an_unknown_reference_is_a_failure_of_its_own(client: PaystackClient) -> None:
    """It is a 400 with a code, not a 404 (CONTRACT §3.1)."""
    with pytest.raises(UnknownTransaction) as caught:
        client.verify("pay-nobody")

    assert caught.value.code == "transaction_not_found"
    assert caught.value.message == "Transaction reference not found."


def test_an_unknown_id_is_the_same_failure(client: PaystackClient) -> None:
    with pytest.raises(UnknownTransaction):
        client.fetch("424242")


def test_a_reused_reference_is_rejected_with_paystacks_code(client: PaystackClient) -> None:
    client.initialize(REFERENCE, "ada@example.com", 500000, "NGN")

    with pytest.raises(Rejected) as caught:
        client.initialize(REFERENCE, "ada@example.com", 500000, "NGN")

    assert caught.value.code == "duplicate_reference"
    assert "Duplicate Transaction Reference" in str(caught.value)
    assert not isinstance(caught.value, UnknownTransaction)


@pytest.mark.parametrize(
    ("mode", "why"), [("401", "does not accept this shop"), ("500", "500"), ("html", "502"), ("429", "wait")]
)
def test_each_fault_of_paystacks_has_its_meaning(client: PaystackClient, sim: Simulator, mode: str, why: str) -> None:
    client.initialize(REFERENCE, "ada@example.com", 500000, "NGN")
    sim.faults.add("verify", mode, times=9)

    with pytest.raises(Rejected if mode == "401" else Unavailable, match=why):
        client.verify(REFERENCE)


def test_while_the_key_rotates_either_of_two_is_taken(app: Flask, sim: Simulator, clock: ManualClock) -> None:
    """Whether or not Paystack knows the new one yet, and when it has forgotten the old one."""
    old, new = "sk_test_of_last_year", "sk_test_of_this_year"
    with requests.Session() as session:
        session.mount(BASE, SimulatorAdapter(app))
        client = PaystackClient((new, old), clock, BASE, session=session)
        sim.world.integration(old)
        sim.world.retired_keys.add(new)
        client.initialize(REFERENCE, "ada@example.com", 500000, "NGN")
        sim.world.retired_keys.remove(new)
        sim.world.rotate_key(old, new)
        assert client.verify(REFERENCE).reference == REFERENCE

        with pytest.raises(Rejected, match="does not accept this shop"):
            PaystackClient(old, clock, BASE, session=session).verify(REFERENCE)


@pytest.mark.parametrize("mode", ["500", "html", "half-json", "hang", "reset", "500-after-commit"])
def test_a_question_is_asked_again_after_a_fault(client: PaystackClient, sim: Simulator, mode: str) -> None:
    client.initialize(REFERENCE, "ada@example.com", 500000, "NGN")
    sim.faults.add("verify", mode, times=2)

    assert client.verify(REFERENCE).status == "abandoned"


@pytest.mark.parametrize("mode", ["hang", "reset", "500", "timeout-after-commit", "reset-after-commit", "half-json"])
def test_what_moves_money_is_sent_once_whatever_happens(client: PaystackClient, sim: Simulator, mode: str) -> None:
    """One fault is enough to fail, so nothing was tried again."""
    sim.faults.add("initialize", mode)

    with pytest.raises(Unavailable):
        client.initialize(REFERENCE, "ada@example.com", 500000, "NGN")

    assert (sim.world.find(REFERENCE) is not None) == mode.endswith("-after-commit")
