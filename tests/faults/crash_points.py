"""``kill -9`` just before and just after each commit of a payment's life: one effect, and nobody untold (FAULTS R7).

Three lives are led once undisturbed, and their commits written down: a payment that a webhook settles, one that the returning
customer's question settles, and one that fails. Then each is led again for each of its commits, twice: the process that makes
the commit kills itself the moment before, or the moment after. gunicorn starts another, whose clock is past the leases of the
dead. Customers and Paystack do what they do: they try again until they were answered.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import requests
from sqlalchemy import Select, func, select

from flask_paystack.records.database import Database
from flask_paystack.records.leases import WAITING
from flask_paystack.records.schema import handovers, messages, payment_timeline, payments, webhook_events
from paystack_simulator import Simulator, create_simulator
from paystack_simulator.server import SimulatorServer
from tests.faults import Outcome, silence
from tests.faults.fleet import DATABASES, fleet, workplace
from tests.faults.steered import Steering
from tests.handover.merchant import Merchant, running_merchant
from tests.shop import signed
from tests.smtp import Mailbox, running_smtp

CONTROLS = ("two-transactions", "mail-first")
SIDES: tuple[Literal["before", "after"], ...] = ("before", "after")
PATIENCE = 20.0
NOTIFY_SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0MTIz"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--only", metavar="COMMIT", help="as in PaymentRecords.settle; every one where it is left out")
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with workplace(options.database) as (directory, url), silence():
        return die_at_each(directory, url, [options.only] if options.only else None, options.control)


@dataclass(frozen=True)
class Point:
    """A commit of a life."""

    life: str
    commit: str
    nth: int


@dataclass
class Town:
    """Everything that stands around a payment."""

    backend: str
    steering: Steering
    simulator: Simulator
    mailbox: Mailbox
    merchant: Merchant
    database: Database
    session: requests.Session = field(default_factory=requests.Session)
    customers: int = 0

    def ask(self, method: str, path: str, accepted: int, **how: Any) -> requests.Response:
        """Ask again and again, until it is answered as it should be. Raises TimeoutError."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self.session.request(method, self.backend + path, timeout=PATIENCE, **how)
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code == accepted:
                return answer
            time.sleep(0.05)
        raise TimeoutError(f"{method} {path}: {answer.text if answer is not None else 'no answer'}")

    def move(self, seconds: float) -> None:
        """Let time go on for the backend."""
        self.steering.set_clock(self.steering.ahead + seconds)

    def count(self, query: Select[Any]) -> int:
        """What a query counts."""
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar_one())


def die_at_each(
    directory: Path,
    database_url: str,
    only: Sequence[str] | None = None,
    control: str | None = None,
    kinds: Sequence[str] = ("told", "asked", "failed"),
) -> Outcome:
    """Lead a life of each kind for each commit of it, and each side of that."""
    begun = time.monotonic()
    with ExitStack() as stack:
        mailbox = stack.enter_context(running_smtp())
        merchant = stack.enter_context(running_merchant())
        paystack = stack.enter_context(SimulatorServer(create_simulator()))
        settings = {
            "database_url": database_url,
            "paystack_base_url": paystack.url,
            "mail_server": "127.0.0.1",
            "mail_port": str(mailbox.port),
            "notify_url": merchant.url,
            "notify_secret": NOTIFY_SECRET,
            "failure_notice_after": "1",
            "poll_every": "3600",  # nobody but those whose life it is asks or tells
            "catch_up_every": "86400",
        }
        application = f"tests.faults.steered:application({control!r})"
        (server,) = stack.enter_context(fleet(directory, 1, application, ("--preload",), **settings))
        database = Database(database_url)
        stack.callback(database.close)
        town = Town(server.url, Steering(server.directory), paystack.simulator, mailbox, merchant, database)
        points = list(_points(town, kinds))
        found: Counter[str] = Counter()
        lives = 0
        for point in points:
            if only is None or point.commit in only:
                for side in SIDES:
                    lives += 1
                    found += _live_and_die(town, point, side)
    wrong = {name: found[name] for name in WRONG}
    numbers = {"commit_points": len(points), "lives": lives, "deaths": found["deaths"], **wrong}
    told = {name: found[name] for name in ("mailed_twice", "handed_over_twice")}
    ok = not any(wrong.values()) and found["deaths"] == lives > 0
    return Outcome(ok, {**numbers, **told, "seconds": round(time.monotonic() - begun, 1)})


WRONG = (
    "effect_not_once",
    "mail_lost",
    "mailed_more_than_twice",
    "mail_of_two_ids",
    "handover_lost",
    "handover_of_two_ids",
    "unfinished",
)


def _points(town: Town, kinds: Sequence[str]) -> Iterator[Point]:
    """Every commit of every life. How a payment is opened is told once, as it is the same in each."""
    opening = 0
    for life in kinds:
        town.steering.take_commits()
        _judge(town, life, _lead(town, life))
        seen: Counter[str] = Counter()
        commits = town.steering.take_commits()
        opening = opening or commits.index("IdempotencyRecords._update") + 1
        for number, commit in enumerate(commits):
            seen[commit] += 1
            if number >= opening or life == kinds[0]:
                yield Point(life, commit, seen[commit])


def _live_and_die(town: Town, point: Point, side: Literal["before", "after"]) -> Counter[str]:
    town.steering.order(side, point.commit, point.nth)
    try:
        found = _judge(town, point.life, _lead(town, point.life))
    except TimeoutError:
        found = Counter(unfinished=1)
    found["deaths"] += town.steering.is_obeyed
    town.steering.countermand()
    return found


def _lead(town: Town, life: str) -> dict[str, Any]:
    """Lead a life to its end; what the customer was answered first."""
    town.customers += 1
    email = f"customer-{town.customers}@example.org"
    key = {"Idempotency-Key": f"key-{town.customers}"}
    opened: dict[str, Any] = town.ask("POST", "/pay/womaye-gsp", 201, json={"email": email}, headers=key).json()
    town.move(4)  # Paystack is asked every three seconds at most
    LIVES[life](town, opened["reference"])
    return {**opened, "email": email}


def _told(town: Town, reference: str) -> None:
    """Paystack tells of the payment."""
    town.simulator.pay(reference)
    body = next(each.body for each in town.simulator.webhooks.snapshot() if each.reference == reference)
    town.ask("POST", "/pay/webhook", 200, data=body, headers={"x-paystack-signature": signed(body)})


def _asked(town: Town, reference: str) -> None:
    """The customer comes back and asks, as no webhook came."""
    town.simulator.pay(reference)
    _ask_until(town, reference, lambda told: told["status"] == "success")


def _failed(town: Town, reference: str) -> None:
    """The bank says no, and the customer comes back."""
    town.simulator.pay(reference, "declined")
    _ask_until(town, reference, lambda told: told["message"] is not None)
    town.move(5)  # long enough for the failure to stand


def _ask_until(town: Town, reference: str, is_known: Callable[[dict[str, Any]], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_known(town.ask("GET", f"/pay/verify/{reference}", 200).json()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"What became of {reference} is not known.")
        town.move(4)


LIVES: dict[str, Callable[[Town, str], None]] = {"told": _told, "asked": _asked, "failed": _failed}


def _judge(town: Town, life: str, opened: dict[str, Any]) -> Counter[str]:
    """Wait until nothing is left to do about a payment, and see what came of it."""
    mails, told = partial(_mails, town, opened), partial(_told_of, town, opened)
    settled = partial(_settled, town, opened)
    paid = life != "failed"
    deadline = time.monotonic() + PATIENCE / 2
    # What is queued is queued with the settlement: where nothing waits then, nothing more will come.
    while (_waiting(town) or not (settled() if paid else mails())) and time.monotonic() < deadline:
        time.sleep(0.02)
    return Counter(
        effect_not_once=settled() != int(paid),
        mail_lost=not mails(),
        mailed_more_than_twice=len(mails()) > 2,
        mail_of_two_ids=len(set(mails())) > 1,
        handover_lost=paid and not told(),
        handover_of_two_ids=len(set(told())) > 1,
        unfinished=_waiting(town) > 0,
        mailed_twice=len(mails()) == 2,
        handed_over_twice=len(told()) == 2,
    )


def _mails(town: Town, opened: dict[str, Any]) -> list[str]:
    """The Message-IDs of what the customer was mailed."""
    received = [each for each in list(town.mailbox.received) if each["To"] == opened["email"]]
    return [str(each["Message-ID"]) for each in received]


def _told_of(town: Town, opened: dict[str, Any]) -> list[str]:
    """The ids under which the merchant was told of the payment."""
    requests_made = zip(list(town.merchant.headers), list(town.merchant.bodies), strict=False)
    return [headers["Webhook-Id"] for headers, body in requests_made if opened["reference"].encode() in body]


def _settled(town: Town, opened: dict[str, Any]) -> int:
    """How often a payment of the customer's order was settled."""
    theirs = select(payments.c.reference).where(payments.c.order_id == opened["order"])
    return town.count(
        select(func.count())
        .select_from(payment_timeline)
        .where(payment_timeline.c.kind == "settled", payment_timeline.c.reference.in_(theirs))
    )


def _waiting(town: Town) -> int:
    """How much work is still to be done, by whomever."""
    queues = (webhook_events, messages, handovers)
    return sum(town.count(select(func.count()).where(queue.c.state == WAITING)) for queue in queues)
