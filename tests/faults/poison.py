"""Signed events that cannot be processed: kept, tried eight times, given up with a mail, in nobody's way (FAULTS R11).

In moved time. Poison is what makes the handler raise, and bodies that are signed and no event at all. Every third good event
comes together with one of them, and is worked on in the same run. Beside it another shop lives through the same, with good
events in their place. The two take turns of a few events each, so that a busy machine slows both, and the time in which others
had the processor is left out. It goes on until it is plain whether the 99th percentile of the good events is more than a tenth
higher among poison, or time is over. What failed is tried again while nobody comes, as it is in a server.

The controls try for ever, try what failed before anything else, and wait a while in place before they put it back.
"""

import argparse
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
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

CONTROLS = ("no-cap", "head-of-line", "waits-in-place")
OPERATORS = 2
TRIES = 8
SLOWER = 1.1
"""How much longer the 99th percentile of others may be among poison."""
BLOCK = 15
"""Events looked at in one turn of a shop."""
ENOUGH = 200
"""Events in each shop below which a 99th percentile tells nothing, and is not judged."""
RUN_DELAY = Path("/proc/thread-self/schedstat")
"""Where Linux tells how long a thread was ready to run, and did not."""
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
    parser.add_argument("--others", type=int, default=300, help="good events to look at in each shop, at least")
    parser.add_argument("--seconds", type=float, default=120.0, help="at most, for looking at more of them")
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return spoil(options.others, options.seconds, options.control)


def spoil(others: int, seconds: float = 0.0, control: str | None = None) -> Outcome:
    """Let good events come to a shop without poison, and to one with it, in turns, and compare."""
    with silence(), shop_of_moved_time() as sound, shop_of_moved_time() as shop:
        for each in (sound, shop):
            _settle(each, _pay(each))  # the first takes longer: everything is made then
        tries = _poisonous(shop.ours)
        if control is not None:
            _break(shop.ours, control)
        answers: Counter[int] = Counter()
        bad = _bad(shop, tries)
        alone: list[tuple[int | None, float]] = []
        among: list[tuple[int | None, float]] = []
        until = time.monotonic() + seconds
        ratio = (0.0, 0.0, 0.0)
        while len(among) < others or (len(among) >= ENOUGH and _is_unclear(ratio) and time.monotonic() < until):
            alone += _take_turn(sound, lambda: _pay(sound)[1], answers)
            among += _take_turn(shop, lambda: next(bad), answers)
            ratio = _ratio(alone, among)
        for _ in range(HOURS * 12):
            _work(shop)
            shop.advance(300)
        events = _events(shop)
        poison = len(tries.poisoned)
        dead = sum(each.state == "dead" for each in events)
        told = sum(each.kind == "event_dead" for each in _all(shop.ours.records.messages))
        numbers: dict[str, object] = {
            "poison": poison,
            "odd": len(events) - poison - len(among) - 1,
            "not_200": answers.total() - answers[200],
            "tries": sorted(set(tries.count.values())),
            "dead": dead,
            "mails": told,
            "waiting": sum(each.state == "waiting" for each in events),
            "others": len(among),
            "others_late": sum(late is None for late, _ in among),
            "p50_alone_ms": _ms(alone, 50),
            "p50_among_ms": _ms(among, 50),
            "p99_alone_ms": _ms(alone, 99),
            "p99_among_ms": _ms(among, 99),
            "p99_ratio": f"{ratio[1]:.2f}({ratio[0]:.2f}to{ratio[2]:.2f})",
        }
        granted = sum(count_settled(shop, reference) for reference in tries.poisoned)
    held = numbers["tries"] == [TRIES] and dead == poison and told == OPERATORS * poison and not granted
    in_nobodys_way = len(among) < ENOUGH or ratio[1] <= SLOWER
    return Outcome(
        held and in_nobodys_way and not (numbers["not_200"] or numbers["waiting"] or numbers["others_late"]), numbers
    )


def _take_turn(shop: Shop, companion: Callable[[], bytes], answers: Counter[int]) -> list[tuple[int | None, float]]:
    """How long good events took, one after the other. ``companion`` is posted just before every third."""
    taken = []
    for number in range(BLOCK):
        shop.advance(5)
        _work(shop)  # nobody comes meanwhile
        payment = _pay(shop)
        if number % 3 == 0:
            answers[shop.post_webhook(companion()).status_code] += 1
        taken.append(_settle(shop, payment))
    return taken


def _bad(shop: Shop, tries: "_Tries") -> Iterator[bytes]:
    """Poison without end; the odd bodies come among it."""
    odd = list(ODD)
    while True:
        reference, body = _pay(shop)
        tries.poisoned.add(reference)
        yield body
        if odd:
            yield odd.pop()


def _ratio(alone: list[tuple[int | None, float]], among: list[tuple[int | None, float]]) -> tuple[float, float, float]:
    """How much longer the 99th percentile is among poison, between what it would be in 5 and in 95 of 100 such samples."""
    chance = random.Random(1)

    def again(measured: list[tuple[int | None, float]]) -> float:
        return _ms(chance.choices(measured, k=len(measured)), 99)

    found = sorted(again(among) / again(alone) for _ in range(200))
    return found[10], _ms(among, 99) / _ms(alone, 99), found[-11]


def _is_unclear(ratio: tuple[float, float, float]) -> bool:
    return ratio[0] <= SLOWER < ratio[2]


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

    if control == "waits-in-place":
        inner = webhooks._try_again

        def wait_first(claim: Any, event: WebhookEvent, error: str) -> None:
            threading.Event().wait(0.02)
            inner(claim, event, error)

        webhooks._try_again = wait_first
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
    begun = _own_time()
    assert shop.post_webhook(body).status_code == 200
    for seconds in range(0, 60, 5):
        _work(shop)
        if kept(shop, reference).status is Status.SUCCESS:
            return seconds, _own_time() - begun
        shop.advance(5)
    return None, _own_time() - begun


def _own_time() -> float:
    """Seconds that this thread ran or waited for something, without those in which others had the processor."""
    waited_for_a_processor = int(RUN_DELAY.read_text().split()[1]) / 1e9 if RUN_DELAY.exists() else 0.0
    return time.perf_counter() - waited_for_a_processor


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


def _ms(measured: list[tuple[int | None, float]], percent: int) -> float:
    return round(statistics.quantiles([each for _, each in measured], n=100)[percent - 1] * 1000, 2)
