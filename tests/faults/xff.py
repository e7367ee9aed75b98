"""Forged X-Forwarded-*, Forwarded and X-Real-IP, directly and behind one and two proxies: none changes anything (FAULTS R37).

A real gunicorn knows two proxies. It, each nginx and the clients are in networks of their own; where none can be made,
clients connect on loopback from the addresses of the proxies and write what these would. Every forgery is sent by a client
of its own, twice as often as the limit of ``/pay/verify/`` allows and with another value each time: exactly the limit may be
let through. The address, the scheme and the links that the application sees must be the true ones, the log may name nobody
else, and nobody may read ``/metrics`` who is not on the backend's machine. Through the proxies the true client is the one that
they name; the next client has a limit of its own. Each proxy appends the address it is reached from. One control believes
whoever speaks, by werkzeug's ``ProxyFix``; the other believes the first address of a proxy's list.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from flask import request

from paystack_simulator import create_simulator
from tests.faults import Outcome, nginx, silence
from tests.faults.namespaces import namespaces_missing
from tests.faults.pair import scratch
from tests.faults.server import Gunicorn
from tests.faults.ways import WAYS, Headers, Loopback, Ways, networks
from tests.processes import status
from tests.wire import served

CONTROLS = {name: f"tests.faults.broken_addresses:{name}()" for name in ("leftmost", "trusting")}
LIMIT = 5
EVIL = "evil.test"
READ = 8000
"""Bytes that gunicorn reads of a header, at the least."""

ADDRESSES = (
    "198.51.100.{n}",
    "198.51.100.{n}, 192.0.2.{n}, 10.0.0.{n}",
    "198.51.100.{n}, 127.0.0.2",
    "198.51.100.{n}, 127.0.0.3, 127.0.0.2",
    "127.0.0.1",
    "2001:db8:{n}::1",
    "[2001:db8:{n}::1]:443",
    "::ffff:198.51.100.{n}",
    "198.51.100.{n}:8080",
    "evil.test %00<{n}>;,,\t\xff",
    "198.51.100.{n}, " + "9" * 7000,
    "198.51.100.{n}, " * 640,
)
"""The last is of 10 kB, and beyond what gunicorn reads."""
OF_ADDRESSES = ("X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "Forwarded", "True-Client-IP", "X-Client-IP")
OTHERS = (
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Proto", "https, http"),
    ("X-Forwarded-Ssl", "on"),
    ("X-Forwarded-Protocol", "ssl"),
    ("X-Forwarded-Host", "evil.test"),
    ("X-Forwarded-Host", "a.test, evil.test"),
    ("X-Forwarded-Server", "evil.test"),
    ("X-Forwarded-Port", "4{n}"),
    ("X-Forwarded-Prefix", "//evil.test/{n}"),
    ("Script_Name", "/evil.test"),
    ("X-Original-URL", "https://evil.test/{n}"),
    ("Forwarded", 'for="[2001:db8::{n}]";host=evil.test;proto=https'),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    missing = networks_missing()
    if missing:
        print(f"{missing} The proxies are imitated on loopback.")
        return spoof(Loopback(), options.control)
    with networks() as ways:
        return spoof(ways, options.control)


def networks_missing() -> str | None:
    """Why the real ways cannot be made here, in a sentence."""
    return namespaces_missing() or (None if nginx.is_there() else "Real proxies need nginx: apt-get install nginx.")


def forgeries() -> list[Headers]:
    """What is sent, ``{n}`` being another number each time."""
    named = [(name, f"for={value}" if name == "Forwarded" else value) for name in OF_ADDRESSES for value in ADDRESSES]
    single: list[Headers] = [[each] for each in [*named, *OTHERS]]
    twice = [("X-Forwarded-For", "198.51.100.{n}"), ("X-Forwarded-For", "192.0.2.{n}")]
    return [*single, twice, [*OTHERS, *((name, ADDRESSES[0]) for name in OF_ADDRESSES)]]


def spoof(ways: Ways, control: str | None = None, every: int = 1) -> Outcome:
    """Send every forgery on every way, or each so many-th one."""
    told: list[bytes] = []
    simulator = create_simulator()
    simulator.before_request(lambda: told.append(request.get_data()))
    application = CONTROLS[control] if control else "tests.faults.broken_addresses:seeing()"
    numbers: Counter[str] = Counter(dict.fromkeys(_COUNTED, 0))
    with ExitStack() as stack:
        stack.enter_context(silence())
        directory = stack.enter_context(scratch())
        url = f"sqlite:///{directory}/payments.sqlite3"
        with ways.on_the_backend():
            settings = {
                "paystack_base_url": f"http://127.0.0.1:{stack.enter_context(served(simulator))}",
                "trusted_proxies": ",".join(ways.proxies),
                "rate_limits": "on",
                "limit_verify": f"{LIMIT}/hour",
                "limit_login": f"{LIMIT}/hour",
                "jobs": "off",
            }
            server = stack.enter_context(Gunicorn(directory, url, application, host=ways.host, **settings))
        stack.enter_context(ways.before(directory, server.port))
        tried = forgeries()[::every]
        clients = [Client(ways, server.port, way, number) for way in WAYS for number in range(len(tried))]
        for client in clients:
            numbers.update(client.forge(tried[client.number]))
        for way in WAYS[1:]:
            numbers["https_not_believed"] += Client(ways, server.port, way, 9_000).over_tls() != "https"
        with ways.on_the_backend():
            numbers["metrics_refused_at_home"] += status(f"http://127.0.0.1:{server.port}/metrics") != 200
        numbers["wrong_in_the_log"] = _wrong_in(server.log, clients)
    numbers["told_to_paystack"] = sum(EVIL.encode() in each for each in told)
    wrong = sum(numbers[name] for name in _WRONG)
    held = wrong == 0 < numbers["limits_tried"] and len(told) > 0 and numbers["read"] > numbers["refused_unread"]
    return Outcome(held, {"by": type(ways).__name__.lower(), "forgeries": len(tried), "ways": len(WAYS), **numbers})


def _wrong_in(log: Path, clients: Iterable["Client"]) -> int:
    """How many lines of the log name somebody who was not there. The proxies are asked on their machines whether they work."""
    here = {"127.0.0.1", *(each.address for client in clients for each in (client, client.neighbour))}
    here |= {Client(client.ways, client.port, client.way, 9_000).address for client in clients}
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    named = [line["address"] for line in lines if "address" in line]
    if not named:
        raise AssertionError("The log names nobody.")
    return sum(each not in here for each in named) + sum(EVIL in json.dumps(line) for line in lines)


_COUNTED = ("limits_tried", "read", "refused_unread")
_WRONG = (
    "short_ones_refused",
    "beyond_the_limit",
    "short_of_the_limit",
    "neighbours_shut_out",
    "another_address",
    "another_scheme_or_link",
    "in_an_answer",
    "metrics_read",
    "metrics_refused_at_home",
    "wrong_in_the_log",
    "https_not_believed",
    "told_to_paystack",
)
_COUNTED += _WRONG


@dataclass(frozen=True)
class Client:
    """One of many, on one of the ways to the backend."""

    ways: Ways
    port: int
    way: str
    number: int

    @property
    def address(self) -> str:
        """Its true address."""
        return self.ways.address(self.way, self.number)

    @property
    def neighbour(self) -> "Client":
        """Another on the same way."""
        return Client(self.ways, self.port, self.way, self.number + 5_000)

    def forge(self, forged: Headers) -> Counter[str]:
        """Try to pass the limit with forged headers, and see what was believed of them."""
        statuses = [self.ask("GET", "/pay/verify/ord-1", _filled(forged, n))[0] for n in range(1, 2 * LIMIT + 1)]
        if set(statuses) <= {0, 400, 431}:
            return Counter(refused_unread=1, short_ones_refused=max(len(value) for _, value in forged) < READ)
        passed = sum(each not in {0, 400, 429, 431} for each in statuses)
        seen = Counter(limits_tried=1, read=1)
        seen["beyond_the_limit"] = max(0, passed - LIMIT)
        seen["short_of_the_limit"] = max(0, LIMIT - passed)
        seen["neighbours_shut_out"] = self.neighbour.ask("GET", "/pay/verify/ord-1", _filled(forged, 1))[0] == 429
        _, text = self.ask("GET", "/seen", _filled(forged, 1))
        found = json.loads(text)
        seen["another_address"] = found["address"] != self.address
        seen["another_scheme_or_link"] = {found["url"], found["link"]} != {"http://backend.test/seen"}
        opened, answer = self.ask("POST", "/pay/womaye-gsp", _filled(forged, 1), b'{"email": "ada@example.org"}')
        seen["in_an_answer"] = opened != 201 or EVIL in answer
        if self.way in self.ways.remote:
            seen["metrics_read"] = self.ask("GET", "/metrics", _filled(forged, 1))[0] == 200
        return seen

    def over_tls(self) -> str:
        """The scheme the application sees, when the proxy was asked over https."""
        _, text = self.ask("GET", "/seen", [], scheme="https")
        return str(json.loads(text)["url"]).partition(":")[0]

    def ask(self, method: str, path: str, headers: Headers, body: bytes = b"", scheme: str = "http") -> tuple[int, str]:
        """Status and text; 0 where the connection was shut instead."""
        connection = self.ways.connect(self.way, self.number, self.port, scheme)
        sent = self.ways.through(self.way, self.number, headers, scheme)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in [("Host", "backend.test"), ("Connection", "close"), *sent]:
                connection.putheader(name, value.encode("latin-1"))
            if body:
                connection.putheader("Content-Type", "application/json")
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, f"{answer.headers}{text}" if body else text
        except (OSError, HTTPException):
            return 0, ""
        finally:
            connection.close()


def _filled(headers: Headers, number: int) -> Headers:
    return [(name, value.replace("{n}", str(number))) for name, value in headers]
