"""What may happen to payments, in any order; after each step, and in the end, all must be as the model says."""

import random
from collections import Counter
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from flask_paystack.payments.model import Status, is_legal
from paystack_simulator.errors import Refused
from paystack_simulator.model import Refund, RefundStatus, Transaction
from tests.shop import Shop
from tests.state_machine import books, model
from tests.state_machine.model import Attempt
from tests.state_machine.stage import Stage

ORDERS = ("of-ada-1", "of-ada-2", "of-ben")
JOBS = ("processEvents", "pollPayments", "noticeFailures", "retryCharges", "followRefunds", "handOver")
MINUTE, HOUR, DAY = 60, 3600, 86400
PAUSES = (61, 61, 61, 10 * MINUTE, 20 * MINUTE, HOUR, DAY, 2 * DAY, HOUR, MINUTE)
"""How the end passes: every refund takes its steps, every lease ends, every card is tried again as often as it is."""
ROUND = ("processEvents", "pollPayments", "followRefunds", "handOver")
AFTER_IT = ("processEvents", "noticeFailures", "retryCharges", "handOver")
"""A little later, as both rounds ask Paystack, and about one payment nobody asks twice within three seconds."""

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


class Payments(RuleBasedStateMachine):
    """Customers, operators, Paystack, a courier, time, and crashes."""

    stage: ClassVar[Stage]
    counted: ClassVar[Counter[str]]

    @property
    def shop(self) -> Shop:
        """Whichever process lives."""
        return self.stage.shop

    @initialize(
        has_card=st.booleans(),
        orders=st.integers(0, 3),
        lost=st.sampled_from([None, *ORDERS]),
        ending=st.sampled_from(["delivered", "caught up"]),
        seed=st.integers(0, 99),
    )
    def begin(self, has_card: bool, orders: int, lost: str | None, ending: str, seed: int) -> None:
        """Some orders are open; of one the first page is lost, and it has another. Ada may have left a card before."""
        self.stage.begin_anew()
        self.attempts: dict[str, Attempt] = {}
        self.delivered: set[int] = set()
        self.notices = self.steps_seen = 0
        self.ending, self.dice = ending, random.Random(seed)
        self.counted["stories"] += 1
        if has_card:
            self.open("of-ada-0")
            self.all_is_as_it_must_be()
            self.pay(0, "success")
            self.deliver(0, again=False)
            self.run("processEvents")
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
        self.stage.attempt(lambda: self._answers(self.shop.pay(order=order, **more), 201, 409, 503))

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
            self.stage.attempt(lambda: self._answers(self.shop.client.get(path), 200, 503))

    @rule(which=number)
    def follow_link(self, which: int) -> None:
        if attempt := self._any(which):
            token = self.shop.ours.wiring.retry_tokens.make(attempt.reference)
            json = {"Accept": "application/json"}
            path = f"/pay/retry/{token}"
            self.stage.attempt(lambda: self._answers(self.shop.client.post(path, headers=json), 201, 400, 409, 503))

    @precondition(lambda self: bool(self.attempts))
    @rule(which=number)
    def fail_for_good(self, which: int) -> None:
        """The bank says no, nothing else happens for 20 minutes, and the customer is told."""
        self.pay(which, "insufficient-funds")
        for _ in range(4):
            self.wait(5 * MINUTE)
            self.run("pollPayments")
            self.wait(5)
            self.run("noticeFailures")

    # What Paystack and its courier do.

    @rule(which=number, again=st.booleans())
    def deliver(self, which: int, again: bool) -> None:
        sent = [each for each in self.shop.simulator.webhooks.snapshot() if again or each.id not in self.delivered]
        if sent:
            self._deliver(sent[which % len(sent)])

    def _deliver(self, delivery: Any) -> None:
        body: bytes = delivery.body
        if self.stage.attempt(lambda: self._answers(self.shop.post_webhook(body), 200)):
            self.delivered.add(delivery.id)

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
        self.stage.attempt(lambda: self._answers(post(path, json=body, headers=session), 200, 400, 409, 502, 503))

    # What time, the jobs and crashes do.

    @rule(seconds=st.sampled_from([4, MINUTE, 16 * MINUTE, HOUR, DAY]))
    def wait(self, seconds: int) -> None:
        self.shop.advance(seconds)
        self.shop.simulator.settle_due()

    @rule()
    def let_an_hour_pass(self) -> None:
        """Every job makes its round."""
        self.wait(HOUR)
        for job in JOBS:
            self.run(job)

    @rule(job=st.sampled_from([*JOBS, "processEvents", "processEvents", "pollPayments", "catchUp"]))
    def run(self, job: str) -> None:
        self.stage.attempt(lambda: self.shop.run(job))

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
        self.wait(MINUTE)
        if by == "event":
            self._deliver_rest()
        self.doom(instants)
        match by:
            case "event":
                self.run("processEvents")
            case "poller":
                self.run("pollPayments")
            case _:
                self.look(which)

    # What must hold.

    @staticmethod
    def _answers(answer: Any, *statuses: int) -> None:
        assert answer.status_code in statuses, f"{answer.request.path}: {answer.status_code} {answer.text}"

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        if not hasattr(self, "attempts"):
            return
        self.is_sound = False
        self.counted["steps"] += 1
        self._learn()
        told = self.stage.books.told()
        notices = sum(each.notices for each in told.values())
        wrong = [
            f"{each.reference}: {sentence}"
            for each in self.attempts.values()
            for sentence in model.wrong_now(each, told[each.reference])
        ]
        assert not wrong, wrong
        self._check_steps()
        self._check_merchant()
        if notices > self.notices:
            self.notices = notices
            late = [each for each in told.values() if each.notices and each.status in model.KEPT]
            assert all(self.attempts[each.reference].paid for each in late)
        self.is_sound = True

    def _learn(self) -> None:
        """Take in what was opened, and what the bank did since."""
        world = self.shop.simulator.world
        opened = self.stage.books.opened()
        new = [each for each in opened if each.reference not in self.attempts]
        for each in new:
            others = [other for other in self.attempts.values() if other.order == each.order]
            paid = [other.reference for other in others if other.paid is not None]
            assert not (each.by_us and paid), f"{each.order}: a saved card was charged, and {paid} had been paid"
            assert not each.by_us or sum(other.by_us for other in others) < 3, f"{each.order}: a fourth try"
            self.attempts[each.reference] = Attempt(each.reference, each.order, each.amount, each.currency, each.by_us)
        unknown = {each.reference for each in world.all_transactions()} - set(self.attempts)
        assert not unknown, f"{unknown} were opened at Paystack, and nothing is known of them here"
        for attempt in self.attempts.values():
            books.take_in(attempt, world.find(attempt.reference))

    def _check_steps(self) -> None:
        """Each step is legal, and no two settled payments hold an order at once."""
        steps = self.stage.books.steps()
        if len(steps) == self.steps_seen:
            return
        self.steps_seen = len(steps)
        holding: dict[str, set[str]] = {}
        for step in steps:
            assert is_legal(Status(step.before), Status(step.after)), f"an illegal step: {step}"
            holders = holding.setdefault(step.order, set())
            if step.after == Status.REVERSED:
                holders.discard(step.reference)
            elif step.settled:
                holders.add(step.reference)
            assert len(holders) <= 1, f"{step.order} is held by {holders}"

    def _check_merchant(self) -> None:
        for reference, ids in self.stage.merchant.items():
            assert len(ids) == 1, f"the merchant was told of {reference} by {ids}"

    def teardown(self) -> None:
        """Paystack behaves from now on, and time passes until everybody has heard of everything."""
        if not self.is_sound:
            return
        self.stage.mortal.spare()
        self.shop.simulator.faults.clear()
        for pause in PAUSES:
            self.wait(pause)
            if self.ending == "delivered":
                self._deliver_rest()
            for jobs in (("catchUp", *ROUND) if pause >= HOUR else ROUND, AFTER_IT):
                for job in jobs:
                    self.run(job)
                self.wait(5)
            self.all_is_as_it_must_be()
        self._compare()

    def _deliver_rest(self) -> None:
        rest = [each for each in self.shop.simulator.webhooks.snapshot() if each.id not in self.delivered]
        self.dice.shuffle(rest)
        for each in rest:
            self._deliver(each)

    def _compare(self) -> None:
        """Both sides tell the same of every payment, and every order that was paid settled."""
        told = self.stage.books.told()
        aside = {each.reference for each in self.stage.books.steps() if _is_set_aside(each)}
        wrong = [
            f"{each.reference}: {sentence}"
            for each in self.attempts.values()
            for sentence in model.wrong_in_the_end(each, told[each.reference], was_set_aside=each.reference in aside)
        ]
        settled = {each.reference for each in told.values() if each.settled}
        wrong += model.unpaid_though_paid(self.attempts.values(), settled)
        wrong += [f"{each}: the merchant was never told" for each in settled - set(self.stage.merchant)]
        assert not wrong, wrong
        assert self.stage.books.waiting_events() == 0
        self.counted["payments"] += len(self.attempts)
        self.counted["settled"] += len(settled)
        self.counted["refunds"] += sum(len(each.refunds) for each in self.attempts.values())


def _is_set_aside(step: books.Step) -> bool:
    """By money that does not fit; not by refunds that came to nothing."""
    return step.after == Status.QUARANTINED and step.before != Status.REVERSAL_PENDING
