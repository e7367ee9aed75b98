"""PostgreSQL dies every few seconds while webhooks arrive: 503 while it is away, and nothing is lost (FAULTS R8).

It is killed with ``kill -9`` and with ``pg_ctl -m immediate`` in turn, and started again a moment later. Each answer that
was asked for and given while it was away must be a 503 in our shape of errors, and no answer at any time may be anything but
that or 200. A real gunicorn goes through all of it with the processes that it began with.
"""

import argparse
import random
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.faults import Outcome, crash_inbox, silence
from tests.faults.courier import Courier
from tests.faults.server import Gunicorn
from tests.faults.spells import HEALED_WITHIN, Spell, report, wait
from tests.killable import KillablePostgres, killable_postgres

CONTROLS = {"ack-first": "tests.faults.broken:ack_first()"}
RATE = 40.0
AFTERWARDS = 1.0
"""Seconds in which webhooks go on to arrive after the last outage."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return flap(options.seconds, options.every, options.control)


def flap(seconds: float, every: float, control: str | None = None, seed: int = 1) -> Outcome:
    """Let webhooks arrive for ``seconds`` while PostgreSQL dies every ``every`` seconds, for 0.4 of that at most."""
    chance = random.Random(seed)
    outages: list[Spell] = []
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        postgres = stack.enter_context(killable_postgres())
        bodies = crash_inbox.prepare(postgres.url, int(seconds * RATE))
        application = CONTROLS[control] if control else "wsgi:app"
        with Gunicorn(directory, postgres.url, application) as server:
            processes = server.processes()
            with Courier(server.port, bodies, RATE) as courier:
                begun = time.monotonic()
                while (strike_at := begun + every * (len(outages) + 1)) <= begun + seconds:
                    away = every * chance.uniform(0.1, 0.4)
                    wait(max(every / 5, strike_at - time.monotonic()))
                    outages.append(_outage(postgres, away, at_once=len(outages) % 2 == 0))
                wait(AFTERWARDS)
            restarts = len(set(server.processes()) - set(processes))
        (directory / "count").mkdir()
        with silence():
            counted = crash_inbox.count(directory / "count", postgres.url, courier.acknowledged, control)
    seen = report(courier.answers, outages)
    numbers = {
        "seconds": seconds,
        "outages": len(outages),
        "acknowledged": len(courier.acknowledged),
        "answered_503": seen.refused,
        "answered_200_while_away": f"{seen.taken_within}_of_{seen.within}",
        "answered_else": seen.neither,
        **counted,
        "restarts": restarts,
        "slowest_healing": seen.slowest_healing,
    }
    held = counted["lost"] == counted["twice"] == counted["unfinished"] == seen.taken_within == seen.neither == 0
    held = held and restarts == 0 and seen.slowest_healing <= HEALED_WITHIN
    return Outcome(held and seen.within > 0, numbers)


def _outage(postgres: KillablePostgres, seconds: float, *, at_once: bool) -> Spell:
    spell = Spell()
    if at_once:
        postgres.kill()
    else:
        postgres.abort()
    spell.holds = time.monotonic()
    wait(seconds)
    spell.mending = time.monotonic()
    postgres.start()
    spell.over = time.monotonic()
    return spell
