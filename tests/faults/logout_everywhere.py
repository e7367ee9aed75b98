"""Logout, a disabled user, a new password, another signing key: each ends a token on all servers within a second (FAULTS R43).

Two servers of two workers share a database and a store. Each token is made at one, used at every worker, ended at one,
and from then on tried at both for a second and more. The control remembers for five seconds, in each process, whose token it
saw.
"""

import argparse
import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import requests

from flask_paystack.accounts.model import Role
from flask_paystack.clock import SystemClock
from flask_paystack.expiring import open_store
from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from flask_paystack.sessions.service import Sessions
from tests.faults import Outcome, silence
from tests.faults.pair import Server, scratch, started
from tests.servers import running_postgres, running_redis
from tests.shop import Shop

CONTROLS = {"caching": "tests.faults.broken_identity:caching()"}
STORES = ("redis", "sql")
WITHIN = 1.0
"""Seconds from the answer that a token was ended, until nobody may take it any more."""
WATCHED = 1.6
PASSWORD = "correct horse battery staple"
OTHER_SECRET = "hQ8sVw2Lk0Ry7TzNc4Bd1Jm9XfGp3Eu6Ai5OoWb"
ADMINS = {"admin1": "ada@example.org", "admin2": "ben@example.org"}


@dataclass(frozen=True)
class Credential:
    """Something that lets its bearer in, and how it is ended: at one of the servers, or from the machine."""

    kind: str
    token: str
    is_session: bool
    end: Callable[[], object]

    def is_taken(self, server: Server) -> bool:
        """Whether a server lets it in, over a connection of its own, so that any worker may answer."""
        if self.is_session:
            url, form = f"{server.url}/check-session", {"session_token": self.token}
            return requests.post(url, json=form, timeout=20).status_code == 200
        bearer = {"Authorization": f"Bearer {self.token}"}
        return requests.get(f"{server.url}/auth/me", headers=bearer, timeout=20).status_code == 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--store", choices=[*STORES, "both"], default="both")
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    outcomes = [
        end_everywhere(each, options.rounds, options.control) for each in STORES if options.store in {each, "both"}
    ]
    numbers = {f"{each.numbers['store']}_{name}": told for each in outcomes for name, told in each.numbers.items()}
    return Outcome(all(each.ok for each in outcomes), {n: told for n, told in numbers.items() if "store" not in n})


def end_everywhere(store: str, rounds: int, control: str | None = None) -> Outcome:
    """End ``rounds`` tokens in each way, over Redis and SQLite, or over PostgreSQL alone."""
    with ExitStack() as stack:
        directory = stack.enter_context(scratch())
        stack.enter_context(silence())
        url = stack.enter_context(running_redis() if store == "redis" else running_postgres())
        database = f"sqlite:///{directory}/payments.sqlite3" if store == "redis" else url
        if store == "sql":
            opened = Database(url)
            upgrades.upgrade(opened)
            opened.close()
        settings: dict[str, Any] = {"database_url": database, "store_url": url, "jobs": "off"}
        shop = stack.enter_context(Shop(directory, clock=SystemClock(), **settings))  # type: ignore[arg-type]
        application = CONTROLS[control] if control else "wsgi:app"
        servers = stack.enter_context(started(directory, workers=2, application=application, **settings))
        made = _credentials(shop, servers, rounds)
        unknown = sum(not each.is_taken(server) for each in made for server in servers for _ in range(4))
        with ThreadPoolExecutor(8) as threads:
            seen = list(threads.map(lambda each: _watch(each, servers), made))
        late = [latest for latest in seen if latest > WITHIN]
        left = _key_change(shop, servers, settings)
    numbers: dict[str, object] = {
        "store": store,
        "tokens": len(made),
        "not_taken_while_good": unknown,
        "latest_accepted_s": round(max(seen), 3),
        "accepted_after_1s": len(late),
        "accepted_after_key_change": left,
    }
    return Outcome(not late and not unknown and not left, numbers)


def _credentials(shop: Shop, servers: Sequence[Server], rounds: int) -> list[Credential]:
    """Tokens for each way to end one."""
    accounts, sessions = shop.ours.services.accounts, shop.ours.services.sessions
    turn = itertools.cycle(servers)
    found = []
    for number in range(rounds):
        for kind in ("logout", "disable", "password"):
            email = f"{kind}-{number}@example.org"
            user = accounts.create(email, PASSWORD, Role.CUSTOMER)
            at = next(turn).url
            form = {"email": email, "password": PASSWORD}
            token = requests.post(f"{at}/auth/login", json=form, timeout=20).json()["access_token"]
            new = {"token": accounts.password_reset_token(user.id), "password": "another horse battery"}
            bearer = {"Authorization": f"Bearer {token}"}
            ends: dict[str, Callable[[], object]] = {
                "logout": lambda at=at, sent=bearer: requests.post(f"{at}/auth/logout", headers=sent, timeout=20),
                "disable": lambda email=email: accounts.disable(email),
                "password": lambda at=at, sent=new: requests.post(f"{at}/auth/reset", json=sent, timeout=20),
            }
            found.append(Credential(kind, token, is_session=False, end=ends[kind]))
        token, at = sessions.open("admin1"), next(turn).url
        header = {"X-Session-Token": token}
        end = lambda at=at, sent=header: requests.delete(f"{at}/sessions", headers=sent, timeout=20)  # noqa: E731
        found.append(Credential("session", token, is_session=True, end=end))
    return found


def _watch(credential: Credential, servers: Sequence[Server]) -> float:
    """End it; the latest second after that at which it was asked about and still taken, 0 where it never was."""
    credential.end()
    ended = time.monotonic()
    latest = 0.0
    for server in itertools.cycle(servers):
        asked = time.monotonic() - ended
        if asked > WATCHED:
            return latest
        if credential.is_taken(server):
            latest = max(latest, asked)
    raise AssertionError("There are servers.")


def _key_change(shop: Shop, servers: Sequence[Server], settings: dict[str, Any]) -> int:
    """Start both with another signing key and without an admin; how many tokens of before are taken."""
    form = {"email": "logout-0@example.org", "password": PASSWORD}
    token = requests.post(f"{servers[0].url}/auth/login", json=form, timeout=20).json()["access_token"]
    kept = Credential("key", token, is_session=False, end=lambda: None)
    store = open_store(settings["store_url"], SystemClock())
    former = Credential("admin", Sessions(store, ADMINS).open("admin2"), is_session=True, end=lambda: None)
    store.close()
    assert all(each.is_taken(server) for each in (kept, former) for server in servers)
    for server in servers:
        server.restart(**{**settings, "jwt_secret": OTHER_SECRET, "admin_emails": "admin1=ada@example.org"})
    return sum(each.is_taken(server) for each in (kept, former) for server in servers for _ in range(4))
