"""Requests that hide a second one from who reads them strictly, bare and behind nginx (FAULTS R35).

Each of the set is sent raw to a real gunicorn. It is answered once at most; what is ambiguous is refused before the
application has seen any of it; the log of the application never shows the hidden request; no worker dies; and a sound request
is answered after each. Where nginx is installed, all goes through it too, configured as docs/deploying.md has it: there nginx
may set a request right before it passes it on. In one case it takes what follows for a request of its own (``read_as_two``, by
its log: it ends the lines of chunks at a bare LF), of its client's, answered and limited as any other, and hidden from nobody
where nginx reads first. In no other case may it. The control puts a proxy in front, of nginx too, that trusts lengths.
"""

import argparse
import re
import socket
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.faults import Outcome, nginx
from tests.faults.ambiguous import Case, cases
from tests.faults.broken_wire import lenient_front
from tests.faults.memory import Memory
from tests.faults.pair import scratch
from tests.faults.server import Gunicorn
from tests.processes import status

CONTROLS = ("lenient",)
QUIET = 0.25
"""Seconds after which a connection that says nothing more is taken to have said all."""
STATUS_LINE = re.compile(rb"^HTTP/1\.\d (\d{3})", re.MULTILINE)
SEEN = '"flask_paystack.requests"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return smuggle(options.control)


def smuggle(control: str | None = None, chosen: Iterable[Case] | None = None) -> Outcome:
    """Send ``chosen`` (all, without it), bare and, where nginx is there, behind it."""
    everything = list(cases() if chosen is None else chosen)
    with ExitStack() as stack:
        directory = stack.enter_context(scratch())
        settings = {"jobs": "off", "trusted_proxies": "127.0.0.1"}
        backend = stack.enter_context(Gunicorn(directory, f"sqlite:///{directory}/payments.sqlite3", **settings))
        memory = Memory(backend.processes()[:1])
        port = stack.enter_context(lenient_front(backend.port)) if control else backend.port
        bare = _Run(port, backend.log)
        bare.send(everything)
        runs, numbers = [bare], bare.numbers()
        if nginx.is_there():
            front = stack.enter_context(nginx.before(directory, backend.port))
            front = stack.enter_context(lenient_front(front)) if control else front
            behind = _Run(front, backend.log, proxied_in=directory)
            behind.send(everything)
            runs.append(behind)
            numbers |= {f"nginx_{name}": value for name, value in behind.numbers().items()}
        else:
            numbers["behind_nginx"] = "not run"
        deaths = memory.deaths()
    wrong = [line for each in runs for line in each.wrong]
    for line in wrong[:20]:
        print(line)
    return Outcome(not wrong and not deaths, numbers | {"worker_deaths": deaths})


class _Run:
    """The set against one port, and what the application behind it logged meanwhile."""

    def __init__(self, port: int, log: Path, *, proxied_in: Path | None = None) -> None:
        self._port = port
        self._log = log
        self._proxied_in = proxied_in
        self._statuses: Counter[int] = Counter()
        self._sent = self._hidden = self._unanswered = self._answered_after = self._open = 0
        self.wrong: list[str] = []

    def numbers(self) -> dict[str, object]:
        """What was counted."""
        told = {f"{hundred}xx": self._statuses[hundred] for hundred in (2, 4, 5)}
        after = {"hidden_seen": self._hidden, "sound_after": self._answered_after, "wrong": len(self.wrong)}
        if self._proxied_in:
            after["read_as_two"] = self._open
        return {"sent": self._sent, **told, "hung_up": self._unanswered, **after}

    def send(self, chosen: list[Case]) -> None:
        for case in chosen:
            before = self._log.stat().st_size
            answers = said(self._port, case.sent)
            sound = status(f"http://127.0.0.1:{self._port}/healthz") == 200
            self._judge(case, answers, self._seen_since(before), sound=sound)

    def _judge(self, case: Case, answers: list[int], seen: list[str], *, sound: bool) -> None:
        known = self._open
        self._open = sum(line.startswith("DELETE") for line in nginx.asked(self._proxied_in)) if self._proxied_in else 0
        of_its_own = self._open - known
        is_known = of_its_own <= case.nginx_reads - 1
        hidden = sum('"DELETE"' in line for line in seen) - (of_its_own if is_known else 0)
        reached = len(seen) - sound  # the sound one after it is seen too
        self._sent += 1
        self._hidden += hidden
        self._answered_after += sound
        self._unanswered += not answers
        self._statuses.update(each // 100 for each in answers)
        is_refused = all(each >= 400 for each in answers) and not reached
        faults = {
            "a hidden request was served": hidden,
            "nginx read it as two": not is_known,
            f"answered {answers}": len(answers) > case.answers + of_its_own,
            f"not refused before the application: {answers}": case.refused and not self._proxied_in and not is_refused,
            "no sound request was answered afterwards": not sound,
        }
        where = "behind nginx" if self._proxied_in else "bare"
        self.wrong += [f"{case.name}, {where}: {fault}" for fault, is_so in faults.items() if is_so]

    def _seen_since(self, position: int) -> list[str]:
        with self._log.open("rb") as log:
            log.seek(position)
            return [line for line in log.read().decode(errors="replace").splitlines() if SEEN in line]


def said(port: int, sent: bytes, quiet: float = QUIET) -> list[int]:
    """The statuses of all answers to these bytes, in their order."""
    heard = b""
    deadline = time.monotonic() + 10
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, suppress(OSError):
        connection.sendall(sent)
        connection.settimeout(quiet)
        while time.monotonic() < deadline and (more := connection.recv(65536)):
            heard += more
    return [int(each) for each in STATUS_LINE.findall(heard)]
