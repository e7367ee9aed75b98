"""Two servers and their jobs, one of which is cut off from PostgreSQL and Redis for a while (FAULTS R18).

Each is in a network of its own, and so are the engines and those who send webhooks. The cable of the first is cut, and mended
later. Meanwhile every job must go on: once in each of its periods, one more or less, with no pause that is longer than its
period by more than ninety seconds. What the first had in hand is taken over, nothing acknowledged is lost, and nothing is
settled twice. The control runs jobs without asking whether another does.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

from tests.faults import Outcome, crash_inbox, silence
from tests.faults.load import Load
from tests.faults.namespaces import Namespace, network
from tests.faults.pair import ROOT, scratch
from tests.killable import killable_postgres, killable_redis
from tests.patience import until
from tests.processes import Process, deploy, status
from tests.servers import free_port

CONTROLS = {"no-lease": "tests.faults.broken_races:no_lease"}
TAKEN_OVER_WITHIN = 90.0
AROUND = 20.0
"""Seconds before the cut, and after it was mended."""
BOOT = 90.0
EVENTS_A_SECOND = 110
PERIODS = {
    "pollPayments": 10,
    "noticeFailures": 10,
    "retryCharges": 30,
    "lookForAlarms": 60,
    "removeExpiredKeys": 60,
    "removeExpiredSessions": 60,
    "removeExpiredCounters": 60,
}
"""Seconds. The other jobs run hourly or more seldom."""
COUNTING = """
CREATE TABLE turns (name text, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION note_turn() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO turns (name) VALUES (NEW.name); RETURN NULL; END $$;
CREATE TRIGGER turn AFTER UPDATE ON jobs FOR EACH ROW WHEN (NEW.fence <> OLD.fence) EXECUTE FUNCTION note_turn();
"""


def cut_off(seconds: float, control: str | None = None) -> Outcome:
    """Cut the first off for so long, while webhooks arrive at both. There must be namespaces."""
    with ExitStack() as stack:
        stack.enter_context(silence())
        directory = stack.enter_context(scratch())
        switch, at = stack.enter_context(network("engines", "one", "two", "customers"))
        engines = at["engines"]
        with engines.entered():
            postgres = stack.enter_context(killable_postgres(engines.address))
            redis = stack.enter_context(killable_redis(engines.address))
            bodies = crash_inbox.prepare(postgres.url, int((seconds + 2 * AROUND) * EVENTS_A_SECOND))
            watch = Watch(stack.enter_context(psycopg.connect(postgres.url, autocommit=True)))
        servers = [Server(at[name], directory / name) for name in ("one", "two")]
        for server in servers:
            stack.callback(server.kill)
            server.start(control, database_url=postgres.url, store_url=redis.url)
        with at["customers"].entered():
            for server in servers:
                until(server.is_ready, BOOT)
            load = stack.enter_context(Load([each.port for each in servers], bodies, [each.host for each in servers]))
        watch.begin()
        time.sleep(AROUND)
        switch.cut("one")
        claimed = watch.in_hand()
        taken_over_after = _waited_for(watch.is_done_of(claimed), seconds)
        switch.mend("one")
        with at["customers"].entered():
            healed_after = _took(lambda: load.works_at(servers[0].port))
        time.sleep(AROUND)
        load.stop()
        pause, odd = watch.judged()
        died = sum(server.died() for server in servers)
        for server in servers:
            server.kill()
        with engines.entered():
            (directory / "count").mkdir()
            counted = crash_inbox.count(directory / "count", postgres.url, load.acknowledged, None)
    numbers = {
        "cut_off_for": seconds,
        "acknowledged": len(load.acknowledged),
        **counted,
        "died": died,
        "claimed_at_the_cut": len(claimed),
        "taken_over_after": round(taken_over_after, 1),
        "longest_pause_beyond_period": round(pause, 1),
        "healed_after": round(healed_after, 1),
        "not_once_a_period": ",".join(odd) or 0,
    }
    held = counted["lost"] == counted["twice"] == counted["unfinished"] == died == len(odd) == 0
    in_time = taken_over_after <= TAKEN_OVER_WITHIN and pause <= TAKEN_OVER_WITHIN
    return Outcome(held and in_time and len(load.acknowledged) > 0, numbers)


def _waited_for(happened: Callable[[], object], seconds: float) -> float:
    """Wait for ``seconds``; how many of them it took to happen, or without end."""
    began, took = time.monotonic(), float("inf")
    while (passed := time.monotonic() - began) < seconds:
        if took == float("inf") and happened():
            took = passed
        time.sleep(0.2)
    return took


def _took(happened: Callable[[], object]) -> float:
    began = time.monotonic()
    until(happened, BOOT)
    return time.monotonic() - began


class Server:
    """A gunicorn and its ``flask jobs start``, in a network of their own."""

    def __init__(self, namespace: Namespace, directory: Path) -> None:
        self.host = namespace.address
        self.port = free_port()
        self._namespace = namespace
        self._directory = directory
        self._processes: list[Process] = []

    def start(self, control: str | None, **settings: Any) -> None:
        """Start both; neither need have begun to work."""
        where = [self._directory / "server", self._directory / "jobs"]
        for each, jobs in zip(where, ("off", "on"), strict=True):
            each.mkdir(parents=True)
            deploy(each, jobs=jobs, mail_port=str(free_port()), **settings)
        serve = [
            "gunicorn",
            "wsgi:app",
            "--bind",
            f"{self.host}:{self.port}",
            "--workers",
            "2",
            "--log-level",
            "warning",
        ]
        app = ["--app", CONTROLS[control]] if control else []
        with self._namespace.entered():
            self._processes.append(Process(where[0], *serve))
            variables = {"PYTHONPATH": str(ROOT)}
            self._processes.append(Process(where[1], "flask", *app, "jobs", "start", variables=variables))

    def is_ready(self) -> bool:
        """Whether it answers, and its jobs run."""
        jobs = self._processes[1].output
        return "Running" in jobs and status(f"http://{self.host}:{self.port}/healthz") == 200

    def died(self) -> int:
        """How many of its processes ended by themselves."""
        return sum(process.popen.poll() is not None for process in self._processes)

    def kill(self) -> None:
        """End both."""
        for process in self._processes:
            process.kill()
        self._processes.clear()


class Watch:
    """Sees in PostgreSQL who did what, and when."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._began = datetime.now(UTC)
        connection.execute(COUNTING)

    def begin(self) -> None:
        """All runs as it should from now on."""
        self._began = self._ask("SELECT clock_timestamp()")[0][0]

    def in_hand(self) -> list[int]:
        """The events that somebody has claimed."""
        return [row[0] for row in self._ask("SELECT id FROM webhook_events WHERE state = 'waiting' AND fence > 0")]

    def is_done_of(self, events: list[int]) -> Callable[[], bool]:
        """Whether all of them have had their effect."""
        query = "SELECT count(*) FROM webhook_events WHERE state = 'waiting' AND id = ANY(%s)"
        return lambda: self._ask(query, events)[0][0] == 0

    def judged(self) -> tuple[float, list[str]]:
        """By how much the longest pause of a job was longer than its period; and jobs that had too few turns or too many."""
        ended = self._ask("SELECT clock_timestamp()")[0][0]
        longest, odd = 0.0, []
        for name, period in PERIODS.items():
            found = self._ask("SELECT at FROM turns WHERE name = %s AND at > %s ORDER BY at", name, self._began)
            turns = [self._began, *(row[0] for row in found), ended]
            pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(turns)]
            beyond = max(0.0, max(pauses) - period)
            longest = max(longest, beyond)
            due = (ended - self._began).total_seconds() / period
            # A pause has no turns; once it is over, the job is due at once, and in its periods from then on.
            if not (due - beyond / period) - 2 < len(found) < due + 2:
                odd.append(f"{name}:{len(found)}/{due:.1f}")
        return longest, odd

    def _ask(self, query: str, *values: Any) -> list[Any]:
        return self._connection.execute(query, values).fetchall()
