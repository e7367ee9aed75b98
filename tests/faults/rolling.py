"""Two servers behind a balancer are restarted in turn by SIGTERM, under load: nothing is broken off, or lost (FAULTS R17).

The balancer gives each request a connection of its own, to one server after the other, as nginx does. Before a server is told
to end, it gets no new requests, and the quick ones that it has are answered; slow ones are under way when SIGTERM comes, and
must be finished. Most requests are webhooks of paid payments; every tenth is a customer's question. With ``--undrained``
nobody tells the balancer, which goes to the other server only where nobody listens: what then waits in the queue of a
listening socket is reset, and Paystack sends it again. The control answers first, and does the work in a daemon thread.
"""

import argparse
import hashlib
import http.client
import itertools
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from paystack_simulator import create_simulator
from paystack_simulator.server import SimulatorServer
from tests.faults import Outcome, crash_inbox, silence
from tests.faults.fleet import DATABASES, shared_store, workplace
from tests.patience import until
from tests.processes import Process, deploy, gunicorn_command, wait_until_answers
from tests.servers import free_port
from tests.shop import signed

CONTROLS = {"daemon-thread": "tests.faults.broken:ack_first()"}
CLIENTS = 32
SLOW_CLIENTS = 8
SLOW = 3.0
"""Seconds that a slow request takes to arrive."""
ENDED_WITHIN = 30.0
"""Seconds from SIGTERM to the end of a server, by which every request under way was answered."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second, where the machine bears as many")
    parser.add_argument(
        "--undrained", action="store_true", help="end servers that the balancer still sends requests to"
    )
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with workplace(options.database) as (directory, url), silence():
        return restart(
            directory, url, options.restarts, options.rate, options.control, is_drained=not options.undrained
        )


def restart(
    directory: Path,
    database_url: str,
    restarts: int,
    rate: float,
    control: str | None = None,
    *,
    is_drained: bool = True,
) -> Outcome:
    """Restart two servers in turn, ``restarts`` times in all, while ``rate`` requests a second arrive."""
    begun = time.monotonic()
    bodies = crash_inbox.prepare(database_url, max(400, int(rate * restarts * 5)))
    settings = {"database_url": database_url, "store_url": shared_store(directory, database_url)}
    with SimulatorServer(create_simulator()) as paystack:
        settings["paystack_base_url"] = paystack.url
        with _servers(directory, CONTROLS[control] if control else "wsgi:app", settings) as servers:
            with Balancer([server.port for server in servers], bodies, rate) as balancer:
                for _, server in zip(range(restarts), itertools.cycle(servers), strict=False):
                    if is_drained:
                        balancer.drain(server.port)
                    balancer.note_what_is_under_way(server.port)
                    server.restart()
                    balancer.send_to(server.port)
                balancer.stop()
            slowest = max(server.slowest for server in servers)
    (directory / "count").mkdir()
    counted = crash_inbox.count(directory / "count", database_url, balancer.acknowledged, None)
    held = counted["lost"] == counted["twice"] == counted["unfinished"] == 0
    broken = {"broken_off": 0, "nobody_there": 0, **balancer.found}
    del broken["answered"]
    numbers = {
        "restarts": restarts,
        "asked_a_second": rate,
        "requests": balancer.found.total(),
        "a_second": round(balancer.found["answered"] / balancer.seconds),
        "acknowledged": len(balancer.acknowledged),
        "under_way_at_sigterm": balancer.found_under_way,
        **broken,
        **counted,
        "slowest_end": round(slowest, 1),
    }
    ok = (
        held
        and not any(broken.values())
        and balancer.found_under_way > 0
        and slowest <= ENDED_WITHIN
        and len(balancer.acknowledged) > 0
    )
    return Outcome(ok, {**numbers, "seconds": round(time.monotonic() - begun, 1)})


class Server:
    """A gunicorn that can be started again where it was."""

    def __init__(self, directory: Path, application: str) -> None:
        self.port = free_port()
        self.slowest = 0.0
        """The most seconds that it took to end."""
        self._url = f"http://127.0.0.1:{self.port}"
        self._directory = directory
        self._command = gunicorn_command(application, self._url, "--log-level", "warning")
        self._process = Process(directory, *self._command)

    def wait(self) -> None:
        """Return when it answers."""
        wait_until_answers(self._process, self._url)

    def restart(self) -> None:
        """End it as systemd does, and start it again."""
        told = time.monotonic()
        self._process.terminate(2 * ENDED_WITHIN)
        self.slowest = max(self.slowest, time.monotonic() - told)
        self._process = Process(self._directory, *self._command)
        self.wait()

    def end(self) -> None:
        """End it in whatever state it is."""
        self._process.kill()


@contextmanager
def _servers(directory: Path, application: str, settings: dict[str, Any]) -> Iterator[list[Server]]:
    servers: list[Server] = []
    try:
        for name in ("one", "two"):
            (directory / name).mkdir()
            home = deploy(directory / name, mail_port=str(free_port()), **settings)
            servers.append(Server(home, application))
        for server in servers:
            server.wait()
        yield servers
    finally:
        for server in servers:
            server.end()


class Balancer:
    """Requests at a steady rate, each to the next server that listens."""

    def __init__(self, ports: Sequence[int], bodies: Sequence[bytes], rate: float) -> None:
        self.found: Counter[str] = Counter(answered=0)
        """How many were ``answered`` 200, ``refused_…`` with another status, ``broken_off``, or met ``nobody_there``."""
        self.acknowledged: set[str] = set()
        """Digests of the bodies that were answered 200."""
        self.found_under_way = 0
        """How many requests the servers had when they were told to end."""
        self.seconds = 0.0
        self._ports = list(ports)
        self._quick: Counter[int] = Counter()
        self._slow: Counter[int] = Counter()
        self._bodies = bodies
        self._waiting = deque(bodies)
        self._references = [str(json.loads(body)["data"]["reference"]) for body in bodies[:100]]
        self._rate = rate
        self._turns = itertools.count()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._began = 0.0
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(CLIENTS)]
        self._threads += [threading.Thread(target=self._work_slowly, daemon=True) for _ in range(SLOW_CLIENTS)]

    def stop(self) -> None:
        """Send no more, and wait for what is under way."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
        self.seconds = time.monotonic() - self._began

    def drain(self, port: int) -> None:
        """Send nothing more there, and wait for what is quick."""
        with self._lock:
            self._ports.remove(port)
        until(lambda: not self._quick[port], ENDED_WITHIN)

    def note_what_is_under_way(self, port: int) -> None:
        """Count what a server has that is about to be told to end."""
        with self._lock:
            self.found_under_way += self._quick[port] + self._slow[port]

    def send_to(self, port: int) -> None:
        """Send requests there again."""
        with self._lock:
            if port not in self._ports:
                self._ports.append(port)

    def _work(self) -> None:
        while True:
            with self._lock:
                turn = next(self._turns)
            if self._stopping.wait(max(0.0, self._began + turn / self._rate - time.monotonic())):
                return
            if turn % 10 == 0:
                self._ask(turn)
            else:
                self._deliver(turn, pause=0.0)

    def _work_slowly(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                turn = next(self._turns)
            self._deliver(turn, SLOW)

    def _ask(self, turn: int) -> None:
        reference = self._references[turn // 10 % len(self._references)]
        self._note(self._send(turn, "GET", f"/pay/verify/{reference}", b"", 0.0))

    def _deliver(self, turn: int, pause: float) -> None:
        try:
            body = self._waiting.popleft()
        except IndexError:
            body = self._bodies[turn % len(self._bodies)]  # all were delivered: Paystack repeats itself
        if self._note(self._send(turn, "POST", "/pay/webhook", body, pause)):
            with self._lock:
                self.acknowledged.add(hashlib.sha256(body).hexdigest())
        else:
            self._waiting.append(body)  # Paystack tries again

    def _send(self, turn: int, method: str, path: str, body: bytes, pause: float) -> str:
        under_way = self._slow if pause else self._quick
        with self._lock:
            ports = [self._ports[(turn + at) % len(self._ports)] for at in range(len(self._ports))]
        for port in ports:
            with self._lock:
                under_way[port] += 1
            try:
                outcome = self._send_to(port, method, path, body, pause)
            except ConnectionRefusedError:
                continue
            finally:
                with self._lock:
                    under_way[port] -= 1
            return outcome
        return "nobody_there"

    @staticmethod
    def _send_to(port: int, method: str, path: str, body: bytes, pause: float) -> str:
        """Raises ConnectionRefusedError where nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
        connection.connect()
        try:
            connection.putrequest(method, path)
            connection.putheader("Connection", "close")
            if body:
                connection.putheader("Content-Length", str(len(body)))
                connection.putheader("x-paystack-signature", signed(body))
            connection.endheaders()
            connection.send(body[: len(body) // 2])
            if pause:
                threading.Event().wait(pause)
            connection.send(body[len(body) // 2 :])
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return "broken_off"
        finally:
            connection.close()
        return "answered" if answer.status == 200 else f"refused_{method}_{answer.status}"

    def _note(self, outcome: str) -> bool:
        with self._lock:
            self.found[outcome] += 1
        return outcome == "answered"

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
