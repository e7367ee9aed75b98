"""No event tells of a failure: whoever is declined is told within 15 minutes and a half, once, nobody else is (FAULTS R52).

Customers are declined at any age of their payment, fail at the PIN, pay with another card after a decline, or never come.
The controls tell nobody, and tell without asking Paystack first.
"""

import argparse
import random

from flask_paystack.mail.notices import failure_of
from flask_paystack.payments.model import Entry
from tests.faults import Outcome
from tests.faults.moved_time import count_messages, shop_of_moved_time
from tests.shop import Shop

CONTROLS = ("nobody-told", "told-unasked")
AFTER = 900
LATEST = AFTER + 30
STEP = 15
"""Seconds from one look to the next; the jobs themselves look more often."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--customers", type=int, default=40)
    parser.add_argument("--hours", type=float, default=6, help="at what age the last customer comes")
    parser.add_argument("--seed", type=int, default=52)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return decline(options.customers, options.hours, options.seed, options.control)


def decline(customers: int, hours: float, seed: int = 52, control: str | None = None) -> Outcome:
    """Have ``customers`` come, a quarter of them in each of four ways, and watch who is written to, and when."""
    chance = random.Random(seed)
    with shop_of_moved_time(failure_notice_after=AFTER) as shop:
        shop.simulator.settings.webhooks = "dropped"
        moments = sorted(chance.uniform(0, 3600 * hours) for _ in range(customers))
        due = [(moment, shop.open_payment(), number % 4) for number, moment in enumerate(moments)]
        failed = {reference: moment for moment, reference, way in due if way in {0, 1}}
        rescued = [(moment + AFTER - 5, reference) for moment, reference, way in due if way == 2]
        told_at: dict[str, float] = {}
        for now in range(0, int(3600 * hours) + 2 * AFTER, STEP):
            while due and due[0][0] <= now:
                _, reference, way = due.pop(0)
                _come(shop, reference, way)
            while rescued and rescued[0][0] <= now:
                shop.customer_pays(rescued.pop(0)[1])
            shop.run("pollPayments")
            _tell(shop, control)
            for reference in count_messages(shop, "payment_failed"):
                told_at.setdefault(reference, now)
            shop.advance(STEP)
        letters = count_messages(shop, "payment_failed")
    delays = [told_at[each] - failed[each] for each in failed if each in told_at]
    numbers: dict[str, object] = {
        "customers": customers,
        "failed": len(failed),
        "untold": sum(each not in letters for each in failed),
        "told_wrongly": sum(each not in failed for each in letters),
        "twice": sum(count > 1 for count in letters.values()),
        "soonest": round(min(delays, default=0)),
        "latest": round(max(delays, default=0)),
    }
    held = numbers["untold"] == numbers["told_wrongly"] == numbers["twice"] == 0
    return Outcome(held and bool(failed) and min(delays) >= AFTER - STEP and max(delays) <= LATEST + STEP, numbers)


def _come(shop: Shop, reference: str, way: int) -> None:
    """Ways: declined for good, wrong PIN, declined and rescued later, and not at all."""
    if way == 1:
        shop.customer_pays(reference, "pin", pin="9999")
    elif way != 3:
        shop.customer_pays(reference, "declined")


def _tell(shop: Shop, control: str | None) -> None:
    if control is None:
        shop.run("noticeFailures")
    elif control == "told-unasked":
        records = shop.ours.records.payments
        for payment in records.list_unnoticed(shop.clock.now(), 50):
            if payment.declined_at is not None:
                entry = Entry("failure notice", "told", "Told at once, without asking.")
                records.notice(payment.reference, payment.declined_at, entry, [failure_of(payment, payment.product)])
