"""Waiting for something real to happen: as short as can be, and never for ever."""

import time
from collections.abc import Callable


def until(happened: Callable[[], object], seconds: float = 10) -> None:
    """Return when ``happened()`` is true. Raises AssertionError when it is not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"It did not happen within {seconds} seconds."
        time.sleep(0.01)
