"""The machine's clock jumps, repeats a second, and leaves or enters summer time: nobody gains by it (FAULTS R41).

Servers on each store, of two workers where it is shared, are told their time by libfaketime, whatever asks for it; where there
is none, our clock reads it from a file. They live in zones whose clocks go back, forward, or back by half an hour five minutes
after the start. Keys, sessions and access tokens are made, the clock is set while the servers run, and they are tried. A store
in memory goes by the clock that no one sets: a jump changes nothing there; where time is to pass, our reading of that clock
is the time that is told. The control takes the zone's time for UTC.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import requests

from flask_paystack.accounts.model import Role
from flask_paystack.clock import SystemClock
from tests.admin_keys import mailed_key
from tests.faults import Outcome, silence
from tests.faults.faketime import Clockwork, Libfaketime, TimeFile, faketime_missing
from tests.faults.pair import Server, scratch
from tests.servers import running_postgres, running_redis
from tests.shop import Shop
from tests.smtp import Mailbox, running_smtp

CONTROLS = ("zone-time",)
STORES = ("memory", "redis", "sqlite", "postgresql")
ZONES: Mapping[str, datetime] = {
    "Europe/Berlin": datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
    "America/New_York": datetime(2027, 3, 14, 7, 0, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2027, 4, 3, 15, 0, tzinfo=UTC),
}
"""Each with the instant at which its clocks are changed."""
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


Tries = Sequence[tuple[float, Mapping[str, bool]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--stores", nargs="+", choices=STORES, default=STORES)
    parser.add_argument("--zones", nargs="+", choices=sorted(ZONES), default=tuple(ZONES))
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    missing = faketime_missing()
    if missing:
        print(f"{missing} Our clock is told its time by a file instead.")
    kind = TimeFile if missing else Libfaketime
    return jump(kind, options.stores, options.zones, options.control)


def jump(
    kind: Callable[[Path], Clockwork],
    stores: Sequence[str],
    zones: Sequence[str],
    control: str | None = None,
    tries: Tries = TRIES,
) -> Outcome:
    """Make credentials, set the clock, and try them; on each store in each zone, once for each of ``tries``."""
    wrong: list[str] = []
    made = 0
    with silence():
        for store, zone in product(stores, zones):
            for number, (passes, chosen) in enumerate(_cases(store, tries)):
                with scratch() as directory, _store_url(store, directory) as url:
                    clockwork = kind(directory / "clock")
                    usual = clockwork.passing if passes else clockwork.product
                    application = clockwork.controls[control] if control else usual
                    differing = _jump_in(clockwork, directory, zone, url, application, chosen)
                wrong += [f"{store} ({number}), {zone}, {each}" for each in differing]
                made += len(chosen)
    for line in wrong:
        print(line)
    numbers: dict[str, object] = {"told_by": kind.__name__.lower(), "stores": ",".join(stores), "zones": len(zones)}
    return Outcome(not wrong, {**numbers, "jumps": made, "tries": 3 * made, "wrong": len(wrong)})


def _cases(store: str, tries: Tries) -> Iterator[tuple[bool, Tries]]:
    """Whether the clock that no one sets moves too, and what is to be tried then."""
    if store != "memory":
        yield False, tries
        return
    yield True, [each for each in tries if each[0] > 0]
    yield False, [(seconds, {**expected, KEY: True, SESSION: True}) for seconds, expected in tries]


@contextmanager
def _store_url(store: str, directory: Path) -> Iterator[str]:
    with ExitStack() as stack:
        if store == "redis":
            yield stack.enter_context(running_redis())
        elif store == "postgresql":
            yield stack.enter_context(running_postgres())
        else:
            yield "memory://" if store == "memory" else f"sqlite:///{directory}/store.sqlite3"


def _jump_in(clockwork: Clockwork, home: Path, zone: str, store_url: str, application: str, tries: Tries) -> list[str]:
    with ExitStack() as stack:
        mailbox = stack.enter_context(running_smtp())
        settings = {
            "database_url": f"sqlite:///{home}/payments.sqlite3",
            "store_url": store_url,
            "mail_server": "127.0.0.1",
            "mail_port": str(mailbox.port),
            "jobs": "off",
        }
        with Shop(home, clock=SystemClock(), database_url=settings["database_url"]) as shop:  # type: ignore[arg-type]
            shop.ours.services.accounts.create("ada@example.org", PASSWORD, Role.OPERATOR)
        workers = 1 if store_url == "memory://" else 2
        server = Server(home / "server", workers, application)
        stack.callback(server.kill)
        server.variables = {"TZ": zone, **clockwork.variables}
        beginning = ZONES[zone].timestamp() - BEFORE
        clockwork.set(beginning)
        server.start(**settings)
        person = Person(server, mailbox)
        differing = []
        for seconds, expected in tries:
            clockwork.set(beginning)
            person.come_in()
            clockwork.set(beginning + seconds)
            found = person.is_taken()
            differing += [
                f"{seconds:+} s: {name} was {found[name]}" for name in expected if found[name] != expected[name]
            ]
    return differing


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
