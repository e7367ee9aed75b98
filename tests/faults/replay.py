"""The same events come again and again, within 72 hours and for a year: one effect each, every answer 200 (FAULTS R4).

In moved time. Between the deliveries every periodic job makes its round, receipts are sent by a real SMTP server, and the
database is pruned of everything that may be pruned after 30 days, the event itself and its mail included. The control knows
a repeat only by the events that it still has.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from flask_paystack.payments.model import Status
from flask_paystack.records import pruning
from tests.faults import Outcome, silence
from tests.faults.moved_time import count_settled, kept, shop_of_moved_time
from tests.shop import Shop
from tests.smtp import Mailbox, running_smtp
from tests.state_machine.broken import no_guard

CONTROLS = ("window",)
DAY = 86400
RETRIED_FOR = 3 * DAY
BURSTS = 6
PRUNED_AFTER = timedelta(days=30)
"""The least that ``flask db prune`` takes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--payments", type=int, default=20)
    parser.add_argument("--deliveries", type=int, default=50, help="of each event")
    parser.add_argument("--fake-days", type=int, default=365)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return replay(options.payments, options.deliveries, options.fake_days, options.control)


def replay(payments: int, deliveries: int, days: int, control: str | None = None) -> Outcome:
    """Deliver the events of ``payments`` so often: half of the times within 72 hours, half over the other days.

    Of every fifth payment the money was given back meanwhile, so that its old success is told after that.
    """
    answers: Counter[int] = Counter()
    pruned: Counter[str] = Counter()
    told: Counter[str] = Counter()
    with silence(), running_smtp() as mail, shop_of_moved_time(mail_server="127.0.0.1", mail_port=mail.port) as shop:
        if control == "window":
            no_guard(shop.ours)
        shop.ours.on_settled(lambda settled: told.update([settled.reference]))
        references = [shop.open_payment() for _ in range(payments)]
        for reference in references:
            shop.customer_pays(reference)
        bodies = [body for each in references for body in shop.webhook_bodies(each)]
        for number, pause in enumerate(_pauses(deliveries, days)):
            shop.advance(pause)
            _prune(shop, pruned)
            answers.update(shop.post_webhook(body).status_code for body in bodies)
            if number == 1:
                _give_back(shop, references[::5])
            _pass_round(shop)
        settled = [count_settled(shop, each) for each in references]
        reversed_ones = sum(kept(shop, each).status is Status.REVERSED for each in references)
        receipts = _receipts(mail)
    numbers: dict[str, object] = {
        "payments": payments,
        "answers": answers.total(),
        "not_200": answers.total() - answers[200],
        "days": days,
        "events_pruned": pruned["webhook_events"],
        "mails_pruned": pruned["messages"],
        "settled": sum(settled),
        "receipts": receipts,
        "handed_over": told.total(),
        "given_back": reversed_ones,
    }
    once = settled == [1] * payments and receipts == told.total() == payments and set(told) == set(references)
    was_pruned = timedelta(days=days) <= 2 * PRUNED_AFTER or (pruned["webhook_events"] > 0 and pruned["messages"] > 0)
    held = once and reversed_ones == len(references[::5]) and was_pruned
    return Outcome(held and answers.total() == answers[200] == deliveries * payments, numbers)


def _pauses(deliveries: int, days: int) -> Iterator[float]:
    """Seconds before each delivery, from none before the first: within 72 hours, then in bursts with long silence between."""
    early = (deliveries + 1) // 2
    yield 0
    for _ in range(early - 1):
        yield RETRIED_FOR / (early - 1)
    silence_between = (days * DAY - RETRIED_FOR) / BURSTS
    for number in range(deliveries - early):
        yield silence_between if number * BURSTS % (deliveries - early) < BURSTS else 3600


def _prune(shop: Shop, pruned: Counter[str]) -> None:
    """What ``flask db prune --older-than 30`` does."""
    now = shop.clock.now()
    for table, count in pruning.prune(shop.ours.records.database, now - PRUNED_AFTER, now):
        pruned[table] += count


def _give_back(shop: Shop, references: Sequence[str]) -> None:
    token = shop.ours.services.sessions.open("admin1")
    for reference in references:
        answer = shop.client.post(f"/admin/payments/{reference}/refund", json={}, headers={"X-Session-Token": token})
        assert answer.status_code == 200, answer.text


def _pass_round(shop: Shop) -> None:
    """Everything that a server does on a timer, until its queues are empty."""
    for _ in range(3):  # a refund has as many steps
        shop.advance(60)
        shop.simulator.settle_due()
        shop.run("followRefunds")
    shop.run(*shop.ours.background.jobs)
    for queue in ("processEvents", "handOver", "sendMessages"):
        while shop.run(queue) != [0]:
            continue


def _receipts(mail: Mailbox) -> int:
    return sum("receipt" in str(each["Subject"]).lower() for each in mail.received)
