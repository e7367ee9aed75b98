"""Forged X-Forwarded-*, Forwarded and X-Real-IP, directly and behind one and two proxies: none changes anything (FAULTS R37).

A real gunicorn knows two proxies, 127.0.0.2 and 127.0.0.3. Every forgery is sent by a client of its own, twice as often as the
limit of ``/pay/verify/`` allows and with another value each time: exactly the limit may be let through. The address, the
scheme and the links that the application sees must be the true ones, and through a proxy nobody may read ``/metrics``, which
are for this machine. Through the proxies the true client is the one that they name; the next client has a limit of its own.
Each proxy appends the address it is reached from, as nginx does. One control believes whoever speaks, by werkzeug's
``ProxyFix``; the other believes the first address of a proxy's list.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from flask import request

from paystack_simulator import create_simulator
from tests.faults import Outcome, silence
from tests.faults.pair import scratch
from tests.faults.server import Gunicorn
from tests.wire import served

CONTROLS = {name: f"tests.faults.broken_addresses:{name}()" for name in ("leftmost", "trusting")}
LIMIT = 5
PROXIES = ("127.0.0.2", "127.0.0.3")
WAYS = ("direct", "one-proxy", "two-proxies")
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

Headers = Sequence[tuple[str, str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return spoof(options.control)


def forgeries() -> list[Headers]:
    """What is sent, ``{n}`` being another number each time."""
    named = [(name, f"for={value}" if name == "Forwarded" else value) for name in OF_ADDRESSES for value in ADDRESSES]
    single: list[Headers] = [[each] for each in [*named, *OTHERS]]
    twice = [("X-Forwarded-For", "198.51.100.{n}"), ("X-Forwarded-For", "192.0.2.{n}")]
    return [*single, twice, [*OTHERS, *((name, ADDRESSES[0]) for name in OF_ADDRESSES)]]


def spoof(control: str | None = None, every: int = 1) -> Outcome:
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
        settings = {
            "paystack_base_url": f"http://127.0.0.1:{stack.enter_context(served(simulator))}",
            "trusted_proxies": ",".join(PROXIES),
            "rate_limits": "on",
            "limit_verify": f"{LIMIT}/hour",
            "limit_login": f"{LIMIT}/hour",
            "jobs": "off",
        }
        server = stack.enter_context(Gunicorn(directory, url, application, **settings))
        tried = forgeries()[::every]
        for way in WAYS:
            for number, forged in enumerate(tried):
                numbers.update(Client(server.port, way, number).forge(forged))
            numbers["https_not_believed"] += way != "direct" and Client(server.port, way, 9_000).over_tls() != "https"
    numbers["told_to_paystack"] = sum(EVIL.encode() in each for each in told)
    wrong = sum(numbers[name] for name in _WRONG)
    held = wrong == 0 < numbers["limits_tried"] and len(told) > 0 and numbers["read"] > numbers["refused_unread"]
    return Outcome(held, {"forgeries": len(tried), "ways": len(WAYS), **numbers})


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
    "https_not_believed",
    "told_to_paystack",
)
_COUNTED += _WRONG


@dataclass(frozen=True)
class Client:
    """One of many, on one of the ways to the backend."""

    port: int
    way: str
    number: int

    @property
    def address(self) -> str:
        """Its true address: one of this machine, where it connects itself."""
        if self.way == "direct":
            return f"127.0.{1 + self.number // 250}.{1 + self.number % 250}"
        return f"100.64.{WAYS.index(self.way) * 100 + self.number // 250}.{1 + self.number % 250}"

    @property
    def peer(self) -> str:
        """Who connects to the backend."""
        return {"direct": self.address, "one-proxy": PROXIES[0], "two-proxies": PROXIES[1]}[self.way]

    def forge(self, forged: Headers) -> Counter[str]:
        """Try to pass the limit with forged headers, and see what was believed of them."""
        statuses = [self.ask("GET", "/pay/verify/ord-1", _filled(forged, n))[0] for n in range(1, 2 * LIMIT + 1)]
        if set(statuses) <= {0, 400, 431}:
            return Counter(refused_unread=1, short_ones_refused=max(len(value) for _, value in forged) < READ)
        passed = sum(each not in {0, 400, 429, 431} for each in statuses)
        seen = Counter(limits_tried=1, read=1)
        seen["beyond_the_limit"] = max(0, passed - LIMIT)
        seen["short_of_the_limit"] = max(0, LIMIT - passed)
        neighbour = Client(self.port, self.way, self.number + 5_000)
        seen["neighbours_shut_out"] = neighbour.ask("GET", "/pay/verify/ord-1", _filled(forged, 1))[0] == 429
        _, text = self.ask("GET", "/seen", _filled(forged, 1))
        found = json.loads(text)
        seen["another_address"] = found["address"] != self.address
        seen["another_scheme_or_link"] = {found["url"], found["link"]} != {"http://backend.test/seen"}
        opened, answer = self.ask("POST", "/pay/womaye-gsp", _filled(forged, 1), b'{"email": "ada@example.org"}')
        seen["in_an_answer"] = opened != 201 or EVIL in answer
        if self.way != "direct":
            seen["metrics_read"] = self.ask("GET", "/metrics", _filled(forged, 1))[0] == 200
        return seen

    def over_tls(self) -> str:
        """The scheme the application sees, when the proxy was asked over https."""
        _, text = self.ask("GET", "/seen", [], scheme="https")
        return str(json.loads(text)["url"]).partition(":")[0]

    def ask(self, method: str, path: str, headers: Headers, body: bytes = b"", scheme: str = "http") -> tuple[int, str]:
        """Status and text; 0 where the connection was shut instead."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(self.peer, 0))
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in [("Host", "backend.test"), ("Connection", "close"), *self._through(headers, scheme)]:
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

    def _through(self, headers: Headers, scheme: str) -> Headers:
        """What reaches the backend of these headers: a proxy names the scheme itself, and appends whom it was reached from."""
        if self.way == "direct":
            return headers
        kept = [each for each in headers if each[0] not in {"X-Forwarded-For", "X-Forwarded-Proto"}]
        named = [value for name, value in headers if name == "X-Forwarded-For"]
        named += [self.address] if self.way == "one-proxy" else [self.address, PROXIES[0]]
        return [*kept, ("X-Forwarded-For", ", ".join(named)), ("X-Forwarded-Proto", scheme)]


def _filled(headers: Headers, number: int) -> Headers:
    return [(name, value.replace("{n}", str(number))) for name, value in headers]
