"""Who holds a claim dies, sleeps, or has a clock that jumps: another does the work, and it is done once (FAULTS R12).

Two servers over one database. A worker of one claims an event, a mail or a hand-over, and is caught before the transaction
that would end it. ``kill -9``: the other leaves the work alone while the lease lasts, and takes it over when it ends. SIGSTOP,
and SIGCONT once the other has done the work: what the sleeper then wants to commit must change nothing. The clock of one jumps
an hour ahead and back, and that of both an hour back while work waits, or is in the hands of somebody dead. Time is moved; the
machine's clock is left alone. The control ends what it once claimed, whoever has it by now.
"""

import argparse
import hashlib
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Table, select

from flask_paystack.records.leases import DONE
from flask_paystack.records.schema import handovers, messages, payment_timeline, payments, webhook_events
from tests.faults import Outcome, silence
from tests.faults.fleet import DATABASES, Server, fleet, shared_store, workplace
from tests.faults.paying import Paid, Town, town
from tests.faults.steered import Steering
from tests.patience import until

CONTROLS = ("no-fence",)
PATIENCE = 20.0
EARLY = 20
"""Seconds before its end at which a lease is seen to hold."""
LAST = 7
"""Seconds of a lease of the dead that really pass: longer than others look away."""
TAKEN_OVER_WITHIN = 1.0
"""Seconds after its end."""
HOUR = 3600
ENDS: dict[Table, str] = {
    webhook_events: "PaymentRecords.settle",
    messages: "MessageRecords.sent",
    handovers: "HandoverRecords.accepted",
}
"""The commit that would end each kind of work."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with workplace(options.database) as (directory, url), silence():
        return outlive(directory, url, options.control)


@dataclass(frozen=True)
class Worker:
    """One of the two servers."""

    server: Server
    steering: Steering


@dataclass
class Caught:
    """Work in the hands of a worker that is held."""

    table: Table
    paid: Paid
    key: Any
    holder: Worker
    other: Worker
    pid: int


def outlive(
    directory: Path,
    database_url: str,
    control: str | None = None,
    queues: Sequence[Table] = tuple(ENDS),
    acts: Sequence[str] = ("die", "sleep", "jump_ahead", "die_and_jump_back", "jump_back_while_work_waits"),
    within: float = TAKEN_OVER_WITHIN,
) -> Outcome:
    """Let workers that hold each kind of work die, sleep, and disagree about the time."""
    begun = time.monotonic()
    store = shared_store(directory, database_url)
    application = f"tests.faults.steered:application({control!r})"
    with (
        town(database_url) as around,
        fleet(directory, 2, application, ("--preload",), store_url=store, **around.settings) as servers,
    ):
        stage = Stage(around, [Worker(each, Steering(each.directory)) for each in servers])
        each_queue = [act for act in acts if act != "jump_back_while_work_waits"]
        for table in queues:
            for act in each_queue:
                getattr(stage, act)(table)
        if len(each_queue) < len(acts):
            stage.jump_back_while_work_waits()
        stage.count()
    told = {name: stage.found[name] for name in ("deaths", "sleeps", "jumps", "refused")}
    wrong = {name: stage.found[name] for name in ("taken_early", "zombie_commits", "stalled", "not_once")}
    ok = not any(wrong.values()) and stage.slowest <= within and told["refused"] == stage.found["woken"] > 0
    numbers = {**told, **wrong, "taken_over_s_after_lease": round(stage.slowest, 1)}
    return Outcome(ok, {**numbers, "seconds": round(time.monotonic() - begun, 1)})


class Stage:
    """Two workers, and what befalls them."""

    def __init__(self, around: Town, workers: Sequence[Worker]) -> None:
        self.found: Counter[str] = Counter()
        self.slowest = 0.0
        """The most seconds that it took from the end of a lease until the work of the dead was done."""
        self._town = around
        self._workers = workers
        self._all: list[Paid] = []
        self._ahead = 0.0

    def die(self, table: Table) -> None:
        """The holder is killed. Its work is left alone until its lease ends, and is then taken over."""
        caught = self._catch(table)
        self._kill(caught)
        ends = self._seconds_left(caught)
        self._move(ends - EARLY)
        self._pay_another(caught.other)
        self.found["taken_early"] += self._row(caught).state == DONE
        self._move(max(0.0, self._seconds_left(caught) - LAST))
        ended = time.monotonic() + self._seconds_left(caught)
        self._wait("stalled", lambda: self._row(caught).state == DONE)
        self.slowest = max(self.slowest, time.monotonic() - ended)
        self.found["deaths"] += 1

    def sleep(self, table: Table) -> None:
        """The holder is stopped, and goes on when another has done its work.

        It is stopped when it has nothing else in hand: on SQLite, one that is stopped while it writes holds everybody up.
        """
        caught = self._catch(table)
        self._wait("stalled", lambda: self._town.waiting() == 1)
        until(lambda: self._stop(caught.pid), PATIENCE)
        try:
            self._move(max(0.0, self._seconds_left(caught)))
            self._wait("stalled", lambda: self._is_done(caught))
            before = self._all_of(caught)
        finally:
            os.kill(caught.pid, signal.SIGCONT)
        self._wake(caught, before)
        self.found["sleeps"] += 1

    def jump_ahead(self, table: Table) -> None:
        """The other's clock jumps an hour ahead, so that it takes over what is being worked on; and back."""
        caught = self._catch(table)
        caught.other.steering.set_clock(self._ahead + HOUR)
        self._wait("stalled", lambda: self._is_done(caught))
        before = self._all_of(caught)
        caught.other.steering.set_clock(self._ahead)
        self._wake(caught, before)
        for worker in self._workers:
            self._pay_another(worker)
        self.found["jumps"] += 2

    def die_and_jump_back(self, table: Table) -> None:
        """The holder is killed, and the clock of both is set back by an hour: nobody waits that hour."""
        caught = self._catch(table)
        self._kill(caught)
        ends = self._seconds_left(caught)
        self._move(-HOUR)
        self._move(ends)
        self._wait("stalled", lambda: self._row(caught).state == DONE)
        self._move(HOUR)
        self.found["jumps"] += 1

    def jump_back_while_work_waits(self) -> None:
        """An event is kept, and the clock of both is set back by an hour before anybody has claimed it."""
        for worker in self._workers:
            worker.steering.order("hold", "WebhookRecords.claim")
        for worker in self._workers:
            until(lambda worker=worker: worker.steering.held, PATIENCE)  # type: ignore[misc]
        paid, _ = self._tell(self._workers[0])
        self._move(-HOUR)
        for worker in self._workers:
            worker.steering.countermand()
        self._wait("stalled", lambda: self._town.is_over(paid))
        self._move(HOUR)
        self.found["jumps"] += 1

    def count(self) -> None:
        """Every payment was settled once, and everybody told of it under one id."""
        self._wait("stalled", lambda: not self._town.waiting())
        for paid in self._all:
            ids = len(set(self._town.mails(paid))), len(set(self._town.told(paid)))
            self.found["not_once"] += (self._town.settled(paid), *ids) != (1, 1, 1)

    def _catch(self, table: Table) -> Caught:
        """A payment, the work of which is in the hands of a worker that is held."""
        self._wait("stalled", lambda: not self._town.waiting())
        for worker in self._workers:
            worker.steering.order("hold", ENDS[table])
        paid, digest = self._tell(self._workers[0])
        until(lambda: any(worker.steering.held for worker in self._workers), PATIENCE)
        holder, other = sorted(self._workers, key=lambda worker: worker.steering.held is None)
        other.steering.countermand()
        key = table.c.digest == digest if table is webhook_events else table.c.reference == paid.reference
        return Caught(table, paid, key, holder, other, holder.steering.held or 0)

    def _tell(self, worker: Worker) -> tuple[Paid, str]:
        paid = self._town.open(worker.server.url)
        self._all.append(paid)
        body = self._town.pay(paid.reference)
        assert body is not None
        self._town.tell(worker.server.url, body)
        return paid, hashlib.sha256(body).hexdigest()

    def _pay_another(self, worker: Worker) -> None:
        """Whatever befell others, a payment of now goes its way."""
        paid, _ = self._tell(worker)
        self._wait("stalled", lambda: self._town.is_over(paid))

    def _is_done(self, caught: Caught) -> bool:
        """Whether the work is done, and what follows from it."""
        return self._row(caught).state == DONE and self._town.is_over(caught.paid)

    def _kill(self, caught: Caught) -> None:
        os.kill(caught.pid, signal.SIGKILL)
        caught.holder.steering.countermand()

    def _stop(self, pid: int) -> bool:
        """Stop a process, unless it writes at this very moment."""
        os.kill(pid, signal.SIGSTOP)
        path = self._town.database.path
        if path is None:
            return True
        with closing(sqlite3.connect(path, timeout=1)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
                return False
        return True

    def _wake(self, caught: Caught, before: object) -> None:
        """Let the holder go on, whose work somebody else has done, and look at what it changed."""
        self.found["woken"] += 1
        caught.holder.steering.countermand()
        sentence = f"The lease on {caught.table.name} {self._row(caught).id} ended"
        until(lambda: caught.holder.steering.has_passed, PATIENCE)
        self._wait("not_refused", lambda: sentence in caught.holder.server.process.output, 3)
        self.found["refused"] += sentence in caught.holder.server.process.output
        self.found["zombie_commits"] += self._all_of(caught) != before

    def _move(self, seconds: float) -> None:
        """Let time go on, or back, for both."""
        self._ahead += seconds
        for worker in self._workers:
            worker.steering.set_clock(self._ahead)

    def _wait(self, otherwise: str, happened: Callable[[], object], seconds: float = PATIENCE) -> None:
        try:
            until(happened, seconds)
        except AssertionError:
            self.found[otherwise] += 1

    def _row(self, caught: Caught) -> Row[Any]:
        with self._town.database.reading() as connection:
            return connection.execute(select(caught.table).where(caught.key)).one()

    def _seconds_left(self, caught: Caught) -> float:
        """Until the lease ends, by the clock of both."""
        return (self._row(caught).lease_until - datetime.now(UTC)).total_seconds() - self._ahead

    def _all_of(self, caught: Caught) -> list[list[tuple[Any, ...]]]:
        """Every row about a payment, as it is."""
        mine = caught.paid.reference
        tables = (payments, payment_timeline, messages, handovers, webhook_events)
        with self._town.database.reading() as connection:
            return [
                [tuple(row) for row in connection.execute(select(table).where(table.c.reference == mine))]
                for table in tables
            ]
