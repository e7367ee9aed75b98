"""One order is paid by two payments: it settles once, the other is set aside, and every operator is told (FAULTS R16).

The customer pays on an old checkout page after, or at the same moment as, on a new one. The control has no gate: it lets the
second payment settle too.
"""

import argparse

from sqlalchemy import update

from flask_paystack.payments.model import Status
from flask_paystack.records.schema import orders
from tests.faults import Outcome
from tests.faults.moved_time import count_messages, count_settled, kept, shop_of_moved_time
from tests.race import race_between
from tests.shop import Shop

CONTROLS = ("no-gate",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--orders", type=int, default=30)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return pay_twice(options.orders, options.control)


def pay_twice(count: int, control: str | None = None) -> Outcome:
    """Have ``count`` orders paid twice; of every second one both webhooks are worked on at once, by two processes."""
    with shop_of_moved_time() as shop, shop.second() as other:
        pairs = [_two_payments(shop, f"ord-{number}") for number in range(count)]
        for number, pair in enumerate(pairs):
            for reference in pair:
                shop.customer_pays(reference)
            shop.deliver_webhooks()
            for _ in range(3):
                if control == "no-gate":
                    _forget_who_paid(shop)
                if number % 2:
                    race_between([lambda: shop.run("processEvents"), lambda: other.run("processEvents")])
                else:
                    shop.run("processEvents")
                shop.advance(3)
                if control == "no-gate":
                    _process_apart(shop, pair)
        warned = count_messages(shop, "order_paid_twice")
        statuses = [sorted(kept(shop, each).status for each in pair) for pair in pairs]
        numbers: dict[str, object] = {
            "orders": count,
            "settled": sum(count_settled(shop, each) for pair in pairs for each in pair),
            "receipts": count_messages(shop, "receipt").total(),
            "set_aside": sum(Status.QUARANTINED in found for found in statuses),
            "operators_told": warned.total(),
        }
    once = numbers["settled"] == numbers["receipts"] == numbers["set_aside"] == count
    return Outcome(once and warned.total() == 2 * count, numbers)


def _two_payments(shop: Shop, order: str) -> tuple[str, str]:
    """An order's old checkout page, of which we lost sight, and its new one."""
    shop.simulator.faults.add("initialize", "timeout-after-commit")
    old = str(shop.pay(order=order).get_json()["reference"])
    return old, shop.open_payment(order=order)


def _forget_who_paid(shop: Shop) -> None:
    with shop.ours.records.database.writing() as connection:
        connection.execute(update(orders).values(paid_reference=None))


def _process_apart(shop: Shop, pair: tuple[str, str]) -> None:
    """Ask about each by itself, the gate forgotten in between."""
    for reference in pair:
        _forget_who_paid(shop)
        shop.client.get(f"/pay/verify/{reference}")
