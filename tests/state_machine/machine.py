"""What may happen to payments, in any order; after each step, and in the end, all must be as the model says."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from flask_paystack.payments.model import Status
from paystack_simulator.errors import Refused
from paystack_simulator.model import Refund, RefundStatus, Transaction
from tests.state_machine.judged import DAY, HOUR, JOBS, MINUTE, Judged
from tests.state_machine.model import Attempt

ORDERS = ("of-ada-1", "of-ada-2", "of-ben")
WAYS = (
    "success",
    "success",
    "declined",
    "insufficient-funds",
    "wrong-pin",
    "left",
    "fees",
    "underpaid",
    "other-currency",
)
SILENT = ("500", "hang", "reset", "half-json", "timeout-after-commit", "reset-after-commit", "500-after-commit")
TROUBLES = [
    *(("initialize", mode) for mode in (*SILENT, "webhook-first")),
    *(("verify", mode) for mode in SILENT[:4]),
    *(("create_refund", mode) for mode in SILENT),
    *(("charge_authorization", mode) for mode in (*SILENT, "webhook-first", "declined", "paused")),
]
number = st.integers(0, 11)
share = st.sampled_from([None, None, 100_000, 250_000, 400_000])
ends = st.sampled_from(["processed", "processed", "failed", "needs-attention"])


class Payments(Judged):
    """Customers, operators, Paystack, a courier, time, and crashes."""

    @initialize(
        has_card=st.booleans(),
        orders=st.integers(0, 3),
        lost=st.sampled_from([None, *ORDERS]),
        ending=st.sampled_from(["delivered", "caught up"]),
        seed=st.integers(0, 99),
    )
    def begin(self, has_card: bool, orders: int, lost: str | None, ending: str, seed: int) -> None:
        """Some orders are open; of one the first page is lost, and it has another. Ada may have left a card before."""
        self.begin_anew(ending, seed)
        if has_card:
            self.open("of-ada-0")
            self.all_is_as_it_must_be()
            self.pay(0, "success")
            self.deliver(0, again=False)
            self.work("processEvents")
        for order in ORDERS[:orders]:
            self.open(order, lost=order == lost)
        if lost:
            self.open(lost)

    def _any(self, which: int) -> Attempt | None:
        known = list(self.attempts.values())
        return known[which % len(known)] if known else None

    def _there(self, which: int) -> Transaction | None:
        attempt = self._any(which)
        return self.shop.simulator.world.find(attempt.reference) if attempt else None

    # What customers do.

    @rule(order=st.sampled_from(ORDERS), lost=st.booleans())
    def open(self, order: str, lost: bool = False) -> None:
        """The answer may be ``lost``: then the page is open at Paystack, and the order can have another."""
        if lost:
            self.shop.simulator.faults.add("initialize", "timeout-after-commit")
        is_ada = order != "of-ben"
        more = {"save_card": True, "headers": self.stage.ada} if is_ada else {"email": "ben@example.org"}
        self.stage.attempt(lambda: self.answers(self.shop.pay(order=order, **more), 201, 409, 503))

    @rule(which=number, way=st.sampled_from(WAYS))
    def pay(self, which: int, way: str) -> None:
        there = self._there(which)
        if there is None or there.paid or there.status == "failed":
            return
        if way == "left":
            self.shop.simulator.charging.give_up_attempt(there)
            return
        there.overrides.amount = {"fees": there.requested_amount + 7500, "underpaid": 1000}.get(way)
        there.overrides.currency = "GHS" if way == "other-currency" else None
        if way == "wrong-pin":
            self.shop.customer_pays(there.reference, "pin", pin="0000")
        else:
            card = way if way in {"declined", "insufficient-funds"} else "success"
            self.shop.customer_pays(there.reference, card)

    @rule(which=number)
    def look(self, which: int) -> None:
        if attempt := self._any(which):
            path = f"/pay/verify/{attempt.reference}"
            self.stage.attempt(lambda: self.answers(self.shop.client.get(path), 200, 503))

    @rule(which=number)
    def follow_link(self, which: int) -> None:
        if attempt := self._any(which):
            token = self.shop.ours.wiring.retry_tokens.make(attempt.reference)
            json = {"Accept": "application/json"}
            path = f"/pay/retry/{token}"
            self.stage.attempt(lambda: self.answers(self.shop.client.post(path, headers=json), 201, 400, 409, 503))

    @precondition(lambda self: bool(self.attempts))
    @rule(which=number)
    def fail_for_good(self, which: int) -> None:
        """The bank says no, nothing else happens for 20 minutes, and the customer is told."""
        self.pay(which, "insufficient-funds")
        for _ in range(4):
            self.pass_time(5 * MINUTE)
            self.work("pollPayments")
            self.pass_time(5)
            self.work("noticeFailures")

    # What Paystack and its courier do.

    @rule(which=number, again=st.booleans())
    def deliver(self, which: int, again: bool) -> None:
        sent = self.shop.simulator.webhooks.snapshot() if again else self.waiting()
        if sent:
            self.hand_in(sent[which % len(sent)])

    @rule(which=number, amount=share, end=ends)
    def refund_at_paystack(self, which: int, amount: int | None, end: str) -> None:
        """Somebody presses the dashboard's button."""
        there = self._there(which)
        if there is None:
            return
        self.shop.simulator.faults.add("refund", end)
        try:
            with self.shop.simulator.world.lock:
                self.shop.simulator.refunds.create(there, amount, None, None, None)
        except Refused:
            self.shop.simulator.faults.clear()

    @rule(which=number, amount=share, end=ends)
    def hear_backwards(self, which: int, amount: int | None, end: str) -> None:
        """A payment is made and given back, and its events come newest first, each worked on before the next."""
        self.pay(which, "success")
        self.refund_at_paystack(which, amount, end)
        self.pass_time(MINUTE)
        for each in reversed(self.waiting()):
            self.hand_in(each)
            self.pass_time(5)
            self.work("processEvents")

    @rule(which=number)
    def give_bank_details(self, which: int) -> None:
        """A refund that needs attention gets it."""
        waiting = [each for each in self._refunds() if each.status is RefundStatus.NEEDS_ATTENTION]
        if waiting:
            self.shop.simulator.refunds.retry_with_customer_details(waiting[which % len(waiting)])

    def _refunds(self) -> list[Refund]:
        return [refund for there in self.shop.simulator.world.all_transactions() for refund in there.refunds]

    @rule(trouble=st.sampled_from(TROUBLES))
    def make_trouble(self, trouble: tuple[str, str]) -> None:
        self.shop.simulator.faults.add(*trouble)

    @rule(reason=st.sampled_from([None, "Insufficient Funds", "Stolen card"]))
    def change_cards(self, reason: str | None) -> None:
        """What the bank will say to saved cards."""
        for integration in self.shop.simulator.world.integrations.values():
            for card in integration.authorizations.values():
                card.declines = reason

    # What operators do.

    @rule(which=number, amount=share, end=ends)
    def refund(self, which: int, amount: int | None, end: str) -> None:
        if attempt := self._any(which):
            self.shop.simulator.faults.add("refund", end)
            self._operate(attempt, "refund", {} if amount is None else {"amount": amount})
            self.shop.simulator.faults.clear()

    @rule(which=number)
    def accept(self, which: int) -> None:
        attempt = self._any(which)
        if attempt and self.stage.books.told()[attempt.reference].status == Status.QUARANTINED:
            attempt.is_accepted = True
            self._operate(attempt, "accept", {})

    def _operate(self, attempt: Attempt, act: str, body: dict[str, Any]) -> None:
        session = {"X-Session-Token": self.shop.ours.services.sessions.open("admin1")}
        path = f"/admin/payments/{attempt.reference}/{act}"
        post = self.shop.client.post
        self.stage.attempt(lambda: self.answers(post(path, json=body, headers=session), 200, 400, 409, 502, 503))

    # What time, the jobs and crashes do.

    @rule(seconds=st.sampled_from([4, MINUTE, 16 * MINUTE, HOUR, DAY]))
    def wait(self, seconds: int) -> None:
        self.pass_time(seconds)

    @rule(job=st.sampled_from([*JOBS, "processEvents", "processEvents", "pollPayments", "catchUp"]))
    def run(self, job: str) -> None:
        self.work(job)

    @rule()
    def let_an_hour_pass(self) -> None:
        """Every job makes its round."""
        self.pass_time(HOUR)
        self.work(*JOBS)

    @rule(instants=st.integers(0, 12))
    def doom(self, instants: int) -> None:
        """The process will die within what it does next."""
        self.stage.mortal.doom(instants)
        self.counted["crashes"] += 1

    @precondition(lambda self: bool(self.attempts))
    @rule(which=number, by=st.sampled_from(["event", "poller", "customer"]), instants=st.integers(0, 6))
    def die_while_learning(self, which: int, by: str, instants: int) -> None:
        """A payment is made, and the process dies, or nearly so, while it hears of it."""
        self.pay(which, "success")
        self.pass_time(MINUTE)
        if by == "event":
            self.hand_in_rest()
        self.doom(instants)
        match by:
            case "event":
                self.work("processEvents")
            case "poller":
                self.work("pollPayments")
            case _:
                self.look(which)
