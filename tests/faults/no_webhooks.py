"""Every webhook is lost: each paid order settles by asking within ten minutes, and Paystack is asked politely (FAULTS R13).

Orders are paid at any age within a day, in moved time. One control has no poller, one asks whenever it can.
"""

import argparse
import math
import random
from collections.abc import Iterable

from flask_paystack.payments.model import Status
from tests.faults import Outcome
from tests.faults.moved_time import POLL, Ear, count_messages, count_settled, kept, next_check, shop_of_moved_time
from tests.shop import PAYSTACK, Shop

CONTROLS = ("no-poller", "eager")
DAY = 24 * 3600
SOON = 600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--orders", type=int, default=50)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return lose_webhooks(options.orders, options.seed, options.control)


def lose_webhooks(orders: int, seed: int = 13, control: str | None = None) -> Outcome:
    """Have ``orders`` paid at random ages, a third of them each within 15 minutes, two hours and a day."""
    chance = random.Random(seed)
    ages = sorted(chance.uniform(0, (900, 7200, DAY)[number % 3]) for number in range(orders))
    with shop_of_moved_time() as shop:
        shop.simulator.settings.webhooks = "dropped"
        ear = Ear(shop)
        unpaid = [(age, shop.open_payment()) for age in ages]
        references = [reference for _, reference in unpaid]
        waiting: dict[str, float] = {}
        delays: list[float] = []
        now = 0.0
        while (unpaid or waiting) and now - min(waiting.values(), default=now) <= SOON and ear.most_in_a_minute <= 1:
            while unpaid and unpaid[0][0] <= now:
                paid_at, reference = unpaid.pop(0)
                shop.customer_pays(reference)
                waiting[reference] = paid_at
            _ask(shop, waiting, control)
            settled = [each for each in waiting if kept(shop, each).status is Status.SUCCESS]
            delays += [now - waiting.pop(each) for each in settled]
            # The job looks every POLL seconds; moments at which it finds nothing to do are skipped.
            asked = float("inf") if control == "no-poller" else next_check(shop)
            ahead = min(asked, unpaid[0][0] - now if unpaid else SOON)
            step = POLL * max(1, math.ceil(ahead / POLL))
            shop.advance(step)
            now += step
        receipts = count_messages(shop, "receipt")
        numbers: dict[str, object] = {
            "orders": orders,
            "unsettled": len(waiting),
            "slowest": round(max(delays, default=0)),
            "twice": sum(receipts[each] > 1 or count_settled(shop, each) > 1 for each in references),
            "questions": ear.questions.total(),
            "most_in_a_minute": ear.most_in_a_minute,
        }
    ok = (
        not waiting
        and not unpaid
        and max(delays, default=0) <= SOON
        and numbers["twice"] == 0
        and ear.most_in_a_minute <= 1
    )
    return Outcome(ok and len(delays) == orders, numbers)


def _ask(shop: Shop, paid: Iterable[str], control: str | None) -> None:
    if control == "no-poller":
        return
    shop.run("pollPayments")
    if control == "eager":
        for reference in paid:
            shop.session.get(f"{PAYSTACK}/transaction/verify/{reference}")
