"""Where the backend connects: to Paystack, mail, merchant and database, whatever it is sent (FAULTS R54).

A real gunicorn serves while customers open payments, are asked for, paid, mailed and handed over. What they send names a trap
and other strange places wherever an address, a host or a reference can stand; one callback leads to the trap with our leave,
and still only the customer's browser may go there. The backend is in a network of its own, from which every other address
leads to the trap's host, and all that is said there is seen; where none can be made, strace reads where it connects.
Each address that it speaks to must be one of those configured; each of these must be seen; and nothing may reach the trap. The
controls look whether the page of a callback is there, and whether its host has an address.
"""

import argparse
import json
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests
from sqlalchemy import make_url

from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from tests.faults import Outcome, silence, strace
from tests.faults.namespaces import namespaces_missing
from tests.faults.pair import scratch
from tests.faults.paying import Paid, Town, town
from tests.faults.server import Gunicorn
from tests.faults.witnesses import Trace, Witness, in_a_network
from tests.killable import killable_postgres
from tests.patience import until
from tests.paystack.server import http, running_server
from tests.shop import signed

CONTROLS = {name: f"tests.faults.broken_addresses:{name}()" for name in ("fetching", "resolving")}
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
    with scratch() as directory:
        missing = namespaces_missing()
        if missing is None:
            with in_a_network() as witness:
                return lure(witness, directory, options.rounds, options.database, options.control)
        print(f"{missing} strace looks instead, on loopback.")
        strace.require()
        return lure(Trace(directory), directory, options.rounds, options.database, options.control)


def lure(
    witness: Witness, directory: Path, rounds: int, database: str = "sqlite", control: str | None = None
) -> Outcome:
    """Let so many customers pay, with strange places all around, and hear the witness."""
    is_sqlite = database == "sqlite"
    with ExitStack() as stack:
        stack.enter_context(silence())
        with witness.at_home():
            url = (
                f"sqlite:///{directory}/payments.sqlite3" if is_sqlite else stack.enter_context(killable_postgres()).url
            )
            _make_ready(url)
            around = stack.enter_context(town(url))
        with witness.outside():
            trap = stack.enter_context(running_server(http({"status": True}), address=witness.trap_at))
        trap_place = urlsplit(trap.url).netloc if witness.trap_at[1] == 0 else witness.trap
        expected = {urlsplit(around.settings[name]).netloc: name for name in ("paystack_base_url", "notify_url")}
        expected[f"127.0.0.1:{around.settings['mail_port']}"] = "mail_server"
        if not is_sqlite:
            parts = make_url(url)
            expected[f"{parts.host}:{parts.port}"] = "database_url"
        settings = {**around.settings, "cors_origins": f"http://{trap_place}"}
        del settings["database_url"]
        application = CONTROLS[control] if control else "wsgi:app"
        server = Gunicorn(directory, url, application, under=witness.under, host=witness.listens_at, **settings)
        witness.begin()
        with witness.at_home():
            stack.enter_context(server)
        witness.ready(server.port)
        lures = Lures(around, f"http://{witness.backend}:{server.port}", trap_place)
        with witness.outside():
            paid = [lures.pay(number) for number in range(rounds)]
        with witness.at_home():
            until(lambda: all(around.is_over(each) for each in paid) and not around.waiting(), 60)
        server.kill()
        reached, fetched = witness.reached(), len(trap.requests)
    strange = {address: count for address, count in reached.items() if address not in expected}
    numbers: dict[str, object] = {
        "seen_by": type(witness).__name__.lower(),
        "payments": len(paid),
        "lures": lures.sent,
        **{f"to_{name}": reached[address] for address, name in expected.items()},
        "elsewhere": sum(strange.values()),
        "reached_the_trap": fetched,
    }
    if strange:
        numbers["strange"] = f"'{', '.join(sorted(strange))}'"
    return Outcome(not strange and not fetched and all(reached[address] for address in expected), numbers)


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
