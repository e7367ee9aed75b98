"""How fast the simulator answers, against a bare Flask application in the same minute.

    python -m benchmarks.simulator [ROUNDS]

Both run in process through Flask's test client, in turns, so that a busy machine slows both. The ratio is what counts.
"""

import statistics
import sys
import time
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from paystack_simulator import create_simulator

HEADERS = {"Authorization": "Bearer sk_test_benchmark"}
TURNS = 7

Call = Callable[[int], object]


def bare() -> FlaskClient:
    """An application that reads JSON and answers with some."""
    app = Flask("bare")

    @app.post("/echo")
    def echo() -> dict[str, object]:
        return {"status": True, "message": "Bare", "data": {}}

    return app.test_client()


def measured(call: Call, rounds: int) -> float:
    """Microseconds for one call."""
    began = time.perf_counter()
    for number in range(rounds):
        call(number)
    return (time.perf_counter() - began) / rounds * 1e6


def main(rounds: int) -> None:
    """Print microseconds and ratios."""
    simulator = create_simulator()
    sim, client, other = simulator.extensions["simulator"], simulator.test_client(), bare()
    opened = iter(range(10**9))

    def initialize(_: int) -> object:
        body = {"email": "ada@example.com", "amount": 500000, "reference": f"r{next(opened)}"}
        return client.post("/transaction/initialize", json=body, headers=HEADERS)

    initialize(0)
    sim.pay("r0")
    calls: dict[str, Call] = {
        "bare Flask": lambda _: other.post("/echo", json={"email": "ada@example.com"}, headers=HEADERS),
        "initialize": initialize,
        "verify": lambda _: client.get("/transaction/verify/r0", headers=HEADERS),
        "list of 50": lambda _: client.get("/transaction", headers=HEADERS),
    }
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(TURNS):
        for name, call in calls.items():
            taken[name].append(measured(call, rounds))
    base = statistics.median(taken["bare Flask"])
    for name, turns in taken.items():
        middle = statistics.median(turns)
        print(f"{name:12} {middle:9.0f} us  x{middle / base:.2f}  ({min(turns):.0f} to {max(turns):.0f})")
    print(f"{len(list(sim.world.all_transactions()))} transactions held.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
