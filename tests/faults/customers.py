"""Customers who open payments and ask about them, over real HTTP, and somebody who looks at ``/healthz`` all the while."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Self

PAUSE = 1.0
LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Answered:
    """One answer. ``status`` 0 is none at all."""

    during: str
    path: str
    status: int
    seconds: float
    well_formed: bool
    """JSON, and where it is an error in the one shape."""


def ask(port: int, method: str, path: str, body: object = None, seconds: float = 20.0) -> tuple[int, bytes]:
    """The status and body of an answer; 0 where none came in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def is_well_formed(status: int, body: bytes) -> bool:
    """Whether an answer has the form the contract gives it."""
    try:
        told = json.loads(body)
    except ValueError:
        return False
    return status < 400 or (isinstance(told, dict) and {"error", "code"} <= set(told))


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` of them do not exceed; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Customers:
    """``count`` threads of customers, and one that looks at ``/healthz``, until the block ends.

    Args:
        patience: seconds after which they give up.
    """

    def __init__(self, port: int, count: int, patience: float) -> None:
        self.during = "nothing"
        """What is the matter at present; noted with each answer that was asked for meanwhile."""
        self.answers: list[Answered] = []
        self.looks: list[tuple[str, float]] = []
        """For each look at ``/healthz`` what was the matter and how many seconds it took; where it failed, for ever."""
        self._port = port
        self._patience = patience
        self._references: list[str] = []
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._shop, args=(number,), daemon=True) for number in range(count)]
        self._threads.append(threading.Thread(target=self._look, daemon=True))

    def statuses(self, path: str) -> Counter[int]:
        """How often each status came, of paths that begin like that."""
        return Counter(each.status for each in self.answers if each.path.startswith(path))

    def _shop(self, number: int) -> None:
        chance = random.Random(number)
        while not self._stopping.wait(PAUSE * chance.uniform(0.5, 1.5)):
            if self._references and chance.random() < 0.5:
                self._note("GET", f"/pay/verify/{chance.choice(self._references)}")
                continue
            body = self._note("POST", "/pay/womaye-gsp", {"email": f"customer-{number}@example.org"})
            if reference := body.get("reference"):
                self._references.append(str(reference))

    def _note(self, method: str, path: str, sent: object = None) -> dict[str, object]:
        during, began = self.during, time.monotonic()
        status, body = ask(self._port, method, path, sent, self._patience)
        seconds = time.monotonic() - began
        well_formed = is_well_formed(status, body)
        self.answers.append(Answered(during, path, status, seconds, well_formed))
        return json.loads(body) if well_formed else {}

    def _look(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            during, began = self.during, time.monotonic()
            status, _ = ask(self._port, "GET", "/healthz", seconds=self._patience)
            self.looks.append((during, time.monotonic() - began if status == 200 else float("inf")))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(self._patience + 5)
