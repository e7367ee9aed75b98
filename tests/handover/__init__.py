"""What the hand-over's tests share."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_paystack.handover.model import Handover
from flask_paystack.handover.receivers import NotAccepted
from flask_paystack.handover.service import HandoverService
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Entry, Payment, Status
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.payments import Outcome, PaymentRecords
from tests.clock import ManualClock

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def settle(payments: PaymentRecords, clock: ManualClock, reference: str = "pay-1") -> None:
    """Open a payment of Ada's and settle it."""
    now = clock.now()
    payments.open(
        Payment(
            reference=reference,
            order=reference,
            product="womaye-gsp",
            email="ada@example.com",
            amount=500000,
            currency="NGN",
            status=Status.PENDING,
            created_at=now,
            updated_at=now,
            metadata={"seat": 7, "name": "Adá \ud800\x00"},
        ),
        Entry("customer", "opened", "Opened."),
    )
    outcome = payments.settle(
        reference,
        {"channel": "card", "paid_at": now, "paid_amount": 500000},
        Entry("webhook 1", "settled", "Paid."),
        Message(f"receipt.{reference}", "receipt", "ada@example.com", {}, reference),
    )
    assert outcome is Outcome.TAKEN


class Told:
    """A receiver that notes what it is told, and says no as often as it is bidden."""

    def __init__(self, name: str, refusals: int = 0, act: Callable[[], object] = lambda: None) -> None:
        self.name = name
        self.refusals = refusals
        self.act = act
        self.ids: list[str] = []

    def deliver(self, handover: Handover, facts: Mapping[str, Any]) -> None:
        self.ids.append(handover.id)
        self.act()
        if len(self.ids) <= self.refusals:
            raise NotAccepted("Not today.")


def found(records: HandoverRecords, reference: str = "pay-1") -> Handover:
    """The hand-over as it is kept."""
    handover = records.get_by_reference(reference)
    assert handover is not None
    return handover


def try_until_it_ends(service: HandoverService, records: HandoverRecords, clock: ManualClock) -> None:
    """Deliver whenever the next try is due."""
    while found(records).state == "waiting":
        clock.advance((found(records).next_attempt_at - clock.now()).total_seconds())
        assert service.deliver_due() == 1
