"""A hundred at once open a payment by one Idempotency-Key, at two processes: one is opened, and all agree (FAULTS R15).

Each is answered 201 with the same words, or 409 since its twin is running. Afterwards: the same key gets the same answer, with
another body 422, from another user a payment of its own, and all that for a day by a clock that is moved. The control keeps
keys in a dict of each process, and looks there before it does the work.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from tests.faults import Outcome, silence
from tests.faults.fleet import DATABASES, Server, fleet, shared_store, workplace
from tests.faults.paying import Town, town
from tests.faults.steered import Steering
from tests.race import race_between

CONTROLS = ("keys-in-process",)
PATIENCE = 30
DAY = 24 * 3600
BODY = {"email": "ada@example.org", "amount": 20000}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--parallel", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=10, help="each with a key of its own")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with workplace(options.database) as (directory, url), silence():
        return open_by_key(directory, url, options.parallel, options.rounds, options.control)


def open_by_key(directory: Path, database_url: str, parallel: int, rounds: int, control: str | None = None) -> Outcome:
    """Let ``parallel`` callers at once open one payment, ``rounds`` times."""
    begun = time.monotonic()
    application = f"tests.faults.steered:application({control!r})"
    # As many threads as may wait for their turn, so that all of them are in the race.
    threads = ("--preload", "--threads", str(max(16, parallel // 2)))
    settings = {"store_url": shared_store(directory, database_url)}
    with (
        town(database_url) as around,
        fleet(directory, 2, application, threads, **around.settings, **settings) as servers,
    ):
        callers = Callers(around, servers)
        for number in range(rounds):
            callers.race(f"key-{number}", parallel)
        callers.come_again("key-0")
        callers.keep_for_a_day("key-0")
    found = callers.found
    wrong = {
        name: found[name] for name in ("opened_twice", "disagreed", "odd_answers", "not_422", "shared", "forgotten")
    }
    told = {name: found[name] for name in ("answered_201", "answered_409")}
    numbers = {
        "rounds": rounds,
        "parallel": parallel,
        **told,
        **wrong,
        "remembered_too_long": found["remembered_too_long"],
    }
    ok = not any(wrong.values()) and not found["remembered_too_long"] and found["answered_201"] >= rounds
    return Outcome(ok, {**numbers, "seconds": round(time.monotonic() - begun, 1)})


class Callers:
    """Everybody who has an Idempotency-Key."""

    def __init__(self, around: Town, servers: Sequence[Server]) -> None:
        self.found: Counter[str] = Counter()
        self._town = around
        self._servers = servers
        self._answers: dict[str, Mapping[str, Any]] = {}

    def race(self, key: str, parallel: int) -> None:
        """All at once, and afterwards once more at each server."""
        before = self._opened()
        turns = [lambda at=each: self._pay(self._servers[at % len(self._servers)], key) for each in range(parallel)]
        answers = race_between(turns)
        answers += [self._pay(server, key) for server in self._servers]
        self.found["opened_twice"] += self._opened() - before != 1
        told = [answer.json() for answer in answers if answer.status_code == 201]
        self.found["disagreed"] += len({json.dumps(each, sort_keys=True) for each in told}) != 1
        self.found["answered_201"] += len(told)
        running = [answer for answer in answers if _code(answer) == (409, "idempotency_key_running")]
        self.found["answered_409"] += len(running)
        self.found["odd_answers"] += len(answers) - len(told) - len(running)
        self._answers[key] = told[-1] if told else {}

    def come_again(self, key: str) -> None:
        """With another body, and as another user."""
        for server in self._servers:
            other = self._pay(server, key, {**BODY, "amount": 20001})
            self.found["not_422"] += _code(other) != (422, "idempotency_key_reused")
        opened = {self._answers[key].get("reference")}
        for number, email in enumerate(("ada@example.org", "ben@example.org")):
            server = self._servers[number % len(self._servers)]
            member = requests.post(
                f"{server.url}/auth/register",
                json={"email": email, "password": "a long enough password"},
                timeout=PATIENCE,
            )
            bearer = {"Authorization": f"Bearer {member.json()['access_token']}"}
            twice = [self._pay(each, key, headers=bearer).json().get("reference") for each in self._servers]
            self.found["disagreed"] += len(set(twice)) != 1
            self.found["shared"] += twice[0] in opened
            opened.add(twice[0])

    def keep_for_a_day(self, key: str) -> None:
        """It is remembered until a day has gone by, and no longer."""
        for ahead, remembered in ((DAY - 600, True), (DAY + 600, False)):
            for server in self._servers:
                Steering(server.directory).set_clock(ahead)
            for server in self._servers:
                same = self._pay(server, key).json() == self._answers[key]
                self.found["forgotten"] += remembered and not same
                self.found["remembered_too_long"] += same and not remembered

    def _pay(
        self, server: Server, key: str, body: Mapping[str, Any] = BODY, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        sent = {"Idempotency-Key": key, **(headers or {})}
        return requests.post(f"{server.url}/pay/donation", json=body, headers=sent, timeout=PATIENCE)

    def _opened(self) -> int:
        with self._town.simulator.world.lock:
            return len(list(self._town.simulator.world.all_transactions()))


def _code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json().get("code"))
