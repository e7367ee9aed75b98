"""What stands around two servers while secrets rotate, and those who go on asking (for ``rotate``)."""

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import requests

from flask_paystack.accounts.model import Role, User
from paystack_simulator import Simulator, create_simulator
from tests.admin_keys import mailed_key
from tests.faults.pair import Server
from tests.servers import running_redis
from tests.shop import JWT_SECRET, Shop, signed
from tests.smtp import Mailbox, running_smtp
from tests.wire import served

TTL = 5
"""Seconds that an access token lasts here: for so long both secrets must hold."""
OLD = {"jwt": JWT_SECRET, "paystack": "sk_test_of_last_year_4f1e", "mail": "smtp word of last year"}
NEW = {
    "jwt": "hQ8sVw2Lk0Ry7TzNc4Bd1Jm9XfGp3Eu6Ai5OoWb",
    "paystack": "sk_test_of_this_year_9a2c",
    "mail": "smtp word of this year",
}
PASSWORD = "correct horse battery staple"
OPERATORS = [f"operator{number}@example.org" for number in range(4)]


@dataclass
class World:
    """What stands around the servers."""

    simulator: Simulator
    mailbox: Mailbox
    settings: Mapping[str, Any]
    store_url: str
    member: User

    @classmethod
    def opened(cls, stack: ExitStack, directory: Path) -> "World":
        """Redis, a Paystack and a mail server that know the old secrets, and a database with a member and operators."""
        store_url = stack.enter_context(running_redis(appendonly="yes"))
        mailbox = stack.enter_context(running_smtp())
        mailbox.passwords = {OLD["mail"].encode()}
        app = create_simulator()
        port = stack.enter_context(served(app))
        settings = {
            "database_url": f"sqlite:///{directory}/payments.sqlite3",
            "store_url": store_url,
            "paystack_base_url": f"http://127.0.0.1:{port}",
            "mail_server": "127.0.0.1",
            "mail_port": str(mailbox.port),
            "mail_username": "shop",
            "jwt_ttl": str(TTL),
            "jobs": "off",
        }
        with Shop(directory, database_url=settings["database_url"]) as shop:
            member = shop.ours.services.accounts.create("member@example.org", PASSWORD, Role.CUSTOMER)
            for email in OPERATORS:
                shop.ours.services.accounts.create(email, PASSWORD, Role.OPERATOR)
        simulator: Simulator = app.extensions["simulator"]
        simulator.world.integration(OLD["paystack"])
        simulator.world.retired_keys.add(NEW["paystack"])  # until it is made, it opens nothing
        return cls(simulator, mailbox, settings, store_url, member)

    def partners_change(self) -> None:
        """From now on Paystack and the mail server know the new secret, and the new one only."""
        with self.simulator.world.lock:
            self.simulator.world.retired_keys.discard(NEW["paystack"])
            self.simulator.world.rotate_key(OLD["paystack"], NEW["paystack"])
        self.mailbox.passwords = {NEW["mail"].encode()}

    @property
    def signs_with(self) -> str:
        """The key with which Paystack signs now."""
        with self.simulator.world.lock:
            return next(iter(self.simulator.world.integrations))


@dataclass
class Stream:
    """Good requests, each at one server by turns, from four who work side by side."""

    servers: Sequence[Server]
    world: World
    asked: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[str, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._turn = 0
        work = (self._member, self._operator, self._frontend, self._paystack)
        self._threads = [threading.Thread(target=self._repeat, args=(each,), daemon=True) for each in work]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask no more."""
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    def pause(self, seconds: float) -> None:
        """Let them work for a while."""
        self._over.wait(seconds)

    def _repeat(self, work: Any) -> None:
        while not self._over.wait(0.1):
            work()

    def _ask(self, who: str, method: str, path: str, expected: int, **sent: Any) -> Any:
        """The answer's JSON, from the next server that is not away; None where it was refused."""
        for _ in range(1000):
            with self._lock:
                self._turn += 1
                server = self.servers[self._turn % len(self.servers)]
            try:
                answer = requests.request(method, server.url + path, timeout=20, **sent)
            except requests.ConnectionError:
                self._over.wait(0.02)
                continue
            with self._lock:
                self.asked[who] = self.asked.get(who, 0) + 1
                if answer.status_code != expected:
                    self.refused.append((f"{method} {path}", answer.status_code, answer.text[:90]))
                    return None
            return answer.json() if answer.headers["Content-Type"] == "application/json" else answer.text
        raise TimeoutError("No server was there.")

    def _login(self, who: str, email: str) -> tuple[dict[str, str], float]:
        """The header that an access token makes, and until when it is good, with a second to spare."""
        made = time.monotonic()
        told = self._ask(who, "POST", "/auth/login", 200, json={"email": email, "password": PASSWORD})
        return {"Authorization": f"Bearer {told['access_token'] if told else ''}"}, made + TTL - 1

    def _member(self) -> None:
        """Logs in, and is known at every server for as long as the token lasts."""
        bearer, until = self._login("member", "member@example.org")
        while time.monotonic() < until and not self._over.wait(0.15):
            self._ask("member", "GET", "/auth/me", 200, headers=bearer)

    def _operator(self) -> None:
        """Has a key mailed by one server, and trades it for a session at another."""
        with self._lock:
            email = OPERATORS[self.asked.get("operator", 0) % len(OPERATORS)]
        bearer, until = self._login("operator", email)
        while time.monotonic() < until and not self._over.wait(0.15):
            asked = {"json": {"permission_from": "admin1"}, "headers": bearer}
            issued = self._ask("operator", "POST", "/admin-keys/request", 202, **asked)
            if issued is None:
                return
            key = {"id": issued["id"], "key": mailed_key(self.world.mailbox)}
            opened = self._ask("operator", "POST", "/admin-keys/verify", 201, json=key)
            if opened is not None:
                token = {"session_token": opened["session_token"]}
                self._ask("operator", "POST", "/check-session", 200, json=token)

    def _frontend(self) -> None:
        """Opens a payment, for which a server asks Paystack."""
        self._ask("frontend", "POST", "/pay/womaye-gsp", 201, json={"email": "ada@example.org"})

    def _paystack(self) -> None:
        """Knocks, with whichever key signs now."""
        body = b'{"event":"transfer.success","data":{"id":%d}}' % time.monotonic_ns()
        headers = {"x-paystack-signature": signed(body, self.world.signs_with), "Content-Type": "application/json"}
        self._ask("paystack", "POST", "/pay/webhook", 200, data=body, headers=headers)
