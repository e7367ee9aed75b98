"""Webhooks that arrive at several servers, each again and again until it was answered 200."""

import hashlib
import http.client
import random
import threading
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import requests

from tests.shop import signed

CLIENTS = 6
PAUSE = 0.06
"""Seconds between two deliveries of a client: a load, not a flood, or nothing else got a turn on a small machine."""
REPEATED = 0.2
"""How many of those acknowledged come once more."""


class Load:
    """Clients that deliver ``bodies`` to the servers at ``ports`` of ``hosts`` (loopback, without) in turn, until stopped."""

    def __init__(self, ports: list[int], bodies: list[bytes], hosts: Sequence[str] = ()) -> None:
        self.acknowledged: set[str] = set()
        """Digests of the bodies that were answered 200."""
        self.refused = 0
        """Deliveries that were not."""
        self._ports = ports
        self._hosts = dict(zip(ports, hosts or ["127.0.0.1"] * len(ports), strict=True))
        self._waiting = deque(bodies)
        self._probe = bodies[0]
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(CLIENTS)]

    def stop(self) -> None:
        """Deliver no more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(40)

    def _work(self, number: int) -> None:
        chance = random.Random(number)
        while not self._stopping.wait(PAUSE) and self._waiting:
            body = self._waiting.popleft()
            accepted = self.deliver(chance.choice(self._ports), body)
            with self._lock:
                self.refused += not accepted
            if not accepted or chance.random() < REPEATED:
                self._waiting.insert(min(50, len(self._waiting)), body)

    def deliver(self, port: int, body: bytes) -> bool:
        """Whether a delivery was answered 200."""
        connection = http.client.HTTPConnection(self._hosts[port], port, timeout=30)
        headers = {"Content-Type": "application/json", "x-paystack-signature": signed(body)}
        try:
            connection.request("POST", "/pay/webhook", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if answer.status == 200:
            with self._lock:
                self.acknowledged.add(hashlib.sha256(body).hexdigest())
        return answer.status == 200

    def works_at(self, port: int) -> bool:
        """Whether a server takes a webhook and knows what a session is: it needs the database, and Redis."""
        if not self.deliver(port, self._probe):
            return False
        try:
            answer = requests.post(
                f"http://{self._hosts[port]}:{port}/check-session", json={"session_token": "x" * 43}, timeout=30
            )
        except requests.RequestException:
            return False
        return answer.status_code == 400

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
