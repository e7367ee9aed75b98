"""Four processes of sixteen threads write to one SQLite file at a steady rate: nobody is told it is locked (FAULTS R10).

A real gunicorn with four workers takes signed webhooks at a fixed rate from as many clients as it has threads, while the
jobs of all four workers claim the events and settle their payments. Every answer must be 200, and no transaction of a job
be refused.
"""

import argparse
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.faults import Outcome, crash_inbox, silence
from tests.faults.courier import Courier, percentile
from tests.faults.server import Gunicorn

CONTROLS = {"plain-begin": "tests.faults.broken_storage:plain_begin()"}
REFUSALS = ("The database did not do what was asked", "The database is too busy to write")
"""What a log line tells of a transaction that did not come to its turn."""
STARTING = 3.0
"""Seconds in which the last of the workers still start. How long answers take is told for then and for later."""
WORKERS = 4
THREADS = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=30.0, metavar="WEBHOOKS_A_SECOND")
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        return contend(directory, options.seconds, options.rate, options.control)


def contend(directory: Path, seconds: float, rate: float, control: str | None = None) -> Outcome:
    """Let webhooks arrive for ``seconds`` at ``rate`` a second."""
    url = f"sqlite:///{directory}/payments.sqlite3"
    bodies = crash_inbox.prepare(url, int(seconds * rate))
    application = CONTROLS[control] if control else "wsgi:app"
    store = f"sqlite:///{directory}/sessions.sqlite3"
    with (
        Gunicorn(directory, url, application, workers=WORKERS, store_url=store) as server,
        Courier(server.port, bodies, rate, clients=WORKERS * THREADS) as courier,
    ):
        courier.is_done.wait(2 * seconds + 30)
    log = server.log.read_text(encoding="utf-8", errors="replace")
    with silence():
        counted = crash_inbox.count(directory, url, courier.acknowledged, control)
    started = min(each.due for each in courier.answers) + STARTING
    later = [each for each in courier.answers if each.due >= started]
    numbers = {
        "seconds": seconds,
        "rate": rate,
        "processes": WORKERS,
        "threads": WORKERS * THREADS,
        "acknowledged": len(courier.acknowledged),
        "refused": sum(each.status != 200 for each in courier.answers),
        "told_locked": sum(log.count(sentence) for sentence in REFUSALS),
        **counted,
        "p99_starting_ms": percentile([each for each in courier.answers if each.due < started], 0.99),
        "p50_ms": percentile(later, 0.5),
        "p99_ms": percentile(later, 0.99),
    }
    held = numbers["refused"] == numbers["told_locked"] == counted["lost"] == counted["twice"] == 0
    return Outcome(held and counted["sound"] is True and len(courier.acknowledged) == len(bodies), numbers)
