"""Payments driven at random, with crashes, and held against a model of a page after each step (FAULTS R5).

What fails is shortened, and its steps are printed. The controls settle without a guard, believe refund events in whatever
order they come, and queue the receipt after the settlement instead of with it.
"""

import argparse
import sys
from collections import Counter

from tests.faults import Outcome
from tests.faults.parallel import each_in_a_process, share
from tests.state_machine.broken import CONTROLS
from tests.state_machine.running import play


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1, help="that share the runs; the seed of each counts up")
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return drive(options.runs, options.seed, options.processes, options.control)


def drive(runs: int, seed: int, processes: int = 1, control: str | None = None) -> Outcome:
    """Play ``runs`` stories, shared by so many processes."""
    shares = [(size, first, control) for size, first in share(runs, processes, seed)]
    counted: Counter[str] = Counter()
    differences: list[str] = []
    for counts, difference in each_in_a_process(_play, shares):
        counted.update(counts)
        differences += [difference] if difference else []
    numbers: dict[str, object] = {"runs": runs, "seed": seed}
    numbers |= {name: counted[name] for name in ("steps", "payments", "settled", "refunds", "crashes")}
    numbers["differences"] = len(differences)
    if differences:
        numbers["first"] = repr(differences[0])
    return Outcome(not differences and counted["settled"] > 0 and counted["crashes"] > 0, numbers)


def _play(runs: int, seed: int, control: str | None) -> tuple[Counter[str], str | None]:
    counted: Counter[str] = Counter()
    try:
        play(runs, seed, CONTROLS[control] if control else None, counted=counted, shrink=control is None)
    except Exception as error:  # noqa: BLE001  an assertion of the machine, or an error of what it drives
        told = "\n".join([f"seed {seed}: {error!r}", *getattr(error, "__notes__", [])])
        print(told, file=sys.stderr)
        return counted, repr(error)[:300]
    return counted, None
