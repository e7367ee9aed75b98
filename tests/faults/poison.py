"""Signed events that cannot be processed: kept, tried eight times, given up with a mail, in nobody's way (FAULTS R11).

In moved time. Poison is what makes the handler raise, and bodies that are signed and no event at all; it comes before, between
and after good ones. The controls try for ever, and try what failed before anything else.
"""

import argparse
import statistics
import time
from collections import Counter
from typing import Any

from flask_paystack.app import FlaskPaystack
from flask_paystack.backoff import Backoff
from flask_paystack.payments.model import Status
from flask_paystack.paystack.payloads import Event, correlation
from flask_paystack.records.webhooks import Finished
from flask_paystack.webhooks.model import WebhookEvent
from tests.faults import Outcome, silence
from tests.faults.moved_time import count_settled, kept, shop_of_moved_time
from tests.shop import Shop

CONTROLS = ("no-cap", "head-of-line")
OPERATORS = 2
TRIES = 8
HOURS = 7
"""Longer than the eight tries take."""
ODD: tuple[bytes, ...] = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'{"event":"charge.success"}',
    b'{"event":"charge.success","data":null}',
    b'{"event":"charge.success","data":[]}',
    b'{"event":7,"data":{}}',
    b'{"event":"charge.success","data":{"reference":{"a":1},"status":"success"}}',
    b'{"event":"charge.success","data":{"reference":"' + b"x" * 5000 + b'","status":"success"}}',
    b"[" * 20_000 + b"]" * 20_000,
    b'{"event":"charge.success","data":{"amount":1e999}}',
    b"\xff\xfe\x00",
    b'{"event":"refund.processed","data":{"amount":"a lot"}}',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--poison", type=int, default=30)
    parser.add_argument("--others", type=int, default=200)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return spoil(options.poison, options.others, options.control)


def spoil(poison: int, others: int, control: str | None = None) -> Outcome:
    """Let ``others`` good events come without poison, then as many among ``poison`` bad ones, and compare."""
    with silence(), shop_of_moved_time() as shop:
        _settle(shop, _pay(shop))  # the first takes longer: everything is made then
        alone = [_settle(shop, _pay(shop)) for _ in range(others)]
        tries = _poisonous(shop.ours)
        if control is not None:
            _break(shop.ours, control)
        bad = [_pay(shop) for _ in range(poison)]
        tries.poisoned = {reference for reference, _ in bad}
        bodies = [*(body for _, body in bad), *ODD]
        answers = Counter(shop.post_webhook(body).status_code for body in bodies[::2])
        among = []
        late = bodies[1::2]
        for number in range(others):
            among.append(_settle(shop, _pay(shop)))
            if late and number % 3 == 0:
                answers[shop.post_webhook(late.pop()).status_code] += 1
        answers.update(shop.post_webhook(body).status_code for body in late)
        for _ in range(HOURS * 12):
            _work(shop)
            shop.advance(300)
        events = _events(shop)
        mails = shop.ours.records.messages
        dead = [each for each in events if each.state == "dead"]
        told = Counter(each.identity for each in _all(mails) if each.kind == "event_dead")
        numbers: dict[str, object] = {
            "poison": poison,
            "odd": len(ODD),
            "not_200": answers.total() - answers[200] + len(bodies) - answers.total(),
            "tries": sorted(set(tries.count.values())),
            "dead": len(dead),
            "mails": told.total(),
            "waiting": sum(each.state == "waiting" for each in events),
            "others_late": sum(seconds is None for seconds, _ in among),
            "p99_alone_ms": _p99(alone),
            "p99_among_ms": _p99(among),
        }
        granted = sum(count_settled(shop, reference) for reference, _ in bad)
    held = numbers["tries"] == [TRIES] and len(dead) == poison and told.total() == OPERATORS * poison and not granted
    return Outcome(held and not (numbers["not_200"] or numbers["waiting"] or numbers["others_late"]), numbers)


class _Tries:
    """Which payments are poison, and how often each was tried."""

    def __init__(self) -> None:
        self.poisoned: set[str] = set()
        self.count: Counter[str] = Counter()


def _poisonous(ours: FlaskPaystack) -> _Tries:
    """Make the handler of payments raise for some of them."""
    tries = _Tries()
    webhooks: Any = ours.services.webhooks
    inner = webhooks._handlers["charge.success"]

    def handle(event: Event, finished: Finished) -> None:
        reference = correlation(event)
        if reference in tries.poisoned:
            tries.count[str(reference)] += 1
            raise ZeroDivisionError("something that nobody thought of")
        inner(event, finished)

    webhooks._handlers = {**webhooks._handlers, "charge.success": handle}
    return tries


def _break(ours: FlaskPaystack, control: str) -> None:
    webhooks: Any = ours.services.webhooks
    if control == "no-cap":
        endless = Backoff([60] * 10_000)

        def try_again(claim: Any, event: WebhookEvent, error: str) -> None:
            ours.records.webhooks.put_back(claim, error, endless.next(claim.attempt, ours.records.payments.now()))  # type: ignore[arg-type]

        webhooks._try_again = try_again
        return

    def process_due(limit: int = 20) -> int:
        claimed = ours.records.webhooks.claim(1, webhooks._lease)
        for claim, event in claimed:
            try:
                webhooks._understand(claim, event)
            except ZeroDivisionError as error:
                ours.records.webhooks.put_back(
                    claim, str(error), event.received_at
                )  # it is the oldest, and first again
                return 0
        return len(claimed)

    object.__setattr__(ours.background.jobs["processEvents"], "run", process_due)


def _pay(shop: Shop) -> tuple[str, bytes]:
    """A payment that was paid, and the body that tells of it."""
    reference = shop.open_payment()
    shop.customer_pays(reference)
    [body] = shop.webhook_bodies(reference)
    shop.simulator.webhooks.clear()
    return reference, body


def _settle(shop: Shop, payment: tuple[str, bytes]) -> tuple[int | None, float]:
    """Deliver a good event: seconds of moved time until it is settled (None: not within a minute), and of real time."""
    reference, body = payment
    begun = time.perf_counter()
    assert shop.post_webhook(body).status_code == 200
    for seconds in range(0, 60, 5):
        _work(shop)
        if kept(shop, reference).status is Status.SUCCESS:
            return seconds, time.perf_counter() - begun
        shop.advance(5)
    return None, time.perf_counter() - begun


def _work(shop: Shop) -> None:
    """Work off what is due, as a thread of a server does."""
    while shop.run("processEvents") != [0]:
        continue


def _events(shop: Shop) -> list[WebhookEvent]:
    return _all(shop.ours.records.webhooks)


def _all(records: Any) -> list[Any]:
    found: list[Any] = []
    after: str | None = None
    while True:
        page = records.list_page(after, 100)
        found += page.items
        if page.next is None:
            return found
        after = page.next


def _p99(measured: list[tuple[int | None, float]]) -> float:
    return round(statistics.quantiles([each for _, each in measured], n=100)[-1] * 1000, 1)
