"""Every sync of a SQLite database fails for a while, several times: 503 and no 200, and it heals by itself (FAULTS R9).

strace attaches to the worker of a real gunicorn and lets ``fsync`` and ``fdatasync`` fail with EIO, as a dying disk does,
while webhooks arrive; then it lets go. From the first sync that failed until then nothing may be answered 200.
"""

import argparse
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.faults import Outcome, crash_inbox, silence, strace
from tests.faults.courier import Courier
from tests.faults.server import Gunicorn
from tests.faults.spells import HEALED_WITHIN, Spell, report, wait, wait_for_refusals
from tests.patience import until

CONTROLS = {"ack-first": "tests.faults.broken:ack_first()"}
RATE = 40.0
REFUSALS = 20
"""How many webhooks are refused before syncs work again."""
LONGEST = 10.0
"""Seconds of a spell in which nothing is refused, as it should be."""
BETWEEN = 2.0
"""Seconds between two spells."""
STRACE = ["strace", "--follow-forks", "--trace=fsync,fdatasync", "--inject=fsync,fdatasync:error=EIO"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        return fail(directory, options.times, options.control)


def fail(
    directory: Path, times: int, control: str | None = None, between: float = BETWEEN, longest: float = LONGEST
) -> Outcome:
    """Let syncs fail so many times. Raises SystemExit where strace is not there, or may not attach."""
    strace.require()
    spells: list[Spell] = []
    url = f"sqlite:///{directory}/payments.sqlite3"
    bodies = crash_inbox.prepare(url, int((times + 1) * (between + 1) * RATE))
    with Gunicorn(directory, url, CONTROLS[control] if control else "wsgi:app") as server:
        processes = server.processes()
        with Courier(server.port, bodies, RATE) as courier:
            for number in range(times):
                wait(between)
                spells.append(_spell(server.processes()[-1], directory / f"trace-{number}.txt", courier, longest))
            wait(between)
        restarts = len(set(server.processes()) - set(processes))
    with silence():
        counted = crash_inbox.count(directory, url, courier.acknowledged, control)
    seen = report(courier.answers, spells)
    failed = sum(each.read_text(encoding="utf-8").count("(INJECTED)") for each in directory.glob("trace-*.txt"))
    numbers = {
        "times": times,
        "syncs_failed": failed,
        "acknowledged": len(courier.acknowledged),
        "answered_503": seen.refused,
        "answered_200_meanwhile": f"{seen.taken_within}_of_{seen.within}",
        "answered_else": seen.neither,
        **counted,
        "restarts": restarts,
        "slowest_healing": seen.slowest_healing,
    }
    held = counted["lost"] == counted["twice"] == counted["unfinished"] == seen.neither == seen.taken_within == 0
    held = held and restarts == 0 and counted["sound"] is True and seen.slowest_healing <= HEALED_WITHIN
    return Outcome(held and seen.within > 0 and seen.refused >= times * REFUSALS, numbers)


def _spell(worker: int, trace: Path, courier: Courier, longest: float) -> Spell:
    spell = Spell()
    tracer = subprocess.Popen(
        [*STRACE, f"--output={trace}", f"--attach={worker}"], stderr=subprocess.PIPE, start_new_session=True
    )
    try:

        def has_failed() -> bool:
            if tracer.poll() is not None and tracer.stderr is not None:
                raise SystemExit(f"strace may not attach here: {tracer.stderr.read().decode().strip()}")
            return trace.exists() and "(INJECTED)" in trace.read_text(encoding="utf-8")

        until(has_failed, 20)
        spell.holds = time.monotonic()
        wait_for_refusals(courier, spell.holds, REFUSALS, longest)
        spell.mending = time.monotonic()
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(30)
        if tracer.stderr is not None:
            tracer.stderr.close()
    spell.over = time.monotonic()
    return spell
