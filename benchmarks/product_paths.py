"""What a webhook, its event, its hand-over, its receipt, a verify and an opening cost, against a bare Flask application.

    python -m benchmarks.product_paths [ROUNDS]

All run in process, in turns, so that a busy machine slows all of them; what is told is processor time. The ratio is what
counts, and how many statements and commits a path spends. Nobody listens for mail, so that a letter is a try that fails. An
opening includes the simulator's side of it.
"""

import json
import logging
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import event
from tests.faults.crash_inbox import prepare
from tests.shop import Shop, signed

from benchmarks.simulator import bare
from flask_paystack.clock import SystemClock

TURNS = 5

Turn = Callable[[list[bytes]], object]
"""Does something once for each of these webhooks."""


class Spent:
    """Processor time of each turn of a path, and its statements and commits."""

    def __init__(self) -> None:
        self.turns: list[float] = []
        self.sql: Counter[str] = Counter()


def paths(shop: Shop) -> dict[str, Turn]:
    """Each path by its name. What one leaves behind, the next works on."""
    other = bare()

    def empty(job: str) -> None:
        while shop.run(job) != [0]:
            continue

    def reference(body: bytes) -> str:
        return str(json.loads(body)["data"]["reference"])

    return {
        "bare Flask": lambda bodies: [other.post("/echo", json={"email": "ada@example.com"}) for _ in bodies],
        "webhook": lambda bodies: [shop.post_webhook(each, signed(each)) for each in bodies],
        "its event": lambda _: empty("processEvents"),
        "its hand-over": lambda _: empty("handOver"),
        "its receipt": lambda bodies: [shop.run("sendMessages") for _ in range(-(-len(bodies) // 20))],
        "verify": lambda bodies: [shop.verify(reference(each)) for each in bodies],
        "open": lambda bodies: [shop.open_payment() for _ in bodies],
    }


def measure(rounds: int) -> dict[str, Spent]:
    """``TURNS`` turns of each path, of so many rounds, after one that is not counted."""
    with tempfile.TemporaryDirectory(prefix="flask-paystack-benchmark-") as directory:
        url = f"sqlite:///{directory}/payments.sqlite3"
        bodies = prepare(url, rounds * (TURNS + 1))
        with Shop(Path(directory), clock=SystemClock(), database_url=url, mail_port=1) as shop:  # type: ignore[arg-type]
            told: Counter[str] = Counter()
            engine = shop.ours.records.database.engine
            event.listen(engine, "before_cursor_execute", lambda *_: told.update(["statements"]))
            event.listen(engine, "commit", lambda _: told.update(["commits"]))
            found = {name: Spent() for name in paths(shop)}
            for number in range(TURNS + 1):
                mine = bodies[number * rounds : (number + 1) * rounds]
                for name, turn in paths(shop).items():
                    told.clear()
                    began = time.process_time()
                    turn(mine)
                    if number:
                        found[name].turns.append((time.process_time() - began) / rounds * 1e6)
                        found[name].sql.update(told)
    return found


def main(rounds: int) -> None:
    """Print microseconds and ratios."""
    logging.disable(logging.CRITICAL)
    found = measure(rounds)
    base = statistics.median(found["bare Flask"].turns)
    for name, spent in found.items():
        middle = statistics.median(spent.turns)
        sql = {each: spent.sql[each] / rounds / TURNS for each in ("statements", "commits")}
        print(
            f"{name:14} {middle:7.0f} us  x{middle / base:5.1f}  ({min(spent.turns):.0f} to {max(spent.turns):.0f})"
            f"  {sql['statements']:5.2f} statements  {sql['commits']:4.2f} commits"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
