"""Listening in on what we ask of Paystack."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import requests

from paystack_simulator import SimulatorAdapter
from tests.shop import PAYSTACK, Shop


class Listening(SimulatorAdapter):
    """The way to the simulated Paystack, with every call written down as method, path and moment."""

    def __init__(self, shop: Shop, first: Callable[[], object] = lambda: None) -> None:
        """``first`` is called, in the caller's thread, before each call goes on."""
        super().__init__(shop.paystack)
        self._lock = threading.Lock()
        self._clock = shop.clock
        self._first = first
        self.calls: list[tuple[str, str, float]] = []
        shop.session.mount(PAYSTACK, self)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        with self._lock:
            self.calls.append((str(request.method), str(request.path_url), self._clock.monotonic()))
        self._first()
        return super().send(request, *args, **kwargs)

    def questions(self) -> list[tuple[str, float]]:
        """The reference and the moment of every verify."""
        room = "/transaction/verify/"
        return [(path.removeprefix(room), at) for _, path, at in self.calls if path.startswith(room)]

    def counts(self) -> Counter[str]:
        """How often each reference was asked about."""
        return Counter(reference for reference, _ in self.questions())
