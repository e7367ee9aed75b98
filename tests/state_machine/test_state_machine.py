"""A small share of ``python -m tests.faults state-machine``, and every order that the events of a refund can come in."""

import itertools
from collections.abc import Iterator, Sequence

import pytest

from flask_paystack.payments.model import Status, is_legal
from paystack_simulator.deliveries import Delivery
from paystack_simulator.model import RefundStatus
from tests.faults import silence, state_machine
from tests.faults.moved_time import count_settled, kept
from tests.state_machine.broken import CONTROLS
from tests.state_machine.running import play
from tests.state_machine.stage import Stage, stage

PATHS = {
    "processed": ("charge.success", "refund.pending", "refund.processing", "refund.processed"),
    "failed": ("charge.success", "refund.pending", "refund.processing", "refund.failed"),
    "needs-attention": ("charge.success", "refund.pending", "refund.processing", "refund.needs-attention"),
}
THERE = {"success": Status.SUCCESS, "reversal-pending": Status.REVERSAL_PENDING, "reversed": Status.REVERSED}


def test_payments_are_as_a_model_of_them_after_every_step() -> None:
    happened = play(runs=20, number=1)
    assert happened["settled"] > 0
    assert happened["crashes"] > 0


@pytest.mark.parametrize("control", sorted(CONTROLS))
def test_control_what_looks_right_and_is_not_is_found(control: str) -> None:
    outcome = state_machine.drive(runs=60, seed=1, control=control)
    assert not outcome.ok
    assert outcome.numbers["differences"] == 1


@pytest.fixture(scope="module")
def played() -> Iterator[Stage]:
    with silence(), stage() as opened:
        yield opened


@pytest.mark.parametrize("in_time", [0, 1, 2, 3])
@pytest.mark.parametrize("end", sorted(PATHS))
def test_in_whatever_order_its_events_come_a_refund_ends_as_it_does_at_paystack(
    played: Stage, end: str, in_time: int
) -> None:
    """The first ``in_time`` events come as they happen, the others afterwards, in every order."""
    for order in itertools.permutations(PATHS[end][in_time:]):
        reference = _refund(played, end, PATHS[end][:in_time], order)
        assert _differences(played, reference) == [], order


def test_control_events_believed_as_they_come_end_apart_from_paystack() -> None:
    with silence(), stage(CONTROLS["as-they-come"]) as broken:
        names = PATHS["processed"]
        orders = list(itertools.permutations(names[1:]))
        found = [_differences(broken, _refund(broken, "processed", names[:1], order)) for order in orders]
    assert [order[-1] == "refund.processed" for order in orders] == [not each for each in found]


def test_a_late_success_neither_settles_nor_undoes_a_payment_that_was_reversed(played: Stage) -> None:
    """The refund was heard of first: nothing is granted for money that went back."""
    names = PATHS["processed"]
    reference = _refund(played, "processed", (), (*names[1:], names[0]))
    assert kept(played.shop, reference).status is Status.REVERSED
    assert count_settled(played.shop, reference) == 0
    assert played.merchant == {}


def _refund(stage: Stage, end: str, in_time: Sequence[str], late: Sequence[str]) -> str:
    """A payment, paid and given back in full at Paystack's dashboard, of which events tell in that order."""
    stage.begin_anew()
    shop, simulator = stage.shop, stage.shop.simulator
    reference = shop.open_payment()
    shop.customer_pays(reference)
    simulator.faults.add("refund", end)
    transaction = simulator.world.find(reference)
    assert transaction is not None
    _hear(stage, [each for each in in_time if each == "charge.success"])
    with simulator.world.lock:
        refund = simulator.refunds.create(transaction, None, None, None, None)
    for _ in range(3):
        name = f"refund.{refund.status}"
        _hear(stage, [each for each in in_time if each == name])
        shop.advance(60)
        simulator.settle_due()
    assert refund.status is RefundStatus(end)
    _hear(stage, late)
    shop.run("handOver")
    return reference


def _hear(stage: Stage, names: Sequence[str]) -> None:
    for name in names:
        [event] = [each for each in stage.shop.simulator.webhooks.snapshot() if each.event == name]
        _take_in(stage, event)


def _take_in(stage: Stage, event: Delivery) -> None:
    assert stage.shop.post_webhook(event.body).status_code == 200
    for _ in range(2):  # where somebody asked Paystack just now, it waits for its turn
        stage.shop.run("processEvents")
        stage.shop.advance(3)


def _differences(stage: Stage, reference: str) -> list[str]:
    transaction = stage.shop.simulator.world.find(reference)
    assert transaction is not None
    payment = kept(stage.shop, reference)
    found = [str(each) for each in stage.books.steps() if not is_legal(Status(each.before), Status(each.after))]
    if payment.status is not THERE[transaction.status]:
        found.append(f"{payment.status} here, {transaction.status} there")
    told = stage.books.told()[reference]
    if not told.settled == told.receipts == told.handovers <= 1:
        found.append(str(told))
    return found
