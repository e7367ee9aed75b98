"""A webhook comes before Paystack's answer to the opening: the payment settles within five seconds, once (FAULTS R6).

In moved time. Events come while the opening still waits for its answer, right after our own commit, and are worked on before
that answer, after it, by two processes at the same instant, and where the answer is lost. The control keeps a payment only
once Paystack has answered.
"""

import argparse
from collections.abc import Callable
from typing import Any

import requests

from flask_paystack.app import FlaskPaystack
from flask_paystack.payments.model import Entry, Payment, Status
from paystack_simulator import SimulatorAdapter
from tests.faults import Outcome, silence
from tests.faults.moved_time import count_messages, count_settled, kept, shop_of_moved_time
from tests.race import race_between
from tests.shop import PAYSTACK, Shop

CONTROLS = ("row-after",)
SOON = 5
WAYS = ("answered first", "within the call", "two processes", "no answer at all")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--payments", type=int, default=400)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return come_early(options.payments, options.control)


def come_early(payments: int, control: str | None = None) -> Outcome:
    """Open ``payments``, each paid and told of before its opening is answered, in turn by each of the ways."""
    with silence(), shop_of_moved_time() as shop, shop.second() as other:
        if control == "row-after":
            keep_after_the_answer(shop.ours)
        slowest = 0
        references = []
        for number in range(payments):
            reference = _open(shop, other, WAYS[number % len(WAYS)])
            references.append(reference)
            slowest = max(slowest, _wait(shop, reference))
        settled = [kept(shop, each).status is Status.SUCCESS for each in references if _is_kept(shop, each)]
        receipts = count_messages(shop, "receipt")
        numbers: dict[str, object] = {
            "payments": payments,
            "unsettled": payments - sum(settled),
            "slowest": slowest,
            "twice": sum(receipts[each] > 1 or count_settled(shop, each) > 1 for each in references),
        }
    return Outcome(not numbers["unsettled"] and not numbers["twice"] and slowest <= SOON, numbers)


def _open(shop: Shop, other: Shop, way: str) -> str:
    """Open a payment whose webhook is there before the answer; its reference."""
    acts: dict[str, Callable[[], object]] = {
        "within the call": lambda: shop.run("processEvents"),
        "two processes": lambda: race_between([lambda: shop.run("processEvents"), lambda: other.run("processEvents")]),
    }
    line = _Line(shop, acts.get(way, lambda: None), is_cut=way == "no answer at all")
    shop.session.mount(PAYSTACK, line)
    answer = shop.pay()
    shop.session.mount(PAYSTACK, SimulatorAdapter(shop.paystack))
    assert answer.status_code == (503 if line.is_cut else 201), answer.text
    return str(answer.get_json()["reference"])


class _Line(SimulatorAdapter):
    """Has each opening paid and told of at once; then something happens, and only then the answer goes back, or is lost."""

    def __init__(self, shop: Shop, act: Callable[[], object], *, is_cut: bool) -> None:
        super().__init__(shop.paystack)
        self._shop = shop
        self._act = act
        self.is_cut = is_cut

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if request.path_url == "/transaction/initialize":
            self._shop.simulator.faults.add("initialize", "webhook-first")
        answer = super().send(request, *args, **kwargs)
        if request.path_url == "/transaction/initialize":
            self._act()
            if self.is_cut:
                raise requests.ReadTimeout(request=request)
        return answer


def _is_kept(shop: Shop, reference: str) -> bool:
    return shop.ours.records.payments.get(reference) is not None


def _wait(shop: Shop, reference: str) -> int:
    """Seconds until it is settled, the queue worked off each second as a server does; more than five where it is not."""
    for seconds in range(SOON + 1):
        shop.run("processEvents")
        if kept(shop, reference).status is Status.SUCCESS:
            return seconds
        shop.advance(1)
    return SOON + 1


def keep_after_the_answer(ours: FlaskPaystack) -> None:
    """Open a payment at Paystack first, and keep it when the answer is there."""
    opener: Any = ours.wiring.opener
    records, paystack = opener._records, opener._paystack
    waiting: dict[str, tuple[Payment, Entry]] = {}

    class After:
        """The records, but for opening."""

        def open(self, payment: Payment, entry: Entry) -> Payment:
            waiting[payment.reference] = payment, entry
            return payment

        def __getattr__(self, name: str) -> Any:
            return getattr(records, name)

    class Then:
        """The client, which keeps what was opened."""

        def initialize(self, reference: str, *args: Any, **kwargs: Any) -> Any:
            try:
                return paystack.initialize(reference, *args, **kwargs)
            finally:
                records.open(*waiting.pop(reference))

    opener._records, opener._paystack = After(), Then()
