"""Breaking things on purpose: ``python -m tests.faults NAME`` starts real servers, harms them, counts, and says ok or FAIL.

Each fault is a module with ``add_arguments(parser)`` and ``run(options)``, and a row in ``FAULTS`` of ``__main__``. Each has
controls: variants broken on purpose that the same command must turn red, since a test that cannot fail proves nothing.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Whether what must hold did, and the numbers it is seen by."""

    ok: bool
    numbers: dict[str, object]

    def __str__(self) -> str:
        told = " ".join(f"{name}={value}" for name, value in self.numbers.items())
        return f"{'ok' if self.ok else 'FAIL'} {told}"


@contextmanager
def silence() -> Iterator[None]:
    """Log nothing within, where thousands of lines would tell the same."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
