"""The demonstration's time: the machine's, and ahead of it when somebody will not wait."""

import threading
from datetime import datetime, timedelta

from flask_paystack.clock import SystemClock


class MovableClock(SystemClock):
    """The machine's clock plus what ``advance`` added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = timedelta()

    def now(self) -> datetime:
        with self._lock:
            return super().now() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move time forward by ``seconds``."""
        with self._lock:
            self._ahead += timedelta(seconds=seconds)
