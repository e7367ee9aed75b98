"""Sixteen at once tell or ask of each paid payment, in four processes: it settles exactly once (FAULTS R3).

Eight of them are webhooks that Paystack signed, eight are customers who come back and ask ``GET /pay/verify``. All sixteen
start at a barrier, each over a connection of its own, and every process gets as many of both. The control looks whether a
payment has settled, and settles it in a transaction that does not look again.
"""

import argparse
import hashlib
import http.client
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from flask_paystack.records.database import Database
from flask_paystack.records.schema import payments
from paystack_simulator import create_simulator
from paystack_simulator.server import SimulatorServer
from tests.faults import Outcome, crash_inbox
from tests.faults.fleet import DATABASES, Server, fleet, shared_store, workplace
from tests.shop import EMAIL, signed

CONTROLS = {"check-then-insert": "tests.faults.broken_races:check_then_insert()"}
PATIENCE = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--references", type=int, default=1000)
    parser.add_argument("--calls", type=int, default=16, help="at once, about each reference; half are webhooks")
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with workplace(options.database) as (directory, url):
        return confirm(directory, url, options.references, options.calls, options.processes, options.control)


def confirm(
    directory: Path, database_url: str, references: int, calls: int, processes: int, control: str | None = None
) -> Outcome:
    """Let ``calls`` callers at once confirm each of ``references`` payments."""
    begun = time.monotonic()
    application = CONTROLS[control] if control else "wsgi:app"
    settings = {"database_url": database_url, "store_url": shared_store(directory, database_url)}
    settings["poll_every"] = "3600"  # or the poller would settle some before their race
    with (
        SimulatorServer(create_simulator()) as paystack,
        fleet(directory, processes, application, paystack_base_url=paystack.url, **settings) as servers,
    ):
        opened = _open(servers, references)
        for reference in opened:
            paystack.simulator.pay(reference)
        bodies = {each.reference: each.body for each in paystack.simulator.webhooks.snapshot()}
        _let_three_seconds_pass(database_url)
        answers = _race(servers, [(each, bodies[each]) for each in opened], calls)
    (directory / "count").mkdir()
    digests = {hashlib.sha256(body).hexdigest() for body in bodies.values()}
    counted = crash_inbox.count(directory / "count", database_url, digests, control=None)
    kept = _count(database_url)
    held = counted["lost"] == counted["twice"] == counted["unfinished"] == 0
    exactly = set(kept.values()) == {references} and answers == {200: references * calls}
    told = {"references": references, "calls": answers.total(), "processes": processes, **kept, **counted}
    odd = {f"answered_{status}": times for status, times in sorted(answers.items()) if status != 200}
    return Outcome(held and exactly, {**told, **odd, "seconds": round(time.monotonic() - begun, 1)})


def _open(servers: Sequence[Server], references: int) -> list[str]:
    def open_one(number: int) -> str:
        url = f"{servers[number % len(servers)].url}/pay/womaye-gsp"
        answer = requests.post(url, json={"email": EMAIL}, timeout=PATIENCE)
        answer.raise_for_status()
        return str(answer.json()["reference"])

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(open_one, range(references)))


def _let_three_seconds_pass(database_url: str) -> None:
    """Paystack is asked about a payment every three seconds at most, and its opening was the first time."""
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(payments.update().values(asked_at=None))
    database.close()


def _race(servers: Sequence[Server], paid: Sequence[tuple[str, bytes]], calls: int) -> Counter[int]:
    """The statuses of all answers; 0 stands for none."""
    barrier = threading.Barrier(calls)

    def call(number: int) -> Counter[int]:
        answers: Counter[int] = Counter()
        delivers = number // len(servers) % 2 == 0
        connection = http.client.HTTPConnection("127.0.0.1", servers[number % len(servers)].port, timeout=PATIENCE)
        for reference, body in paid:
            barrier.wait(2 * PATIENCE)
            try:
                if delivers:
                    connection.request("POST", "/pay/webhook", body, {"x-paystack-signature": signed(body)})
                else:
                    connection.request("GET", f"/pay/verify/{reference}")
                answer = connection.getresponse()
                answer.read()
                answers[answer.status] += 1
            except (OSError, http.client.HTTPException):
                connection.close()
                answers[0] += 1
        connection.close()
        return answers

    with ThreadPoolExecutor(calls) as threads:
        return sum(threads.map(call, range(calls)), Counter())


def _count(database_url: str) -> dict[str, int]:
    database = Database(database_url)
    queries = {
        "settlements": "SELECT count(*) FROM payment_timeline WHERE kind = 'settled'",
        "receipts": "SELECT count(*) FROM messages WHERE kind = 'receipt'",
        "handovers": "SELECT count(*) FROM handovers",
    }
    with database.reading() as connection:
        counted = {name: int(connection.exec_driver_sql(sql).scalar_one()) for name, sql in queries.items()}
    database.close()
    return counted
