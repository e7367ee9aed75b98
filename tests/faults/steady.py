"""Webhooks at a steady rate, whatever becomes of the ones before: how long each takes."""

import http.client
import threading
import time

from tests.shop import signed

CLIENTS = 40
"""So many may wait at once before the rate is no longer held."""
PATIENCE = 5.0
"""Seconds after which an answer counts as none."""


class Steady:
    """Delivers ``bodies`` to the server at ``port``, ``rate`` a second, once each."""

    def __init__(self, port: int, bodies: list[bytes], rate: float) -> None:
        self._port = port
        self._bodies = bodies
        self._rate = rate
        self._taken: list[float] = []

    def deliver(self) -> list[float]:
        """The seconds that each answer took; where it was not 200 in time, endless."""
        began = time.monotonic()
        threads = [threading.Thread(target=self._work, args=(number, began), daemon=True) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self._taken

    def _work(self, number: int, began: float) -> None:
        for position in range(number, len(self._bodies), CLIENTS):
            threading.Event().wait(max(0.0, began + position / self._rate - time.monotonic()))
            self._taken.append(self._time(self._bodies[position]))

    def _time(self, body: bytes) -> float:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        headers = {"Content-Type": "application/json", "x-paystack-signature": signed(body)}
        began = time.monotonic()
        try:
            connection.request("POST", "/pay/webhook", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return float("inf")
        finally:
            connection.close()
        return time.monotonic() - began if answer.status == 200 else float("inf")
