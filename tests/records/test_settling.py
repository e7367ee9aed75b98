"""A payment settles once, and all that belongs to it is kept together or not at all."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy.exc import StatementError

from flask_paystack.errors import AlreadyPaid, LeaseLost, NotFound
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Entry, Status
from flask_paystack.records.database import Database
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.payments import Outcome, PaymentRecords
from flask_paystack.records.webhooks import Finished, WebhookRecords
from tests.clock import ManualClock
from tests.race import race
from tests.records import LEASE, OPENED, PAID, SETTLED, found, kinds, payment, receipt, settle

FAILED = Entry("poller", "failed", "The bank said no.")
REVERSED = Entry("admin1", "reversed", "All of it was refunded.")


def settle_at_next(stores: Iterator[PaymentRecords], references: Iterator[str]) -> Outcome:
    return settle(next(stores), next(references))


def test_of_16_who_settle_at_once_one_does(
    database: Database,
    other_database: Database,
    payments: PaymentRecords,
    messages: MessageRecords,
    handovers: HandoverRecords,
    clock: ManualClock,
) -> None:
    """Half of them in another process: what is kept is one receipt, one hand-over and one line of the timeline."""
    elsewhere = PaymentRecords(other_database, clock)
    for number in range(12):
        reference = f"pay-{number}"
        payments.open(payment(reference), OPENED)
        turns = itertools.cycle([payments, elsewhere])

        outcomes = race(16, partial(settle_at_next, turns, itertools.repeat(reference)))

        assert outcomes.count(Outcome.TAKEN) == 1
        assert outcomes.count(Outcome.NOT_LEGAL) == 15
        assert kinds(payments, reference) == ["opened", "settled"]
        assert len(messages.list_page(None, 100, reference=reference).items) == 1
        handover = handovers.get_by_reference(reference)
        assert handover is not None
        assert (handover.state, handover.attempts) == ("waiting", 0)
    assert len(handovers.list_page(None, 100).items) == 12


def test_settling_keeps_what_was_paid_and_when(payments: PaymentRecords, clock: ManualClock) -> None:
    payments.open(payment(next_check_at=clock.now()), OPENED)
    clock.advance(90)

    assert settle(payments) is Outcome.TAKEN

    kept = found(payments)
    assert kept.status is Status.SUCCESS
    assert (kept.channel, kept.paid_amount, kept.paid_at) == ("card", 500000, PAID["paid_at"])
    assert kept.settled_at == kept.updated_at == clock.now()
    assert kept.next_check_at is None
    line = payments.list_timeline("pay-1")[-1]
    assert (line.actor, line.sentence, line.facts, line.at) == (
        SETTLED.actor,
        SETTLED.sentence,
        SETTLED.facts,
        clock.now(),
    )


def test_a_late_failure_changes_nothing(payments: PaymentRecords, messages: MessageRecords, clock: ManualClock) -> None:
    payments.open(payment(), OPENED)
    settle(payments)
    before = found(payments)
    clock.advance(60)

    notice = Message("failure.pay-1", "failure", "ada@example.com", {})
    for late in (Status.FAILED, Status.ABANDONED, Status.QUARANTINED, Status.PENDING):
        outcome = payments.step("pay-1", late, {"message": "Declined."}, FAILED, [notice])
        assert outcome is Outcome.NOT_LEGAL

    assert found(payments) == before
    assert kinds(payments) == ["opened", "settled"]
    assert [message.kind for message in messages.list_page(None, 10).items] == ["receipt"]


def test_a_late_success_settles_what_had_failed(payments: PaymentRecords) -> None:
    payments.open(payment(), OPENED)
    assert payments.step("pay-1", Status.ABANDONED, {}, FAILED) is Outcome.TAKEN
    assert payments.step("pay-1", Status.FAILED, {}, FAILED) is Outcome.TAKEN
    assert settle(payments) is Outcome.TAKEN
    assert kinds(payments) == ["opened", "failed", "failed", "settled"]


def test_the_second_payment_of_a_paid_order_is_told_so_and_nothing_of_it_is_kept(
    payments: PaymentRecords,
    messages: MessageRecords,
    handovers: HandoverRecords,
    webhooks: WebhookRecords,
) -> None:
    payments.open(payment("pay-1", order="seat-7", authorization_url=None), OPENED)
    payments.open(payment("pay-2", order="seat-7"), OPENED)
    webhooks.keep(b"{}", {})
    ((claim, _),) = webhooks.claim(1, LEASE)
    settle(payments, "pay-1")
    before = found(payments, "pay-2")

    assert settle(payments, "pay-2", Finished(claim)) is Outcome.ORDER_PAID

    assert found(payments, "pay-2") == before
    assert kinds(payments, "pay-2") == ["opened"]
    assert [message.reference for message in messages.list_page(None, 10).items] == ["pay-1"]
    assert handovers.get_by_reference("pay-2") is None
    assert [event.state for event in webhooks.list_page(None, 10).items] == ["waiting"]


def test_two_payments_of_one_order_that_settle_at_once_have_one_winner(
    payments: PaymentRecords, handovers: HandoverRecords
) -> None:
    for number in range(15):
        order = f"seat-{number}"
        references = [f"pay-{number}-a", f"pay-{number}-b"]
        payments.open(payment(references[0], order=order, authorization_url=None), OPENED)
        payments.open(payment(references[1], order=order), OPENED)
        mine = iter(references * 4)

        outcomes = race(8, partial(settle_at_next, itertools.repeat(payments), mine))

        assert outcomes.count(Outcome.TAKEN) == 1
        assert outcomes.count(Outcome.ORDER_PAID) == 4
        assert outcomes.count(Outcome.NOT_LEGAL) == 3
        statuses = sorted(found(payments, reference).status for reference in references)
        assert statuses == [Status.PENDING, Status.SUCCESS]
    assert len(handovers.list_page(None, 100).items) == 15


def test_the_same_order_id_of_another_product_is_another_order(payments: PaymentRecords) -> None:
    payments.open(payment("pay-1", order="7"), OPENED)
    payments.open(payment("pay-2", order="7", product="donation"), OPENED)
    assert settle(payments, "pay-1") is Outcome.TAKEN
    assert settle(payments, "pay-2") is Outcome.TAKEN


def test_a_reversed_payment_lets_its_order_be_paid_anew(payments: PaymentRecords) -> None:
    payments.open(payment("pay-1", order="seat-7"), OPENED)
    settle(payments, "pay-1")
    with pytest.raises(AlreadyPaid) as refusal:
        payments.open(payment("pay-2", order="seat-7"), OPENED)
    assert refusal.value.details == {"order": "seat-7"}, "Nobody is told another payment's reference."
    assert payments.get("pay-2") is None

    assert payments.step("pay-1", Status.REVERSAL_PENDING, {}, REVERSED) is Outcome.TAKEN
    with pytest.raises(AlreadyPaid):
        payments.open(payment("pay-2", order="seat-7"), OPENED)
    assert payments.step("pay-1", Status.REVERSED, {}, REVERSED) is Outcome.TAKEN

    assert payments.open(payment("pay-2", order="seat-7"), OPENED).reference == "pay-2"
    assert settle(payments, "pay-2") is Outcome.TAKEN


def test_the_reversal_of_another_payment_does_not_reopen_a_paid_order(payments: PaymentRecords) -> None:
    payments.open(payment("pay-1", order="seat-7", authorization_url=None), OPENED)
    payments.open(payment("pay-2", order="seat-7"), OPENED)
    settle(payments, "pay-1")
    assert payments.step("pay-2", Status.REVERSED, {}, REVERSED) is Outcome.TAKEN
    with pytest.raises(AlreadyPaid):
        payments.open(payment("pay-3", order="seat-7"), OPENED)


def test_a_frozen_worker_commits_neither_its_event_nor_its_effect(
    payments: PaymentRecords,
    webhooks: WebhookRecords,
    messages: MessageRecords,
    handovers: HandoverRecords,
    clock: ManualClock,
) -> None:
    payments.open(payment(), OPENED)
    webhooks.keep(b'{"event":"charge.success"}', {})
    ((frozen, _),) = webhooks.claim(1, LEASE)
    clock.advance(60)
    ((awake, event),) = webhooks.claim(1, LEASE)
    before = found(payments)

    acts: list[Callable[[], object]] = [
        lambda: settle(payments, finished=Finished(frozen)),
        lambda: payments.step("pay-1", Status.FAILED, {}, FAILED, [receipt("x")], Finished(frozen)),
        lambda: payments.note("pay-1", FAILED, {"message": "late"}, [receipt("x")], Finished(frozen)),
    ]
    for act in acts:
        with pytest.raises(LeaseLost):
            act()

    assert found(payments) == before
    assert kinds(payments) == ["opened"]
    assert messages.list_page(None, 10).items == []
    assert handovers.get_by_reference("pay-1") is None

    finished = Finished(awake, event="charge.success", reference="pay-1")
    assert settle(payments, finished=finished) is Outcome.TAKEN
    done = webhooks.get(event.id)
    assert done is not None
    assert (done.state, done.event, done.reference, done.finished_at) == (
        "done",
        "charge.success",
        "pay-1",
        clock.now(),
    )


def test_where_one_part_cannot_be_kept_nothing_is(
    payments: PaymentRecords, handovers: HandoverRecords, webhooks: WebhookRecords
) -> None:
    payments.open(payment(), OPENED)
    before = found(payments)
    unkeepable = Message("receipt.pay-1", "receipt", "ada@example.com", {"amount": float("nan")})

    with pytest.raises(StatementError):
        payments.settle("pay-1", PAID, SETTLED, unkeepable)

    assert found(payments) == before
    assert kinds(payments) == ["opened"]
    assert settle(payments) is Outcome.TAKEN


def test_a_payment_we_do_not_know_is_not_found(payments: PaymentRecords) -> None:
    with pytest.raises(NotFound):
        settle(payments, "pay-unknown")
    with pytest.raises(NotFound):
        payments.step("pay-unknown", Status.FAILED, {}, FAILED)
    assert payments.get("pay-unknown") is None
    assert payments.list_timeline("pay-unknown") == []
