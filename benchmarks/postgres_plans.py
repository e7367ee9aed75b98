"""How PostgreSQL finds what the product asks for, in a shop of a million payments and three million webhook events.

Every public method of every record is called; each statement it sends is then explained with the values it had. A statement
that reads one of the big tables from end to end is told as such, and ends the run with exit code 1.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, event, text
from tests.clock import ManualClock
from tests.servers import running_postgres
from tests.shop import JWT_SECRET

from benchmarks.big_shop import Size, fill
from benchmarks.product_calls import LEASE, calls, public_methods
from flask_paystack.records.database import Database
from flask_paystack.records.stores import Records

BIG = frozenset({"payments", "orders", "payment_timeline", "webhook_events", "messages", "handovers"})
WHOLE = frozenset({"numbers.counts", "numbers.settled_sums", "clear_bodies.count_sealed_with"})
"""They amount to everything, and so read everything; what is slow of it is kept for a while (``records/numbers.py``), or asked
where a key is lost and a person wants to know how much with it."""
MOST_WASTED = 5_000
"""Rows that a statement may read and throw away: a few milliseconds."""


@dataclass(frozen=True)
class Sent:
    """A statement as the driver got it."""

    method: str
    statement: str
    values: Any


@dataclass(frozen=True)
class Plan:
    """How a statement was carried out."""

    sent: Sent
    milliseconds: float
    scans: tuple[str, ...]
    """Big tables that were read from end to end, with the table's or an index's pages."""


class Listener:
    """Writes down the statements of a database, under the method that sent them."""

    def __init__(self, database: Database) -> None:
        self.sent: list[Sent] = []
        self._method = ""
        event.listen(database.engine, "before_cursor_execute", self._hear)

    def _hear(self, _connection: Connection, _cursor: Any, statement: str, values: Any, *further: Any) -> None:
        _context, is_for_many = further
        self.sent.append(Sent(self._method, statement, values[0] if is_for_many else values))

    @contextmanager
    def during(self, method: str) -> Iterator[None]:
        """What is sent within the block belongs to ``method``."""
        self._method = method
        yield
        self._method = ""


def plans(database: Database, sent: list[Sent]) -> Iterator[Plan]:
    """How each statement is carried out, by carrying it out once more and taking it back."""
    for each in {(one.method, one.statement, repr(one.values)): one for one in sent}.values():
        with database.engine.connect() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            explained = connection.exec_driver_sql(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {each.statement}", each.values
            ).scalar_one()
            connection.rollback()
        (told,) = explained if isinstance(explained, list) else json.loads(explained)
        yield Plan(each, told["Execution Time"], tuple(_full_scans(told["Plan"])))


def _full_scans(node: Mapping[str, Any]) -> Iterator[str]:
    """Big tables read without an index, or through an index that left much to be thrown away."""
    table = node.get("Relation Name")
    wasted = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    if table in BIG and (node["Node Type"] == "Seq Scan" or wasted > MOST_WASTED):
        yield f"{table} ({node['Node Type']}, {wasted} rows thrown away)"
    for below in node.get("Plans", ()):
        yield from _full_scans(below)


def measure(url: str, size: Size) -> list[Plan]:
    """Fill an empty database, let the product do everything it can there, and explain all of it."""
    database = Database(url)
    fill(database, size)
    database.close()
    now = datetime.now(UTC)
    records = Records.open(url, ManualClock(now), LEASE, [JWT_SECRET])
    listener = Listener(records.database)
    made = calls(records, size, now)
    unknown = public_methods(records) ^ {name for name in made if not name.startswith("pruning.")}
    if unknown:
        raise RuntimeError(f"Methods that are not called here, or are gone: {', '.join(sorted(unknown))}.")
    for name, acts in made.items():
        with listener.during(name):
            for act in acts:
                act()
    heard = [each for each in listener.sent if not each.statement.startswith(("SHOW", "INSERT"))]
    found = list(plans(records.database, heard))
    records.database.close()
    return found


def too_long_reads(found: list[Plan]) -> list[Plan]:
    """The statements that read a big table from end to end and should not."""
    return [plan for plan in found if plan.scans and plan.sent.method not in WHOLE]


def main() -> int:
    """Print the slowest statements, and those that read a big table from end to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--database-url", help="an empty database to use, instead of one of its own")
    options = parser.parse_args()
    with ExitStack() as stack:
        url = options.database_url or stack.enter_context(running_postgres())
        found = measure(url, Size(options.payments, options.events))
    for plan in sorted(found, key=lambda plan: -plan.milliseconds)[:20]:
        print(f"{plan.milliseconds:9.2f} ms  {plan.sent.method:<32} {' '.join(plan.sent.statement.split())[:150]}")
    scans = too_long_reads(found)
    for plan in scans:
        print(
            f"reads all of {', '.join(plan.scans)}: {plan.sent.method}: {' '.join(plan.sent.statement.split())[:300]}"
        )
    print(f"{len(found)} statements, {len(scans)} of them read a big table from end to end")
    return 1 if scans else 0


if __name__ == "__main__":
    sys.exit(main())
