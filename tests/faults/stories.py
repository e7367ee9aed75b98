"""Seeded stories of customers, cards, faults and moved time end with Paystack and the backend agreeing on every payment.

A story that fails is told again by ``--seed`` and ``--stories 1``. In the control every webhook is lost and nobody asks, so
that the two must end apart.
"""

import argparse
import logging
import random
from collections import Counter

from flask_paystack.payments.model import Payment, Status
from paystack_simulator.model import Transaction
from tests.faults import Outcome
from tests.faults.moved_time import count_messages, kept, shop_of_moved_time
from tests.faults.parallel import each_in_a_process, share
from tests.shop import Shop

CONTROLS = ("deaf",)
CARDS = ("success", "success", "pin", "declined", "insufficient-funds", "3ds", "refund-fails", "ussd")
RATES = {"*": 0.08, "webhook": 0.3, "payment": 0.1, "refund": 0.3}
QUEUES = ("processEvents", "handOver")
ROUNDS = ("pollPayments", "noticeFailures", "followRefunds")
PAID = {Status.SUCCESS, Status.REVERSAL_PENDING, Status.REVERSED}
MINUTE, HOUR = 60, 3600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--stories", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first story; each next one counts up")
    parser.add_argument("--processes", type=int, default=1, help="that share the stories")
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return tell(options.stories, options.seed, options.control, options.processes)


def tell(stories: int, seed: int, control: str | None = None, processes: int = 1) -> Outcome:
    """Tell so many stories, shared by so many processes."""
    payments, faults = 0, 0
    differences: list[str] = []
    shares = [(size, first, control) for size, first in share(stories, processes, seed)]
    for more_payments, more_faults, found in each_in_a_process(_tell, shares):
        payments += more_payments
        faults += more_faults
        differences += found
    numbers: dict[str, object] = {
        "stories": stories,
        "payments": payments,
        "faults": faults,
        "differences": len(differences),
    }
    if differences:
        numbers["first"] = repr(differences[0])
    return Outcome(not differences and payments > 0 and faults > 0, numbers)


def _tell(stories: int, seed: int, control: str | None) -> tuple[int, int, list[str]]:
    """In one shop, each on empty tables: how many payments and faults there were, and every difference."""
    payments, faults = 0, 0
    differences: list[str] = []
    with shop_of_moved_time() as shop:
        logging.getLogger("flask_paystack").setLevel(logging.CRITICAL)  # faults are what is wanted here
        for number in range(seed, seed + stories):
            shop.begin_anew()
            story = Story(shop, number, deaf=control == "deaf")
            story.play()
            payments += len(story.references)
            faults += len(shop.simulator.faults.story())
            story.end()
            differences += [f"seed {number}: {each}" for each in story.differences()]
    return payments, faults, differences


class Story:
    """What some customers and an operator do within some hours, while Paystack misbehaves by the same seed."""

    def __init__(self, shop: Shop, seed: int, *, deaf: bool) -> None:
        self._shop = shop
        self._dice = random.Random(seed)
        self._rounds = () if deaf else ROUNDS
        self.references: list[str] = []
        shop.simulator.settings.webhooks = "dropped" if deaf else "on"
        shop.simulator.settings.hang_seconds = 0.001
        shop.simulator.settings.fault_rates = RATES
        shop.simulator.settings.seed = seed

    def play(self) -> None:
        """Do some thirty things, in an order that the seed decides."""
        acts = [self._open, self._open, self._pay, self._pay, self._pay, self._look, self._refund, self._wait]
        for _ in range(30):
            self._dice.choice(acts)()
            self._work()

    def _open(self) -> None:
        order = f"ord-{self._dice.randrange(6)}"
        email = f"customer{order[-1]}@example.org"
        answer = self._shop.pay(email=email, order=order).get_json()
        reference = answer.get("reference")
        if reference and reference not in self.references:
            self.references.append(reference)

    def _pay(self) -> None:
        reference = self._any()
        card, pin = self._dice.choice(CARDS), self._dice.choice([None, None, "0000"])
        transaction = self._shop.simulator.world.find(reference) if reference else None
        if reference and transaction is not None and not transaction.paid and transaction.status != "failed":
            self._shop.customer_pays(reference, card, pin=pin if card == "pin" else None)

    def _look(self) -> None:
        if reference := self._any():
            self._shop.client.get(f"/pay/verify/{reference}")

    def _refund(self) -> None:
        reference = self._any()
        if reference is None or kept(self._shop, reference).status is not Status.SUCCESS:
            return
        token = self._shop.ours.services.sessions.open("admin1")
        body = {"amount": 100000} if self._dice.random() < 0.3 else {}
        path = f"/admin/payments/{reference}/refund"
        self._shop.client.post(path, json=body, headers={"X-Session-Token": token})

    def _wait(self) -> None:
        self._shop.advance(self._dice.choice([5, MINUTE, 10 * MINUTE, HOUR]))

    def _any(self) -> str | None:
        return self._dice.choice(self.references) if self.references else None

    def _work(self) -> None:
        """Paystack delivers what is due, and every job makes its round."""
        self._shop.advance(self._dice.choice([1, 4, 30]))
        self._shop.deliver_webhooks()
        self._shop.run(*QUEUES, *self._rounds)

    def end(self) -> None:
        """Paystack behaves from now on, and time passes until everybody has heard of everything."""
        self._shop.simulator.settings.seed = None
        self._shop.simulator.faults.clear()
        for pause in [MINUTE] * 15 + [10 * MINUTE] * 4 + [HOUR] * 12:
            self._shop.advance(pause)
            self._work()

    def differences(self) -> list[str]:
        """A sentence for each payment of which the two tell different stories."""
        receipts = count_messages(self._shop, "receipt")
        found = [self._difference(kept(self._shop, each), receipts) for each in self.references]
        return [each for each in found if each] + self._orders()

    def _difference(self, payment: Payment, receipts: Counter[str]) -> str | None:
        there = self._shop.simulator.world.find(payment.reference)
        is_paid = there is not None and there.paid
        handed_over = self._shop.ours.records.handovers.get_by_reference(payment.reference) is not None
        settled = payment.settled_at is not None
        told = f"{payment.reference} is {payment.status} here and {there.status if there else 'unknown'} there"
        if (receipts[payment.reference], handed_over) != (int(settled), settled):
            return f"{told}: {receipts[payment.reference]} receipts, handed over {handed_over}, settled {settled}"
        if settled and not (there is not None and _fits(payment, there)):
            return f"{told}, and should not have settled"
        if not is_paid and payment.status in PAID | {Status.QUARANTINED}:
            return f"{told}, and was not paid"
        if there is not None and is_paid and payment.status not in PAID | {Status.QUARANTINED}:
            return f"{told}, and was paid"
        if there is not None and is_paid and _fully_returned(there) != (payment.status is Status.REVERSED):
            return f"{told}, refunds {[(each.amount, str(each.status)) for each in there.refunds]}"
        return None

    def _orders(self) -> list[str]:
        """An order settles once, and does so where any payment of it was the expected money."""
        orders: dict[str, list[Payment]] = {}
        for payment in (kept(self._shop, each) for each in self.references):
            orders.setdefault(payment.order, []).append(payment)
        found = []
        for order, attempts in orders.items():
            settled = [each for each in attempts if each.settled_at is not None]
            lasting = [each for each in settled if each.status is not Status.REVERSED]
            due = [each for each in attempts if self._is_due(each)]
            if len(lasting) > 1 or (due and not settled):
                found.append(f"{order} settled {len(lasting)} times, with {len(due)} right payments")
        return found

    def _is_due(self, payment: Payment) -> bool:
        there = self._shop.simulator.world.find(payment.reference)
        return there is not None and _fits(payment, there) and not _fully_returned(there)


def _fits(payment: Payment, there: Transaction) -> bool:
    """Whether the money that Paystack took is the money that was due, reckoned here anew."""
    whole = there.requested_amount == payment.amount and there.amount >= payment.amount
    return there.paid and whole and there.currency == payment.currency


def _fully_returned(there: Transaction) -> bool:
    return sum(each.amount for each in there.refunds if each.status == "processed") >= there.amount
