"""Bodies too long, chunked, announced, compressed and nested, over every POST of both applications (FAULTS R34).

A real gunicorn serves the backend, another the simulator. What is over a limit is answered 413, however it comes, and nothing
is read in part; a compressed body is never unpacked; one nested deeper than the limit is answered 400, and a signed webhook
kept whole. Routes that read no body must answer as if none had come. No worker dies, and the memory of a server grows by
20 MiB at most, measured at its peak. The control reads with Flask's plain ``get_data()`` and ``json.loads``.
"""

import argparse
import gzip
import hashlib
import json
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException, HTTPResponse
from typing import Any

import requests
from sqlalchemy import select

from flask_paystack.clock import SystemClock
from flask_paystack.records.schema import webhook_events
from paystack_simulator import create_simulator
from tests.faults import Outcome, fuzz, silence
from tests.faults.memory import Memory
from tests.faults.pair import scratch, started
from tests.shop import SECRET_KEY, Shop, signed
from tests.wire import chunked

CONTROLS = {"plain-read": "tests.faults.broken_identity:plain_read()"}
MOST_GROWTH = 20 * 1024
"""KiB."""
LIMIT = 64 * 1024
LARGE_LIMIT = 1024 * 1024
DEPTHS = (65, 300, 5_000, 20_000)


@dataclass(frozen=True)
class Route:
    """A POST of one of the two servers, and the longest body it takes."""

    port: int
    path: str
    headers: dict[str, str]
    is_signed: bool
    limit: int
    deepest: int

    def post(self, body: bytes, *, chunk: int | None = None, announced: int | None = None, **headers: str) -> int:
        """The status that a body is answered with; 0 where the connection was shut instead.

        Args:
            chunk: send it in chunks of so many bytes.
            announced: the ``Content-Length``, where it is not the body's.
        """
        given = {"Content-Type": "application/json", **self.headers, **headers}
        if self.is_signed:
            given["x-paystack-signature"] = signed(body)
        given |= {"Transfer-Encoding": "chunked"} if chunk else {"Content-Length": str(announced or len(body))}
        head = [f"POST {self.path} HTTP/1.1", "Host: backend.test", "Connection: close"]
        head += [f"{name}: {value}" for name, value in given.items()]
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            with suppress(ConnectionError):
                connection.sendall("\r\n".join([*head, "", ""]).encode())
                connection.sendall(chunked(body, chunk) if chunk else body)
            try:
                response = HTTPResponse(connection)
                response.begin()
                response.read()
            except (OSError, HTTPException):
                return 0
            return response.status


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return exceed(options.control)


def exceed(control: str | None = None, only: str = "") -> Outcome:
    """Send every kind of body to every route whose address begins with ``only``."""
    with ExitStack() as stack:
        directory = stack.enter_context(scratch())
        stack.enter_context(silence())
        (directory / "simulator").mkdir()
        app = "tests.faults.broken_identity:simulator()"
        config = directory / "simulator.conf.py"
        config.write_text('worker_class = "gthread"\nthreads = 8\n', encoding="utf-8")
        [simulator] = stack.enter_context(started(directory / "simulator", 1, application=app, config=str(config)))
        settings = {
            "database_url": f"sqlite:///{directory}/payments.sqlite3",
            "store_url": f"sqlite:///{directory}/store.sqlite3",
            "paystack_base_url": simulator.url,
            "jobs": "off",
        }
        application = CONTROLS[control] if control else "wsgi:app"
        [backend] = stack.enter_context(started(directory, 1, application=application, **settings))
        in_process = {name: value for name, value in settings.items() if name != "paystack_base_url"}
        shop = stack.enter_context(Shop(directory, clock=SystemClock(), **in_process))  # type: ignore[arg-type]
        routes = [*_of_the_backend(shop, backend.port), *_of_the_simulator(simulator.port, simulator.url)]
        routes = [each for each in routes if each.path.startswith(only)]
        for route in routes:
            route.post(b"{" + b" " * 50_000)  # what is imported and made on first use is no growth
        memories = [Memory([server.pid]) for server in (backend, simulator)]
        statuses: Counter[int] = Counter()
        wrong: list[str] = []
        kept: list[bytes] = []
        for route in routes:
            for what, status, expected in _tried(route, kept):
                statuses[status // 100] += 1
                if status not in expected:
                    wrong.append(f"{route.path} {what}: {status} instead of {expected}")
        growth, peak = max(each.growth() for each in memories), max(each.peak_growth() for each in memories)
        deaths = sum(each.deaths() for each in memories)
        cut = _not_whole(shop, kept)
    for line in wrong[:20]:
        print(line)
    numbers: dict[str, object] = {
        "routes": len(routes),
        "bodies": sum(statuses.values()),
        **{f"{hundred}xx": statuses[hundred] for hundred in (2, 4, 5)},
        "hung_up": statuses[0],
        "wrong": len(wrong),
        "webhooks_cut": cut,
        "worker_deaths": deaths,
        "memory_growth_KiB": growth,
        "peak_growth_KiB": peak,
    }
    held = not wrong and not cut and not deaths and not statuses[5] and max(growth, peak) <= MOST_GROWTH
    return Outcome(held, numbers)


def _tried(route: Route, kept: list[bytes]) -> Iterator[tuple[str, int, set[int]]]:
    """What was sent, what came of it, and what may come of it."""
    empty = route.post(b"")
    takes_bodies = route.is_signed or route.post(b"{") in {400, 415}
    ignored = set() if takes_bodies else {empty, route.post(b"")}
    for more, name in ((1, "a byte"), (1000, "a little"), (route.limit, "as much")):
        body = b'{"x":1}'.ljust(route.limit + more)
        yield f"{name} too long", route.post(body), {413} | ignored
        yield f"{name} too long, in chunks", route.post(body, chunk=8192), {413} | ignored
    yield "8 MiB in chunks", route.post(b'{"x":1}'.ljust(8 * 2**20), chunk=65536), {0, 413} | ignored
    yield "announced only", route.post(b"{}", announced=10**9), {413} | ignored
    taken = {200} if route.is_signed else {400, 415} | ignored
    yield "a compressed bomb", route.post(_bomb(), **{"Content-Encoding": "gzip"}), taken
    for depth in DEPTHS:
        body = b'{"a":' * depth + b"1" + b"}" * depth
        if len(body) <= route.limit and depth > route.deepest:
            yield f"nested {depth} deep", route.post(body, chunk=4096), {200} if route.is_signed else {400} | ignored
            kept += [body] * route.is_signed
    whole = json.dumps({"event": "transfer.success", "filler": "é" * 1000}).encode().ljust(route.limit)
    status = route.post(whole, chunk=8192)
    yield "as long as may be, in chunks", status, {200} if route.is_signed else set(range(200, 500)) - {413}
    kept += [whole] * route.is_signed


@cache
def _bomb() -> bytes:
    """Little that unpacks to much."""
    return gzip.compress(b" " * 50_000_000)


def _not_whole(shop: Shop, bodies: list[bytes]) -> int:
    """How many signed webhooks were not kept as they came."""
    with shop.ours.records.database.reading() as connection:
        found = {row.digest: row.body for row in connection.execute(select(webhook_events))}
    return sum(found.get(hashlib.sha256(body).hexdigest()) != body for body in bodies)


def _of_the_backend(shop: Shop, port: int) -> Iterator[Route]:
    for target in fuzz.of_the_backend(shop):
        limit = LARGE_LIMIT if target.is_signed else LIMIT
        yield Route(port, target.path, target.credentials, target.is_signed, limit, 64)


def _of_the_simulator(port: int, url: str) -> Iterator[Route]:
    bearer = {"Authorization": f"Bearer {SECRET_KEY}"}
    form: dict[str, Any] = {"email": "ada@example.org", "amount": 500000, "reference": "ord-1"}
    opened = requests.post(f"{url}/transaction/initialize", json=form, headers=bearer, timeout=20).json()["data"]
    named = {"reference": "ord-1", "access_code": opened["access_code"], "code": "AUTH_1", "path": "x"}
    for rule in fuzz.posts(create_simulator()):
        yield Route(port, fuzz.filled(rule, named), bearer, is_signed=False, limit=LARGE_LIMIT, deepest=200)
