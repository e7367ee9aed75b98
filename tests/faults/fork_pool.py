"""A pool of connections that was used before the fork: each worker has its own, and no answer goes astray (FAULTS R22).

gunicorn loads the application in its master (``--preload``), where every connection of the pool is used; then it forks four
workers. Each request has a worker read payments by their references, and compare what it got with what it asked for. The
control leaves the master's connections to its children, who then talk over each other's words.
"""

import argparse
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import requests
from flask import Flask, request
from flask.typing import ResponseReturnValue

from flask_paystack.app import FlaskPaystack
from flask_paystack.cli.start import application
from flask_paystack.records import database as database_room
from flask_paystack.web.services import EXTENSION
from tests.faults import Outcome, crash_inbox, silence
from tests.faults.fleet import fleet, workplace
from tests.killable import children_of

CONTROLS = ("kept-over-the-fork",)
WORKERS = 4
CLIENTS = 16
AT_ONCE = 50
"""Queries in one request."""
CONNECTIONS = 4
"""That the pool keeps, all of them used before the fork."""
PATIENCE = 20
PAYMENTS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with workplace("postgresql") as (directory, url), silence():
        return query(directory, url, options.queries, options.control)


def preloaded(control: str | None = None) -> Flask:
    """The backend, whose pool was used in the process that loaded it, and a route that queries."""
    if control is not None:
        database_room.in_each_child = lambda _: None
    app = application()
    ours: FlaskPaystack = app.extensions[EXTENSION]
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(ours.records.database.reading()).exec_driver_sql("SELECT 1")

    @app.post("/queries")
    def queries() -> ResponseReturnValue:
        found: Counter[str] = Counter()
        for reference in request.get_json():
            try:
                payment = ours.records.payments.get(reference)
            except Exception as error:  # noqa: BLE001 -- whatever a garbled connection raises is counted
                found[type(error.__cause__ or error).__name__] += 1
            else:
                found["right" if payment is not None and payment.reference == reference else "astray"] += 1
        return dict(found)

    return app


def query(directory: Path, database_url: str, queries: int, control: str | None = None) -> Outcome:
    """Send ``queries`` queries through four workers."""
    begun = time.monotonic()
    crash_inbox.prepare(database_url, PAYMENTS)
    backend = f"tests.faults.fork_pool:preloaded({control!r})"
    options = ("--preload", "--workers", str(WORKERS), "--threads", str(CONNECTIONS))
    with fleet(directory, 1, backend, options, database_url=database_url, store_url=database_url, jobs="off") as (
        server,
    ):
        references = _references(database_url)
        starts = range(0, queries, AT_ONCE)
        asked = [[references[(start + at) % PAYMENTS] for at in range(AT_ONCE)] for start in starts]

        def send(which: list[str]) -> Counter[str]:
            try:
                answer = requests.post(f"{server.url}/queries", json=which, timeout=PATIENCE)
                return Counter({"workers_answered": 1, **answer.json()})
            except (requests.RequestException, ValueError):
                return Counter(unanswered=AT_ONCE)

        with ThreadPoolExecutor(CLIENTS) as threads:
            found = sum(threads.map(send, asked), Counter())
        workers = len(children_of(server.process.popen.pid))
    answered = found.pop("workers_answered", 0)
    wrong = {name: times for name, times in sorted(found.items()) if name != "right"}
    numbers = {"queries": queries, "workers": workers, "requests": answered, "right": found["right"]}
    ok = found["right"] == queries and workers == WORKERS
    told = {"protocol_errors": sum(wrong.values()), **wrong}
    return Outcome(ok, {**numbers, **told, "seconds": round(time.monotonic() - begun, 1)})


def _references(database_url: str) -> list[str]:
    database = database_room.Database(database_url)
    with database.reading() as connection:
        found = [str(row[0]) for row in connection.exec_driver_sql("SELECT reference FROM payments")]
    database.close()
    return found
