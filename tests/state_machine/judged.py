"""What holds after each step, and in the end: the machine without its rules."""

import random
from collections import Counter
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from flask_paystack.payments.model import Status, is_legal
from paystack_simulator.deliveries import Delivery
from tests.shop import Shop
from tests.state_machine import books, model
from tests.state_machine.model import Attempt
from tests.state_machine.stage import Stage

JOBS = ("processEvents", "pollPayments", "noticeFailures", "retryCharges", "followRefunds", "handOver")
MINUTE, HOUR, DAY = 60, 3600, 86400
PAUSES = (61, 61, 61, 10 * MINUTE, 20 * MINUTE, HOUR, DAY, 2 * DAY, HOUR, MINUTE)
"""How the end passes: every refund takes its steps, every lease ends, every card is tried again as often as it is."""
ROUND = ("processEvents", "pollPayments", "followRefunds", "handOver")
AFTER_IT = ("processEvents", "noticeFailures", "retryCharges", "handOver")
"""A little later, as both rounds ask Paystack, and about one payment nobody asks twice within three seconds."""


class Judged(RuleBasedStateMachine):
    """Holds what is there against the model."""

    stage: ClassVar[Stage]
    counted: ClassVar[Counter[str]]

    @property
    def shop(self) -> Shop:
        """Whichever process lives."""
        return self.stage.shop

    def begin_anew(self, ending: str, seed: int) -> None:
        """Empty tables, and how it will end: whether what waits is ``delivered``, or we have to catch up by ourselves."""
        self.stage.begin_anew()
        self.attempts: dict[str, Attempt] = {}
        self.delivered: set[int] = set()
        self.notices = self.steps_seen = 0
        self.ending, self.dice = ending, random.Random(seed)
        self.counted["stories"] += 1

    def pass_time(self, seconds: float) -> None:
        """Move the one clock; Paystack's refunds take their steps."""
        self.shop.advance(seconds)
        self.shop.simulator.settle_due()

    def work(self, *jobs: str) -> None:
        """Run jobs; a process that dies of one has its successor run the next."""
        for job in jobs:
            self.stage.attempt(lambda job=job: self.shop.run(job))  # type: ignore[misc]

    def waiting(self) -> list[Delivery]:
        """The webhooks that were not brought yet, oldest first."""
        return [each for each in self.shop.simulator.webhooks.snapshot() if each.id not in self.delivered]

    def hand_in(self, delivery: Delivery) -> None:
        """Bring one webhook to our door."""
        if self.stage.attempt(lambda: self.answers(self.shop.post_webhook(delivery.body), 200)):
            self.delivered.add(delivery.id)

    def answers(self, answer: Any, *statuses: int) -> None:
        """Expect one of ``statuses``."""
        self.is_sound = answer.status_code in statuses
        assert self.is_sound, f"{answer.request.path}: {answer.status_code} {answer.text}"

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
            for sentence in model.wrong_now(each, told[each.reference], undisturbed=not self.stage.deaths)
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
            self.pass_time(pause)
            if self.ending == "delivered":
                self.hand_in_rest()
            for jobs in (("catchUp", *ROUND) if pause >= HOUR else ROUND, AFTER_IT):
                self.work(*jobs)
                self.pass_time(5)
            self.all_is_as_it_must_be()
        self._compare()

    def hand_in_rest(self) -> None:
        """Bring everything that was not brought yet, in an order that the seed decides."""
        rest = self.waiting()
        self.dice.shuffle(rest)
        for each in rest:
            self.hand_in(each)

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
