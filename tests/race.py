"""Many threads, one instant."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Outcome = TypeVar("Outcome")


def race(callers: int, act: Callable[[], Outcome]) -> list[Outcome]:
    """What ``act`` returned to each of ``callers`` threads that called it at the same moment."""
    return race_between([act] * callers)


def race_between(acts: Sequence[Callable[[], Outcome]]) -> list[Outcome]:
    """What each of ``acts`` returned, all called at the same moment, each in a thread of its own."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Outcome]) -> Outcome:
        barrier.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))
