"""The machine's clock jumps an hour either way, repeats a second, and leaves summer time: nobody gains by it (FAULTS R41).

A server of two workers reads its time from a file, in a time zone whose clocks go back five minutes after the start. Keys,
sessions and access tokens are made, the clock is set, and they are tried. The control takes the zone's time for UTC.
(libfaketime 0.9.10 cannot carry gunicorn: where it leaves the monotonic clock alone, as a step of the wall clock does,
``time.sleep`` fails.)
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests

from flask_paystack.accounts.model import Role
from flask_paystack.clock import SystemClock
from tests.admin_keys import mailed_key
from tests.faults import Outcome, silence
from tests.faults.broken_identity import TIME_FILE
from tests.faults.pair import Server, scratch
from tests.servers import running_redis
from tests.shop import Shop
from tests.smtp import Mailbox, running_smtp

CONTROLS = {"zone-time": "tests.faults.broken_identity:zone_time()"}
CLOCKS_GO_BACK = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
"""In Europe/Berlin."""
BEFORE = 300
PASSWORD = "correct horse battery staple"
KEY, SESSION, TOKEN = "key", "session", "token"
TRIES: tuple[tuple[float, Mapping[str, bool]], ...] = (
    (49.9, {KEY: True, SESSION: True, TOKEN: True}),
    (50.1, {KEY: False, SESSION: True, TOKEN: True}),
    (599.9, {KEY: False, SESSION: True, TOKEN: True}),
    (600.1, {KEY: False, SESSION: False, TOKEN: True}),
    (3599.9, {KEY: False, SESSION: False, TOKEN: True}),
    (3600.1, {KEY: False, SESSION: False, TOKEN: False}),
    (-1, {KEY: True, SESSION: True, TOKEN: True}),
    (-3600, {KEY: False, SESSION: False, TOKEN: False}),
    (86_400, {KEY: False, SESSION: False, TOKEN: False}),
)
"""By how many seconds the clock is set after each was made, and whether it is taken then."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return jump(options.control)


def jump(control: str | None = None, tries: Sequence[tuple[float, Mapping[str, bool]]] = TRIES) -> Outcome:
    """Make credentials, set the clock, and try them; once for each of ``tries``."""
    with ExitStack() as stack:
        directory = stack.enter_context(scratch())
        stack.enter_context(silence())
        mailbox = stack.enter_context(running_smtp())
        settings = {
            "database_url": f"sqlite:///{directory}/payments.sqlite3",
            "store_url": stack.enter_context(running_redis()),
            "mail_server": "127.0.0.1",
            "mail_port": str(mailbox.port),
            "jobs": "off",
        }
        shop = stack.enter_context(Shop(directory, clock=SystemClock(), database_url=settings["database_url"]))  # type: ignore[arg-type]
        shop.ours.services.accounts.create("ada@example.org", PASSWORD, Role.OPERATOR)
        server = Server(
            directory / "server", 2, CONTROLS[control] if control else "tests.faults.broken_identity:moved()"
        )
        stack.callback(server.kill)
        fake = FakeTime(directory / "time")
        server.variables = {"TZ": "Europe/Berlin", TIME_FILE: str(fake.path)}
        fake.set(0)
        server.start(**settings)
        person = Person(server, mailbox)
        wrong = [each for seconds, expected in tries for each in _differences(fake, person, seconds, expected)]
    for line in wrong:
        print(line)
    numbers: dict[str, object] = {"jumps": len(tries), "tries": 3 * len(tries), "wrong": len(wrong)}
    return Outcome(not wrong, numbers)


def _differences(fake: "FakeTime", person: "Person", seconds: float, expected: Mapping[str, bool]) -> Iterator[str]:
    fake.set(0)
    person.come_in()
    fake.set(seconds)
    found = person.is_taken()
    yield from (f"{seconds:+} s: {name} was {found[name]}" for name in expected if found[name] != expected[name])


class FakeTime:
    """What the server takes for the time: a file that is read anew each time it asks. It stands still until it is set."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def set(self, seconds: float) -> None:
        """Let it be so much later than at the beginning."""
        new = self.path.with_suffix(".new")
        new.write_text(repr(CLOCKS_GO_BACK.timestamp() - BEFORE + seconds), encoding="ascii")
        new.replace(self.path)


@dataclass
class Person:
    """Somebody with an access token, an access key, and a session opened by another."""

    server: Server
    mailbox: Mailbox
    token: str = ""
    session: str = ""
    key: tuple[str, str] = ("", "")

    def come_in(self) -> None:
        """Take fresh ones of each."""
        form = {"email": "ada@example.org", "password": PASSWORD}
        self.token = self._post("/auth/login", form).json()["access_token"]
        id, key = self._ask_for_key()  # noqa: A001
        self.session = self._post("/admin-keys/verify", {"id": id, "key": key}).json()["session_token"]
        self.key = self._ask_for_key()

    def is_taken(self) -> dict[str, bool]:
        """Which of them lets its bearer in now."""
        bearer = {"Authorization": f"Bearer {self.token}"}
        id, key = self.key  # noqa: A001
        return {
            TOKEN: requests.get(f"{self.server.url}/auth/me", headers=bearer, timeout=20).ok,
            SESSION: self._post("/check-session", {"session_token": self.session}).ok,
            KEY: self._post("/admin-keys/verify", {"id": id, "key": key}).ok,
        }

    def _ask_for_key(self) -> tuple[str, str]:
        told = self._post("/admin-keys/request", {"permission_from": "admin1"}).json()
        return told["id"], mailed_key(self.mailbox)

    def _post(self, path: str, form: Mapping[str, str]) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if path == "/admin-keys/request" else {}
        return requests.post(self.server.url + path, json=form, headers=headers, timeout=20)
