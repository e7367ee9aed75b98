"""What must be, from what was done: the whole of it in plain Python, to hold the backend against."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

OPERATORS = 2
KEPT = {"success", "quarantined", "reversal-pending", "reversed"}
"""States that say money came."""


@dataclass
class Attempt:
    """One payment of an order, by what was done about it: at the bank, and by operators."""

    reference: str
    order: str
    due: int
    currency: str
    by_us: bool
    """Whether we tried it by ourselves, with a saved card."""
    is_dead: bool = False
    """Paystack says that it failed: it cannot be paid any more."""
    paid: int | None = None
    paid_as_asked: bool = False
    """In the currency and for the amount that were asked for, or more, as when the customer bears the fees."""
    is_accepted: bool = False
    """An operator took the money as it is."""
    refunds: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    """Amount and status of each, by Paystack's id."""

    @property
    def may_settle(self) -> bool:
        """Whether anything could make this a payment of its order."""
        return self.paid is not None and (self.paid_as_asked or self.is_accepted)

    def refunded(self, *statuses: str) -> int:
        """The sum of the refunds in these states."""
        return sum(amount for amount, status in self.refunds.values() if status in statuses)

    @property
    def given_back(self) -> int:
        return self.refunded("processed")

    @property
    def going_back(self) -> int:
        return self.refunded("processed", "pending", "processing", "needs-attention")

    def endings(self, *, is_settled: bool) -> set[str]:
        """Where it may stand once everybody has heard of everything."""
        if self.paid is None:
            return {"failed"} if self.is_dead else {"pending", "abandoned"}
        if self.given_back >= self.paid:
            return {"reversed"}
        if self.going_back >= self.paid:
            return {"reversal-pending"}
        return {"success"} if is_settled else {"quarantined"}


@dataclass(frozen=True)
class Told:
    """What the backend made of a payment."""

    reference: str
    order: str
    status: str
    settled: int
    """How often."""
    receipts: int
    handovers: int
    notices: int
    """Letters to the customer that it failed."""
    warnings: int
    """Mails to operators that it is set aside."""
    taken_back: int
    """The sum of the refunds that Paystack took on."""
    processed: int


def wrong_now(attempt: Attempt, told: Told) -> Iterable[str]:
    """What must not be at any instant, whatever has not been heard yet."""
    if not told.settled == told.receipts == told.handovers <= 1:
        yield f"settled {told.settled} times, with {told.receipts} receipts and {told.handovers} hand-overs"
    if told.settled and not attempt.may_settle:
        yield f"settled, and {attempt.paid} of {attempt.due} was paid"
    if told.status in KEPT and attempt.paid is None:
        yield f"{told.status}, and nobody paid it"
    if told.taken_back > (attempt.paid or 0):
        yield f"{told.taken_back} of {attempt.paid} given back"
    if told.notices > 1:
        yield f"the customer was told {told.notices} times that it failed"
    if told.warnings > OPERATORS:
        yield f"operators were told {told.warnings} times"


def wrong_in_the_end(attempt: Attempt, told: Told, *, was_set_aside: bool) -> Iterable[str]:
    """What must not be once everything was delivered and asked about."""
    endings = attempt.endings(is_settled=told.settled > 0)
    if told.status not in endings:
        yield f"{told.status}, and must be {' or '.join(sorted(endings))}: {attempt}"
    if told.status in KEPT and told.processed != attempt.given_back:
        yield f"{told.processed} was given back here, {attempt.given_back} there"
    if was_set_aside and told.warnings != OPERATORS:
        yield f"set aside, and {told.warnings} operators were told"


def unpaid_though_paid(attempts: Iterable[Attempt], settled: set[str]) -> Iterable[str]:
    """Orders of which some payment was right and was kept, and that nothing settled."""
    orders: dict[str, list[Attempt]] = {}
    for each in attempts:
        orders.setdefault(each.order, []).append(each)
    for order, tries in orders.items():
        right = [each for each in tries if each.paid_as_asked and each.going_back < (each.paid or 0)]
        if right and not any(each.reference in settled for each in tries):
            yield f"{order} is paid by {right[0].reference}, and was not settled"
