"""Every legal step of ``payments.model.LEGAL_STEPS`` is taken, and no other: all 49 pairs."""

from itertools import product

from flask_paystack.mail.model import Message
from flask_paystack.payments.model import LEGAL_STEPS, Entry, Status
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.payments import Outcome, PaymentRecords
from tests.clock import START, ManualClock
from tests.records import OPENED, found, kinds, payment, settle

STEP = Entry("poller", "stepped", "It took a step.")
HAVE_SETTLED = {Status.SUCCESS, Status.REVERSAL_PENDING, Status.REVERSED}


def keep(payments: PaymentRecords, reference: str, status: Status, *, settled: bool) -> None:
    payments.open(payment(reference, status=status, settled_at=START if settled else None), OPENED)


def test_every_legal_step_is_taken_and_every_other_refused(
    payments: PaymentRecords, messages: MessageRecords, clock: ManualClock
) -> None:
    pairs = list(product(Status, Status))
    assert len(pairs) == 49
    for before, after in pairs:
        reference = f"{before}-{after}"
        keep(payments, reference, before, settled=before in HAVE_SETTLED)
        kept = found(payments, reference)
        clock.advance(1)

        if after is Status.SUCCESS and before not in HAVE_SETTLED:
            outcome = settle(payments, reference)
        else:
            notice = Message(f"notice.{reference}", "notice", "ada@example.com", {}, reference)
            outcome = payments.step(reference, after, {"message": "Stepped."}, STEP, [notice])

        told = (reference, outcome)
        queued = len(messages.list_page(None, 10, reference=reference).items)
        if after in LEGAL_STEPS[before]:
            assert told == (reference, Outcome.TAKEN)
            assert found(payments, reference).status is after
            assert found(payments, reference).updated_at == clock.now()
            assert len(kinds(payments, reference)) == 2
            assert queued == 1
        else:
            assert told == (reference, Outcome.NOT_LEGAL)
            assert found(payments, reference) == kept
            assert kinds(payments, reference) == ["opened"]
            assert queued == 0


def test_nothing_becomes_a_success_by_a_step_without_having_settled(payments: PaymentRecords) -> None:
    for before in Status:
        keep(payments, f"{before}", before, settled=False)
        assert payments.step(f"{before}", Status.SUCCESS, {}, STEP) is Outcome.NOT_LEGAL
        assert found(payments, f"{before}").status is before


def test_what_has_settled_never_settles_again_in_whatever_state(
    payments: PaymentRecords, handovers: HandoverRecords
) -> None:
    for before in Status:
        keep(payments, f"{before}", before, settled=True)
        assert settle(payments, f"{before}") is Outcome.NOT_LEGAL
        assert handovers.get_by_reference(f"{before}") is None


def test_a_refund_that_failed_goes_back_to_success_and_grants_nothing(
    payments: PaymentRecords, messages: MessageRecords, handovers: HandoverRecords, clock: ManualClock
) -> None:
    payments.open(payment(), OPENED)
    settle(payments)
    settled_at = found(payments).settled_at
    handover = handovers.get_by_reference("pay-1")
    clock.advance(60)
    payments.step("pay-1", Status.REVERSAL_PENDING, {}, STEP)
    assert payments.step("pay-1", Status.SUCCESS, {}, STEP) is Outcome.TAKEN

    assert found(payments).settled_at == settled_at
    assert handovers.get_by_reference("pay-1") == handover
    assert len(messages.list_page(None, 10).items) == 1
