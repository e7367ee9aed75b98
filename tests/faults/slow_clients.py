"""200 clients that stall in headers, in bodies, or before the first byte, bare and behind nginx (FAULTS R36).

While they stall, ``/healthz`` is asked at a steady rate. Behind nginx, configured as docs/deploying.md has it, it answers
within 100 ms (p99). Bare gunicorn is not supported on the open internet, since they hold its threads: how many answers it
gives is told, and nothing is asked of them; but within 5 seconds after the clients have gone it answers again, with the worker
that it had. In the control ``held`` the threads do not come back: something waits on for the rest of bodies whose clients are
gone. In the control ``unbuffered`` nginx passes on what there is of a body.
"""

import argparse
import http.client
import math
import socket
import threading
import time
from contextlib import ExitStack, closing

from tests.faults import Outcome, nginx
from tests.faults.memory import Memory
from tests.faults.pair import scratch
from tests.faults.server import Gunicorn

APPLICATIONS = {"held": "tests.faults.broken_wire:held()"}
NGINX = {"unbuffered": {"proxy_request_buffering on;": "proxy_request_buffering off;"}}
CONTROLS = (*APPLICATIONS, *NGINX)
SHOWN = (
    b"POST /auth/login HTTP/1.1\r\nHost: backend.test\r\nX-Slow: ",
    b"POST /auth/login HTTP/1.1\r\nHost: backend.test\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
    b"",
)
"""What a client sends before it stalls: a part of its headers, a part of its body, nothing."""
PATIENCE = 1.0
"""Seconds after which a check of health counts as unanswered."""
RECOVERY = 5.0
HEALTH_P99 = 0.1
PACE = 0.05
"""Seconds between two checks of health."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long they stall")
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return stall(options.clients, options.seconds, options.control)


def stall(
    clients: int = 200,
    seconds: float = 10.0,
    control: str | None = None,
    *,
    recovery: float = RECOVERY,
    quick: float = HEALTH_P99,
) -> Outcome:
    """Let so many clients stall for so long, first at nginx where it is there, then at gunicorn itself.

    Args:
        recovery: seconds within which gunicorn itself must answer once they have gone.
        quick: seconds within which 99 of 100 checks of health must be answered behind nginx.
    """
    if control in NGINX:
        nginx.require()
    with ExitStack() as stack:
        directory = stack.enter_context(scratch())
        application = APPLICATIONS.get(control or "", "wsgi:app")
        settings = {"jobs": "off", "trusted_proxies": "127.0.0.1"}
        database = f"sqlite:///{directory}/payments.sqlite3"
        backend = stack.enter_context(Gunicorn(directory, database, application, **settings))
        memory = Memory(backend.processes()[:1])
        ok = True
        numbers: dict[str, object] = {"clients": clients}
        if control not in APPLICATIONS and nginx.is_there():
            front = stack.enter_context(nginx.before(directory, backend.port, NGINX.get(control or "")))
            took, _ = _stalled(front, clients, seconds, recovery)
            p99 = _percentile(took, 0.99)
            ok = p99 <= quick
            numbers |= {"nginx_checks": len(took), "nginx_health_p99_ms": _milliseconds(p99)}
        else:
            numbers["behind_nginx"] = "not run"
        took, back = _stalled(backend.port, clients, seconds, recovery)
        deaths = memory.deaths()
    answered = sum(math.isfinite(each) for each in took)
    numbers |= {
        "bare_checks": len(took),
        "bare_answered": answered,
        "bare_recovery_ms": _milliseconds(back),
        "worker_deaths": deaths,
    }
    return Outcome(ok and back <= recovery and not deaths, numbers)


def _stalled(port: int, clients: int, seconds: float, recovery: float) -> tuple[list[float], float]:
    """How long each check of health took meanwhile, and how long after their end until one was answered; endless: none."""
    with ExitStack() as stack:
        for number in range(clients):
            connection = stack.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=10)))
            connection.sendall(SHOWN[number % len(SHOWN)])
        took = []
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            took.append(_health(port))
            threading.Event().wait(PACE)
    gone = time.monotonic()
    while time.monotonic() - gone <= recovery:
        if math.isfinite(_health(port)):
            return took, time.monotonic() - gone
    return took, math.inf


def _health(port: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    began = time.monotonic()
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return math.inf
    finally:
        connection.close()
    return time.monotonic() - began if answer.status == 200 else math.inf


def _percentile(took: list[float], share: float) -> float:
    return sorted(took)[math.ceil(share * len(took)) - 1]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}" if math.isfinite(seconds) else "never"
