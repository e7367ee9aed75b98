"""Where the backend connects, seen by strace: to Paystack, mail, merchant and database, whatever it is sent (FAULTS R54).

A real gunicorn runs under strace while customers open payments, are asked for, paid, mailed and handed over. What they send
names a trap and other strange places wherever an address, a host or a reference can stand; one callback leads to the trap with
our leave, and still only the customer's browser may go there. Each address that any process connects or sends to must be one
of those configured; each of these must be seen; and nothing may reach the trap. The control looks whether the page of a
callback is there.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from urllib.parse import quote, urlsplit

import requests
from sqlalchemy import make_url

from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from tests.faults import Outcome, silence, strace
from tests.faults.pair import scratch
from tests.faults.paying import Paid, Town, town
from tests.faults.server import Gunicorn
from tests.killable import killable_postgres
from tests.patience import until
from tests.paystack.server import http, running_server
from tests.shop import signed

CONTROLS = {"fetching": "tests.faults.broken_addresses:fetching()"}
STRACE = ["strace", "--follow-forks", "--seccomp-bpf", "--string-limit=0", "--trace=connect,sendto,sendmsg,sendmmsg"]
INTERNET = re.compile(
    r"sin6?_port=htons\((?P<port>\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"(?P<address>[^\"]+)\""
)
PLACES = (
    "http://{trap}/x",
    "//{trap}/x",
    "https://shop.test@{trap}/",
    "http://169.254.169.254/latest",
    "http://evil.test/",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    strace.require()
    return lure(options.rounds, options.database, options.control)


def lure(rounds: int, database: str = "sqlite", control: str | None = None) -> Outcome:
    """Let so many customers pay, with strange places all around, and read the trace. There must be a strace."""
    with ExitStack() as stack:
        stack.enter_context(silence())
        directory = stack.enter_context(scratch())
        is_sqlite = database == "sqlite"
        url = f"sqlite:///{directory}/payments.sqlite3" if is_sqlite else stack.enter_context(killable_postgres()).url
        _make_ready(url)
        trap = stack.enter_context(running_server(http({"status": True})))
        around = stack.enter_context(town(url))
        expected = {urlsplit(around.settings[name]).netloc: name for name in ("paystack_base_url", "notify_url")}
        expected[f"127.0.0.1:{around.settings['mail_port']}"] = "mail_server"
        if not is_sqlite:
            parts = make_url(url)
            expected[f"{parts.host}:{parts.port}"] = "database_url"
        trace = directory / "trace.txt"
        settings = {**around.settings, "cors_origins": trap.url}
        del settings["database_url"]
        application = CONTROLS[control] if control else "wsgi:app"
        under = [*STRACE, f"--output={trace}"]
        with Gunicorn(directory, url, application, under=under, **settings) as server:
            lures = Lures(around, f"http://127.0.0.1:{server.port}", urlsplit(trap.url).netloc)
            paid = [lures.pay(number) for number in range(rounds)]
            until(lambda: all(around.is_over(each) for each in paid) and not around.waiting(), 60)
        with trace.open(encoding="utf-8", errors="replace") as lines:
            reached = Counter(addresses(lines))
        fetched = len(trap.requests)
    strange = {address: count for address, count in reached.items() if address not in expected}
    numbers: dict[str, object] = {
        "payments": len(paid),
        "lures": lures.sent,
        **{f"to_{name}": reached[address] for address, name in expected.items()},
        "elsewhere": sum(strange.values()),
        "reached_the_trap": fetched,
    }
    if strange:
        numbers["strange"] = f"'{', '.join(sorted(strange))}'"
    return Outcome(not strange and not fetched and all(reached[address] for address in expected), numbers)


def addresses(lines: Iterable[str]) -> Iterator[str]:
    """Each internet address with its port that a trace tells of; sockets of this machine's file system are none."""
    for line in lines:
        for found in INTERNET.finditer(line):
            yield f"{found['address']}:{found['port']}"


class Lures:
    """Customers who pay as they should, and name strange places wherever they can."""

    def __init__(self, around: Town, backend: str, trap: str) -> None:
        self.sent = 0
        self._around = around
        self._backend = backend
        self._trap = trap
        self._places = [place.format(trap=trap) for place in PLACES]

    def pay(self, number: int) -> Paid:
        """One payment from its opening to the customer's browser's return. Raises AssertionError where it is refused."""
        email = f"customer-{number}@example.org"
        for place in self._places:
            self._send("POST", "/pay/womaye-gsp", json={"email": email, "callback_url": place})
            self._send("POST", f"/pay/{quote(place, safe='')}", json={"email": email})
            self._send("GET", f"/pay/verify/{quote(place, safe='')}")
            self._send("POST", "/auth/forgot", json={"email": email, "url": place})
            self._send_webhook({"reference": place, "authorization_url": place, "callback_url": place})
        form = {"email": email, "callback_url": f"http://{self._trap}/thanks", "metadata": {"url": self._places[0]}}
        opened = self._send("POST", "/pay/womaye-gsp", json=form)
        assert opened.status_code == 201, opened.text
        paid = Paid(opened.json()["reference"], opened.json()["order"], email)
        assert self._send("GET", f"/pay/verify/{paid.reference}").status_code == 200
        self._around.tell(self._backend, self._around.pay(paid.reference))
        return paid

    def _send(self, method: str, path: str, **how: object) -> requests.Response:
        self.sent += 1
        headers = {
            "Host": self._trap,
            "Origin": f"http://{self._trap}",
            "Referer": self._places[0],
            "X-Forwarded-Host": self._trap,
            "X-Original-URL": self._places[0],
            "Forwarded": f'host="{self._trap}"',
        }
        return self._around.session.request(method, self._backend + path, headers=headers, timeout=20, **how)  # type: ignore[arg-type]

    def _send_webhook(self, data: dict[str, str]) -> None:
        self.sent += 1
        body = json.dumps({"event": "charge.success", "data": {"id": self.sent, "status": "success", **data}}).encode()
        headers = {"x-paystack-signature": signed(body), "Host": self._trap}
        url = f"{self._backend}/pay/webhook"
        assert self._around.session.post(url, data=body, headers=headers, timeout=20).status_code == 200


def _make_ready(url: str) -> None:
    database = Database(url)
    upgrades.upgrade(database)
    database.close()
