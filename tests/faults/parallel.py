"""Work that several processes share, each with a seed of its own."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def share(whole: int, processes: int, seed: int) -> list[tuple[int, int]]:
    """How many each process does, and the number from which it counts: together ``seed`` and the ``whole - 1`` after it."""
    sizes = [whole // processes + (number < whole % processes) for number in range(processes)]
    return [(size, seed + sum(sizes[:number])) for number, size in enumerate(sizes) if size]


def each_in_a_process(act: Callable[..., Result], shares: Sequence[tuple[Any, ...]]) -> list[Result]:
    """What ``act`` returned for each share of arguments, all at once; a single one in this process."""
    if len(shares) == 1:
        return [act(*shares[0])]
    # Started anew: a fork would carry along locks and threads of this one.
    with ProcessPoolExecutor(len(shares), multiprocessing.get_context("spawn")) as pool:
        running = [pool.submit(act, *each) for each in shares]
        return [each.result() for each in running]
