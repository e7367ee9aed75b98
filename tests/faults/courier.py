"""Webhooks at a steady rate, each sent again until it was answered 200, and every answer written down."""

import hashlib
import http.client
import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.shop import signed

PATIENCE = 30.0
"""Seconds that a client waits for an answer."""


@dataclass(frozen=True)
class Answer:
    """What one delivery was answered. Times are seconds of ``time.monotonic``."""

    digest: str
    due: float
    """When it was to be sent; a client that is late was held up by the answers before."""
    sent: float
    answered: float
    status: int | None
    """None where no answer came."""
    has_our_shape: bool
    """Whether an error told that the storage is unavailable, in the shape of all our errors."""

    @property
    def is_our_503(self) -> bool:
        """Whether it says, as we do, that nothing was kept."""
        return self.status == 503 and self.has_our_shape


class Courier:
    """Clients that deliver ``bodies`` to the server at ``port``, ``rate`` a second between them, until stopped."""

    def __init__(self, port: int, bodies: list[bytes], rate: float, clients: int = 8) -> None:
        self.answers: list[Answer] = []
        self.is_done = threading.Event()
        """Set when every body was answered 200."""
        self._port = port
        self._rate = rate
        self._waiting = deque(bodies)
        self._left = len(bodies)
        self._begun = 0.0
        self._turns = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(clients)]

    @property
    def acknowledged(self) -> set[str]:
        """Digests of the bodies that were answered 200."""
        return {each.digest for each in self.taken() if each.status == 200}

    def taken(self) -> list[Answer]:
        """The answers so far."""
        with self._lock:
            return list(self.answers)

    def stop(self) -> None:
        """Deliver no more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(PATIENCE + 10)

    def _work(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        while not self._stopping.is_set() and not self.is_done.is_set():
            with self._lock:
                due = self._begun + self._turns / self._rate
                self._turns += 1
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                break
            try:
                body = self._waiting.popleft()
            except IndexError:
                continue
            answer = deliver(connection, body, due)
            with self._lock:
                self.answers.append(answer)
                self._left -= answer.status == 200
                if self._left == 0:
                    self.is_done.set()
            if answer.status != 200:
                self._waiting.append(body)
        connection.close()

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def deliver(connection: http.client.HTTPConnection, body: bytes, due: float | None = None) -> Answer:
    """Deliver a body once."""
    digest = hashlib.sha256(body).hexdigest()
    headers = {"Content-Type": "application/json", "x-paystack-signature": signed(body)}
    sent = time.monotonic()
    status, told = None, b""
    try:
        connection.request("POST", "/pay/webhook", body, headers)
        response = connection.getresponse()
        told = response.read()
        status = response.status
    except (OSError, http.client.HTTPException):
        connection.close()
    return Answer(digest, due or sent, sent, time.monotonic(), status, _has_our_shape(told))


def _has_our_shape(told: bytes) -> bool:
    try:
        error = json.loads(told)
    except ValueError:
        return False
    return (
        isinstance(error, dict)
        and error.get("code") == "storage_unavailable"
        and isinstance(error.get("error"), str)
        and len(error["error"]) > 0
    )


def percentile(answers: list[Answer], share: float) -> float:
    """The milliseconds from when a delivery was due within which that share of answers came."""
    waits = sorted(each.answered - each.due for each in answers)
    return round(waits[min(len(waits) - 1, int(share * len(waits)))] * 1000, 1) if waits else 0.0
