"""Redis dies, comes back, forgets, fills up, or may evict: who is let in, what counts, and the money meanwhile (FAULTS R46).

A server of two workers keeps what expires in Redis. While that is away, or full, whatever needs a counter is answered 503 and
not let through uncounted; sessions are 503 while nobody can tell, and 401 once they are forgotten; webhooks are kept and
settle as ever. A Redis that may evict the living is refused at the start. The control counts as one what it cannot count.
"""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
import requests

from flask_paystack.accounts.model import Role
from flask_paystack.clock import SystemClock
from tests.admin_keys import mailed_key, other_than
from tests.faults import Outcome, silence
from tests.faults.moved_time import count_settled
from tests.faults.pair import Server, scratch, started
from tests.killable import KillableRedis, killable_redis
from tests.patience import until
from tests.processes import completed, deploy
from tests.servers import free_port, running_redis
from tests.shop import Shop, signed
from tests.smtp import Mailbox, running_smtp

CONTROLS = {"fail-open": "tests.faults.broken_identity:fail_open()"}
EVICTING = ("allkeys-lru", "allkeys-lfu", "allkeys-random")
PASSWORD = "correct horse battery staple"
WELL = {"session": 200, "admin": 200, "login": 401, "ask": 202, "guess": 400, "token": 200, "webhook": 200}
EXPECTED: Mapping[str, Mapping[str, int]] = {
    "well": WELL,
    "dead": {**WELL, **dict.fromkeys(("session", "admin", "login", "ask", "guess"), 503)},
    "back": WELL,
    "full": {**WELL, "login": 503, "ask": 503, "guess": 503},
    "freed": WELL,
    "forgotten": {**WELL, "session": 400, "admin": 401},
}
"""What each is answered, by what befell Redis."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return lose(options.control)


def lose(control: str | None = None) -> Outcome:
    """Let each befall Redis in turn."""
    with ExitStack() as stack:
        directory = stack.enter_context(scratch())
        stack.enter_context(silence())
        store = stack.enter_context(killable_redis())
        mailbox = stack.enter_context(running_smtp())
        database = f"sqlite:///{directory}/payments.sqlite3"
        shop = stack.enter_context(Shop(directory, clock=SystemClock(), database_url=database))  # type: ignore[arg-type]
        settings = {"database_url": database, "store_url": store.url, "jobs": "off", "mail_server": "127.0.0.1"}
        settings["mail_port"] = str(mailbox.port)
        application = CONTROLS[control] if control else "wsgi:app"
        [server] = stack.enter_context(started(directory, 1, workers=2, application=application, **settings))
        probe = Probe.opened(server, mailbox, shop)
        wrong = [each for befallen in _befall(store, probe) for each in probe.differences(befallen)]
        wrong += _still_usable_after_five_guesses(store, probe)
        shop.run("processEvents")
        settled = [count_settled(shop, each) for each in probe.paid]
        started_with = [policy for policy in EVICTING if _starts(directory / policy, policy)]
    for line in wrong:
        print(line)
    numbers: dict[str, object] = {
        "states": len(EXPECTED),
        "answers": probe.asked,
        "wrong": len(wrong),
        "webhooks": len(probe.paid),
        "settled_once": settled.count(1),
        "evicting_policies_accepted": len(started_with),
    }
    return Outcome(not wrong and not started_with and set(settled) == {1}, numbers)


def _befall(store: KillableRedis, probe: "Probe") -> Iterator[str]:
    """Each state of Redis by its name, as long as it lasts."""
    yield "well"
    store.kill()
    yield "dead"
    store.start()
    until(probe.is_counted, 15)
    yield "back"
    with redis.Redis.from_url(store.url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
        yield "full"
        client.config_set("maxmemory", "0")
        yield "freed"
        client.flushall()
        yield "forgotten"


@dataclass
class Probe:
    """Somebody who holds a session, an access token and an access key, and Paystack beside them."""

    server: Server
    mailbox: Mailbox
    shop: Shop
    session: str
    token: str
    key: Mapping[str, str]
    paid: list[str]
    asked: int = 0

    @classmethod
    def opened(cls, server: Server, mailbox: Mailbox, shop: Shop) -> "Probe":
        """What the server gave while all was well."""
        shop.ours.services.accounts.create("ada@example.org", PASSWORD, Role.OPERATOR)
        form = {"email": "ada@example.org", "password": PASSWORD}
        token = requests.post(f"{server.url}/auth/login", json=form, timeout=20).json()["access_token"]
        probe = cls(server, mailbox, shop, "", token, {}, [])
        opened = requests.post(f"{server.url}/admin-keys/verify", json=probe.new_key(), timeout=20)
        probe.session = opened.json()["session_token"]
        probe.key = probe.new_key()
        return probe

    def new_key(self) -> Mapping[str, str]:
        """An access key, as its admin reads it."""
        issued = self._post("/admin-keys/request", {"permission_from": "admin1"}, Authorization=f"Bearer {self.token}")
        return {"id": issued.json()["id"], "key": mailed_key(self.mailbox)}

    def _post(self, path: str, form: Mapping[str, Any], **headers: str) -> requests.Response:
        return requests.post(self.server.url + path, json=form, headers=headers, timeout=20)

    def guess(self) -> int:
        """The answer to a wrong key."""
        return self._post("/admin-keys/verify", {**self.key, "key": other_than(self.key["key"], 1)}).status_code

    def is_counted(self) -> bool:
        """Whether both workers have Redis again: it takes several requests to meet both."""
        return all(self._post("/check-session", {"session_token": "x" * 43}).status_code == 400 for _ in range(12))

    def differences(self, befallen: str) -> list[str]:
        """What is answered otherwise than it should be in that state of Redis."""
        if befallen in {"back", "freed", "forgotten"}:
            self.key = self.new_key()
        found = self._answers()
        self.asked += len(found)
        expected = EXPECTED[befallen]
        return [
            f"{befallen}: {name} {found[name]} instead of {expected[name]}"
            for name in found
            if found[name] != expected[name]
        ]

    def _answers(self) -> dict[str, int]:
        bearer = {"Authorization": f"Bearer {self.token}"}
        header = {"X-Session-Token": self.session}
        reference = self.shop.open_payment()
        self.shop.customer_pays(reference)
        self.paid.append(reference)
        [body] = self.shop.webhook_bodies(reference)
        knock = {"Content-Type": "application/json", "x-paystack-signature": signed(body)}
        url = self.server.url
        wrong = {"email": "ada@example.org", "password": "a wrong password it is"}
        return {
            "session": self._post("/check-session", {"session_token": self.session}).status_code,
            "admin": requests.get(f"{url}/admin/payments", headers=header, timeout=20).status_code,
            "login": self._post("/auth/login", wrong).status_code,
            "ask": self._post("/admin-keys/request", {"permission_from": "admin1"}, **bearer).status_code,
            "guess": self.guess(),
            "token": requests.get(f"{url}/auth/me", headers=bearer, timeout=20).status_code,
            "webhook": requests.post(f"{url}/pay/webhook", data=body, headers=knock, timeout=20).status_code,
        }


def _still_usable_after_five_guesses(store: KillableRedis, probe: Probe) -> Iterator[str]:
    """Five wrong guesses burn a key; what befalls Redis afterwards must not heal it."""
    for befall in ("kill", "flush"):
        probe.key = probe.new_key()
        for _ in range(5):
            probe.guess()
        if befall == "kill":
            store.kill()
            store.start()
            until(probe.is_counted, 15)
        else:
            with redis.Redis.from_url(store.url) as client:
                client.flushall()
        if probe._post("/admin-keys/verify", probe.key).status_code != 400:
            yield f"A burnt key opened a session after a {befall}."


def _starts(directory: Path, policy: str) -> bool:
    """Whether a server takes a Redis of that policy, or does not say what is wrong with it."""
    directory.mkdir()
    with running_redis(maxmemory="100mb", maxmemory_policy=policy) as url:
        deploy(directory, store_url=url)
        code, output = completed(directory, "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{free_port()}")
    return code == 0 or policy not in output or "Traceback" in output
