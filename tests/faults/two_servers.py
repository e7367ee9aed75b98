"""Two servers and their jobs over Redis and PostgreSQL, while kill -9 takes any of them (FAULTS R8, R18, R64).

Each server has two workers and a ``flask jobs start`` beside it. Signed webhooks of paid payments arrive at both, are sent
again until they were answered 200, and sometimes after that. Every few seconds one or two of all these processes are killed,
chosen by the seed. Redis and PostgreSQL are started again a moment later, our own processes by something that does what
systemd does. In the end everything is counted: nothing acknowledged may be lost, and nothing settled twice.

``--partition`` cuts one of two servers off instead of killing anything; see ``partition``.
"""

import argparse
import random
import shutil
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from tests.faults import Outcome, crash_inbox, partition, silence
from tests.faults.load import Load
from tests.faults.namespaces import namespaces_missing
from tests.faults.supervised import Supervisor, Unit
from tests.killable import KillablePostgres, KillableRedis, killable_postgres, killable_redis
from tests.patience import until
from tests.processes import deploy
from tests.servers import free_port

CONTROLS = {"ack-first": "tests.faults.broken:ack_first()"}
HEALED_WITHIN = 5.0
"""Seconds after the return of an engine in which every server that lives must do its work again."""
BOOT = 60.0
EVENTS_A_SECOND = 100

Engine = KillablePostgres | KillableRedis


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--partition", type=float, metavar="SECONDS", help="cut one off for so long instead of killing")
    parser.add_argument("--control", choices=sorted({*CONTROLS, *partition.CONTROLS}))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    if options.partition:
        if missing := namespaces_missing():
            raise SystemExit(missing)
        return partition.cut_off(options.partition, options.control)
    with silence():
        return strike(options.seconds, options.seed, options.control)


def strike(seconds: float, seed: int = 1, control: str | None = None) -> Outcome:
    """Let webhooks arrive for ``seconds`` while the nemesis strikes."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        postgres = stack.enter_context(killable_postgres())
        redis = stack.enter_context(killable_redis())
        bodies = crash_inbox.prepare(postgres.url, int(seconds * EVENTS_A_SECOND) + 100)
        servers, jobs = _units(directory, postgres.url, redis.url, CONTROLS[control] if control else "wsgi:app")
        supervisor = stack.enter_context(Supervisor([*servers, *jobs]))
        for unit in supervisor.units:
            until(unit.is_ready, BOOT)
        last, *bodies = bodies
        load = stack.enter_context(Load([server.port for server in servers], bodies))
        nemesis = Nemesis(seed, servers, jobs, {"postgresql": postgres, "redis": redis}, load)
        nemesis.strike_for(seconds)
        load.stop()
        for unit in supervisor.units:
            until(unit.is_ready, BOOT)
        resumed_after = nemesis.work_resumed_after(last, postgres.url)
        deaths = [unit.name for unit in supervisor.units for _ in range(unit.deaths)]
        supervisor.stop()
        (directory / "count").mkdir()
        counted = crash_inbox.count(directory / "count", postgres.url, load.acknowledged, control)
    held = counted["lost"] == counted["twice"] == counted["unfinished"] == 0 and not deaths
    healed = max(nemesis.healed_after, default=0.0)
    numbers = {
        "seconds": seconds,
        "kills": len(nemesis.kills),
        **{f"of_{name}": nemesis.kills.count(name) for name in sorted(set(nemesis.kills))},
        "acknowledged": len(load.acknowledged),
        "refused": load.refused,
        **counted,
        "died_by_themselves": len(deaths),
        "slowest_healing": round(healed, 2),
        "work_went_on_after": round(resumed_after, 2),
    }
    in_time = healed <= HEALED_WITHIN and resumed_after <= 2 * HEALED_WITHIN
    return Outcome(held and in_time and len(load.acknowledged) > 0, numbers)


def _units(directory: Path, database_url: str, store_url: str, application: str) -> tuple[list[Unit], list[Unit]]:
    """Two servers, and a process for the jobs beside each."""
    settings = {"database_url": database_url, "store_url": store_url, "mail_port": str(free_port())}
    servers, jobs = [], []
    for name in ("one", "two"):
        port = free_port()
        (directory / name).mkdir()
        (directory / f"{name}-jobs").mkdir()
        serve = ["gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "2"]
        serve += ["--pythonpath", f".,{Path(__file__).parent.parent.parent}", "--log-level", "warning"]
        servers.append(Unit(f"server {name}", deploy(directory / name, jobs="off", **settings), serve, port))
        where = deploy(directory / f"{name}-jobs", **settings)
        jobs.append(Unit(f"jobs {name}", where, ["flask", "jobs", "start"]))
    return servers, jobs


class Nemesis:
    """Kills, and looks how long it takes until everything works again."""

    def __init__(
        self, seed: int, servers: list[Unit], jobs: list[Unit], engines: dict[str, Engine], load: Load
    ) -> None:
        self.kills: list[str] = []
        self.healed_after: list[float] = []
        """For each return of an engine, the seconds until every server that lived worked again."""
        self._chance = random.Random(seed)
        self._servers = servers
        self._jobs = jobs
        self._engines = engines
        self._load = load

    def strike_for(self, seconds: float) -> None:
        """Strike again and again; every kind of victim once before any comes twice."""
        ends = time.monotonic() + seconds
        rounds: list[tuple[str, ...]] = []
        while time.monotonic() < ends:
            rounds = rounds or self._chance.sample(
                [("postgresql",), ("redis",), ("server",), ("jobs",), ("server", "postgresql"), ("jobs", "redis")], 6
            )
            self._strike(rounds.pop())
            threading.Event().wait(self._chance.uniform(0.3, 1.0))

    def _strike(self, victims: tuple[str, ...]) -> None:
        self.kills.extend(victims)
        killed = [
            self._chance.choice(self._servers if kind == "server" else self._jobs)
            for kind in victims
            if kind in {"server", "jobs"}
        ]
        gone = [self._engines[kind] for kind in victims if kind in self._engines]
        for victim in [*killed, *gone]:
            victim.kill()
        threading.Event().wait(self._chance.uniform(0.3, 1.5))
        for engine in gone:
            engine.start()
            self._watch_healing([server for server in self._servers if server not in killed])
        for unit in killed:
            until(unit.is_ready, BOOT)

    def _watch_healing(self, servers: list[Unit]) -> None:
        returned = time.monotonic()
        for server in servers:
            # Each of its workers, and more than one thread of each, since any may have had a connection that broke.
            for _ in range(8):
                until(lambda server=server: self._load.works_at(server.port), BOOT)  # type: ignore[misc]
        self.healed_after.append(time.monotonic() - returned)

    def work_resumed_after(self, body: bytes, database_url: str) -> float:
        """The seconds that one more event takes to have its effect, worked on by processes that saw engines go."""
        began = time.monotonic()
        before = crash_inbox.events_done(database_url)
        until(lambda: self._load.deliver(self._servers[0].port, body), BOOT)
        until(lambda: crash_inbox.events_done(database_url) > before, BOOT)
        return time.monotonic() - began
