"""Paystack is slow, down, resets, answers half, 429, HTML or nothing: we answer in time, and stay healthy (FAULTS R50).

Customers open payments and ask about them at a gunicorn as we ship it, while the way to Paystack is broken in each mode in
turn. Every answer must come within 15 seconds, in our shape, as 502, 503 or 504 where Paystack's own is lacking; ``/healthz``
stays quick; Paystack is waited for by half of the threads at most. A second part, in moved time, counts how often jobs ask
while Paystack has asked them to wait.
"""

import argparse
import shutil
import tempfile
import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from flask_paystack.payments.model import Status
from paystack_simulator import SimulatorAdapter, SimulatorServer, create_simulator
from tests.faults import Outcome, silence
from tests.faults.broken_link import RETRY_AFTER, Link, broken_link
from tests.faults.customers import Customers, ask, percentile
from tests.faults.moved_time import POLL, kept, shop_of_moved_time
from tests.faults.server import Gunicorn
from tests.patience import until
from tests.shop import PAYSTACK, Shop

MODES = ("slow", "drip", "down", "reset", "half", "429", "html", "gateway", "hang")
CONTROLS = ("no-bulkhead", "no-timeouts", "impatient-jobs")
APPLICATIONS = {
    "no-bulkhead": "tests.faults.broken_provider:no_bulkhead()",
    "no-timeouts": "tests.faults.broken_provider:no_timeouts()",
}
CUSTOMERS = 32
THREADS = 16
"""Of gunicorn.conf.py."""


@dataclass(frozen=True)
class Bounds:
    """Of time, in seconds."""

    call: int = 10
    """``PAYSTACK_TIMEOUT``."""
    latest: float = 15.0
    """Within which every answer must come."""
    healthy: float = 0.1
    """Within which 99 of 100 looks at ``/healthz`` must be answered, or in twice what they took before, on a slow machine."""


USUAL = Bounds()
ASKING_JOBS = ("pollPayments", "noticeFailures", "retryCharges", "followRefunds", "catchUp", "processEvents")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--seconds", type=float, default=60.0, help="for all the modes together")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with silence():
        if options.control == "impatient-jobs":
            return be_told_to_wait(options.control)
        served = serve(options.seconds, options.modes, options.control)
        patient = be_told_to_wait()
        return Outcome(served.ok and patient.ok, {**served.numbers, **patient.numbers})


def serve(
    seconds: float, modes: tuple[str, ...] = MODES, control: str | None = None, bounds: Bounds = USUAL
) -> Outcome:
    """Let customers come for ``seconds`` while the way to Paystack is broken in one mode after the other."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        paystack = stack.enter_context(SimulatorServer(create_simulator()))
        link = stack.enter_context(broken_link(paystack.port))
        application = APPLICATIONS[control] if control else "wsgi:app"
        settings = {"paystack_base_url": link.url, "paystack_timeout": bounds.call, "poll_every": 5}
        server = Gunicorn(directory, f"sqlite:///{directory}/payments.sqlite3", application, **settings)
        stack.enter_context(server)
        with Customers(server.port, CUSTOMERS, patience=bounds.latest + 3) as customers:
            _break(link, customers, seconds, modes)
        recovered = _recovers(server.port, bounds.latest)
    return _judge(customers, link.most_waiting, recovered, bounds)


def _break(link: Link, customers: Customers, seconds: float, modes: tuple[str, ...]) -> None:
    customers.during = "sound"
    threading.Event().wait(seconds / 10)
    until(lambda: customers.statuses("/pay/womaye")[201] >= CUSTOMERS, 30)
    link.most_waiting = 0
    for mode in modes:
        link.turn(mode)
        customers.during = mode
        threading.Event().wait(seconds / len(modes))
    link.turn("sound")


def _recovers(port: int, seconds: float) -> bool:
    """Whether payments can be opened again."""
    try:
        until(lambda: ask(port, "POST", "/pay/womaye-gsp", {"email": "ada@example.org"})[0] == 201, seconds)
    except AssertionError:
        return False
    return True


def _judge(customers: Customers, most_waiting: int, recovered: bool, bounds: Bounds) -> Outcome:
    broken = [each for each in customers.answers if each.during != "sound"]
    expected = {200, 201, 502, 503, 504}
    slowest = max(broken, key=lambda each: each.seconds)
    looks = [seconds for during, seconds in customers.looks if during != "sound"]
    p99 = percentile(looks, 0.99)
    sound_p99 = percentile([seconds for during, seconds in customers.looks if during == "sound"], 0.99)
    strange = [each for each in broken if each.status not in expected or not each.well_formed]
    numbers = {
        "answers": len(broken),
        **{f"of_{status}": count for status, count in sorted(Counter(each.status for each in broken).items())},
        "strange": len(strange),
        "slowest": f"{slowest.seconds:.1f}({slowest.during})",
        "waiting_at_most": f"{most_waiting}/{THREADS}",
        "looks": len(looks),
        "health_p50_ms": round(percentile(looks, 0.5) * 1000, 1),
        "health_p99_ms": round(p99 * 1000, 1),
        "with_sound_paystack_p99_ms": round(sound_p99 * 1000, 1),
        "recovered": recovered,
    }
    in_time = slowest.seconds <= bounds.latest and p99 <= max(bounds.healthy, 2 * sound_p99)
    ok = not strange and in_time and most_waiting <= THREADS // 2 and recovered
    refused = sum(each.status in {502, 503, 504} for each in broken)
    return Outcome(ok and refused > 0, numbers)


def be_told_to_wait(control: str | None = None, payments: int = 30) -> Outcome:
    """So many payments are due to be asked about, three events need a second look, and Paystack answers 429."""
    with shop_of_moved_time() as shop:
        if control == "impatient-jobs":
            shop.ours.wiring.paystack.refuse_to_press = lambda: None  # type: ignore[method-assign]
        heard = Heard(shop)
        references = [shop.open_payment() for _ in range(payments)]
        for reference in references:
            shop.customer_pays(reference)
        for reference in references[:3]:
            (body,) = shop.webhook_bodies(reference)
            shop.post_webhook(body.replace(b'"amount":500000', b'"amount":1'))
        shop.advance(60)
        shop.simulator.faults.add("*", "429", times=1_000_000)
        heard.calls = 0
        for _ in range(0, RETRY_AFTER, POLL):
            shop.run(*ASKING_JOBS)
            shop.advance(POLL)
        calls = heard.calls
        shop.simulator.faults.clear()
        for _ in range(30):
            shop.run(*ASKING_JOBS)
            shop.advance(POLL)
        unsettled = sum(kept(shop, each).status is not Status.SUCCESS for each in references)
    numbers: dict[str, object] = {"jobs_asked_in_60s_of_retry_after": calls, "unsettled": unsettled}
    return Outcome(calls == 1 and unsettled == 0, numbers)


class Heard(SimulatorAdapter):
    """Counts what Paystack is asked, whatever it is."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.paystack)
        self.calls = 0
        shop.session.mount(PAYSTACK, self)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.calls += 1
        return super().send(request, *args, **kwargs)
