"""The schema moves on under a server that takes webhooks: the old program answers on, as does the next (FAULTS R21).

Nothing has been released yet, so there is one schema. What the next release would do is shown with a revision of the test's
own, which adds a column that may be empty and an index to the events. It becomes part of a copy of the package, the next
program, whose ``flask db upgrade`` runs over a great many events while the old program serves. Then the next program serves.
Nothing that either acknowledged may be lost, and no answer be anything but 200, or 503 while the tables change hands.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

import flask_paystack
from flask_paystack.errors import StorageUnavailable
from flask_paystack.records.database import Database
from flask_paystack.records.leases import DONE, new_work
from flask_paystack.records.schema import REVISION, webhook_events
from tests import processes
from tests.faults import Outcome, crash_inbox, silence
from tests.faults.courier import Answer, Courier
from tests.faults.server import KEPT, Gunicorn
from tests.faults.spells import wait
from tests.servers import running_postgres

NEXT = f"{int(REVISION) + 1:04}"
ADD_A_COLUMN = """
    op.add_column("webhook_events", sa.Column("remark", sa.Text(), nullable=True))
    op.create_index("ix_webhook_events_remark", "webhook_events", ["remark", "state"])
"""
RENAME_A_COLUMN = """
    op.execute("ALTER TABLE webhook_events RENAME COLUMN deliveries TO times_delivered")
"""
CONTROLS = {"rename": RENAME_A_COLUMN}
RATE = 40.0
SPELL = 2.0
"""Seconds in which webhooks arrive before the upgrade, after it, and at the next program."""
LONGEST = 120
TRIES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        url = f"sqlite:///{directory}/payments.sqlite3"
        if options.database == "postgresql":
            url = stack.enter_context(running_postgres())
        return migrate(directory, url, options.rows, options.control)


def migrate(directory: Path, url: str, rows: int, control: str | None = None, spell: float = SPELL) -> Outcome:
    """Upgrade ``rows`` events of old times while new ones arrive."""
    bodies = crash_inbox.prepare(url, int(LONGEST * RATE))
    fill(url, rows)
    package = next_program(directory / "next", CONTROLS[control] if control else ADD_A_COLUMN)
    with Gunicorn(directory, url) as server, Courier(server.port, bodies[::2], RATE) as old:
        wait(spell)
        began = time.monotonic()
        upgrade(directory / "deployed", package, url)
        upgraded = time.monotonic()
        wait(spell)
    with Gunicorn(directory, url, pythonpath=str(package)) as server, Courier(server.port, bodies[1::2], RATE) as new:
        wait(spell)
    after = [each for each in old.answers if each.sent > upgraded]
    seen = {
        "rows": rows,
        "upgrade_seconds": round(upgraded - began, 2),
        "acknowledged": len(old.acknowledged) + len(new.acknowledged),
        "slowest_answer_ms": round(max(each.answered - each.sent for each in old.answers) * 1000),
        "old_program_200_afterwards": _taken(after),
        "next_program_200": _taken(new.answers),
        "neither_200_nor_503": sum(each.status != 200 and not each.is_our_503 for each in [*old.answers, *new.answers]),
    }
    counted = count(directory, url, rows, old.acknowledged | new.acknowledged)
    held = counted["lost"] == 0 and counted["twice"] == counted["unfinished"] == counted["old_rows_gone"] == 0
    held = held and counted["sound"] is True and seen["neither_200_nor_503"] == 0
    answers = len(after) > 0 and len(new.answers) > 0 and all(each.status == 200 for each in [*after, *new.answers])
    return Outcome(held and answers, {**seen, **counted})


def _taken(answers: list[Answer]) -> str:
    return f"{sum(each.status == 200 for each in answers)}_of_{len(answers)}"


def fill(url: str, rows: int) -> None:
    """Events of old times, all done."""
    now = datetime.now(UTC)
    usual = {
        "headers": {},
        "received_at": now,
        "last_delivery_at": now,
        "deliveries": 1,
        **new_work(now),
        "state": DONE,
    }
    usual |= {
        "event": "transfer.success",
        "body": b'{"event":"transfer.success","data":{"reason":"' + b"x" * 200 + b'"}}',
    }
    database = Database(url)
    for first in range(0, rows, 5000):
        batch = [{**usual, "digest": f"{number:064x}"} for number in range(first, min(rows, first + 5000))]
        with database.writing() as connection:
            connection.execute(webhook_events.insert(), batch)
    database.close()


def next_program(directory: Path, change: str) -> Path:
    """Where Python finds the package of the next release, whose schema differs by ``change``."""
    package = directory / "flask_paystack"
    shutil.copytree(Path(flask_paystack.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    schema = package / "records" / "schema.py"
    told = schema.read_text(encoding="utf-8")
    schema.write_text(told.replace(f'REVISION = "{REVISION}"', f'REVISION = "{NEXT}"'), encoding="utf-8")
    (package / "records" / "migrations" / "versions" / f"{NEXT}_the_next.py").write_text(
        f'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{NEXT}"\ndown_revision = "{REVISION}"\n'
        f"branch_labels = None\ndepends_on = None\n\n\ndef upgrade() -> None:{change}",
        encoding="utf-8",
    )
    return directory


def upgrade(directory: Path, package: Path, url: str) -> None:
    """``flask db upgrade`` of the next program, again where it did not come to its turn among those who write."""
    directory.mkdir()
    processes.deploy(directory, database_url=url)
    environment = {name: value for name, value in os.environ.items() if name in KEPT}
    command = [sys.executable, "-m", "flask", "db", "upgrade"]
    for _ in range(TRIES):
        done = subprocess.run(
            command,
            cwd=directory,
            env=environment | {"PYTHONPATH": str(package)},
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        if "nothing was kept" not in done.stderr:
            break
    if f"The database has schema {NEXT}" not in done.stdout:
        raise RuntimeError(done.stdout + done.stderr)


def count(directory: Path, url: str, rows: int, acknowledged: set[str]) -> dict[str, object]:
    """Finish what waits with the old program, and compare what was acknowledged with what came of it."""
    database = Database(url)
    with database.writing() as connection:
        # A process of the old program that starts now is refused; this one stands for one that had started before.
        connection.execute(text("UPDATE alembic_version SET version_num = :old"), {"old": REVISION})
        old = connection.execute(
            text("SELECT count(*) FROM webhook_events WHERE event = 'transfer.success'")
        ).scalar_one()
    database.close()
    try:
        with silence():
            counted = crash_inbox.count(directory, url, acknowledged, None)
    except StorageUnavailable:
        counted = {"lost": "unknown", "twice": "unknown", "unfinished": "unknown", "sound": False}
    return {**counted, "old_rows_gone": rows - old}
