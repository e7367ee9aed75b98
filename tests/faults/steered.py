"""Servers whose time is moved, and which stop or die at a commit that was named: steered by files in their directory.

``application`` is what gunicorn loads, in a process of its own; ``Steering`` is held by who runs the fault. A commit is named
by the method that makes it, as in ``PaymentRecords.settle``. One that changes no row is not counted: nothing is lost with it.
"""

import fcntl
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any, Literal

from flask import Flask
from sqlalchemy import Connection, event

from flask_paystack.app import FlaskPaystack, create_app
from flask_paystack.clock import SystemClock
from flask_paystack.records.database import Database
from flask_paystack.web.services import EXTENSION
from tests.faults import broken_commits

AHEAD, ORDER, HELD, PASSED, COMMITS = (Path(each) for each in ("ahead", "order", "held", "passed", "commits"))
OF_NO_PAYMENT = ("JobRecords.", "CursorRecords.", "IncidentRecords.")
"""The commits of what goes on whether or not anybody pays."""
LEASES_END = 61
"""Seconds by which time goes on when a process dies, so that nobody waits for what it held."""


@dataclass(frozen=True)
class Order:
    """Die ``before`` or ``after`` the ``nth`` commit of that name, or ``hold`` before its transaction begins."""

    act: Literal["before", "after", "hold"]
    commit: str
    nth: int
    number: int
    """By which a new order is known, so that counting begins anew."""


class Steering:
    """Steers the servers that run in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._orders = 0

    @property
    def ahead(self) -> float:
        """By how many seconds their clock is ahead of the machine's."""
        return read_ahead(self._directory / AHEAD)

    def set_clock(self, ahead: float) -> None:
        """Set their clock to so many seconds ahead of the machine's."""
        _write(self._directory / AHEAD, str(ahead))

    def order(self, act: Literal["before", "after", "hold"], commit: str, nth: int = 1) -> None:
        """Have it done, once."""
        self._orders += 1
        for each in (HELD, PASSED):
            (self._directory / each).unlink(missing_ok=True)
        _write(self._directory / ORDER, json.dumps(asdict(Order(act, commit, nth, self._orders))))

    def countermand(self) -> None:
        """Let it be; who is held goes on."""
        (self._directory / ORDER).unlink(missing_ok=True)

    @property
    def is_obeyed(self) -> bool:
        """Whether a process died by the last order."""
        return not (self._directory / ORDER).exists()

    @property
    def held(self) -> int | None:
        """The process that is held."""
        with suppress(FileNotFoundError, ValueError):
            return int((self._directory / HELD).read_text())
        return None

    @property
    def has_passed(self) -> bool:
        """Whether who was held has since ended its transaction, by a commit or without."""
        return (self._directory / PASSED).exists()

    def take_commits(self) -> list[str]:
        """The names of the commits since this was last asked, in order."""
        path = self._directory / COMMITS
        if not path.exists():
            return []
        with path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            names = file.read().split()
            file.truncate(0)
        return names


def _write(path: Path, text: str) -> None:
    """At once, so that nobody reads half of it."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def read_ahead(path: Path = AHEAD) -> float:
    """By how many seconds a clock is ahead."""
    try:
        return float(path.read_text())
    except FileNotFoundError:
        return 0.0


class MovedClock(SystemClock):
    """The machine's clock, moved by what the file says."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=read_ahead())


def application(control: str | None = None) -> Flask:
    """The backend, steered. ``control`` names one that is broken on purpose."""
    app = create_app(clock=MovedClock())
    ours: FlaskPaystack = app.extensions[EXTENSION]
    _watch(ours.records.database)
    if control is not None:
        broken_commits.CONTROLS[control](ours)
    return app


def _watch(database: Database) -> None:
    writing = database.writing
    seen: Counter[tuple[int, str]] = Counter()

    @contextmanager
    def watched() -> Iterator[Connection]:
        name = sys._getframe(2).f_code.co_qualname.rpartition("<locals>.")[2]
        was_held = _hold(name)
        try:
            with writing() as connection:
                changed = _changes(connection)
                yield connection
                counts = bool(changed) and not name.startswith(OF_NO_PAYMENT)
                order, nth = None, 0
                if counts:
                    order = _order(name)
                    seen[order.number if order else 0, name] += 1
                    nth = seen[order.number if order else 0, name]
                    _die_if_told(order, "before", nth)
            if counts:
                _note(name)
                _die_if_told(order, "after", nth)
        finally:
            if was_held:
                PASSED.touch()

    database.writing = watched  # type: ignore[method-assign]


def _changes(connection: Connection) -> list[str]:
    """Filled with the statements that change a row, as they are executed."""
    changed: list[str] = []

    def look(_: Connection, cursor: Any, statement: str, *__: object) -> None:
        if not statement.lstrip().upper().startswith("SELECT") and (cursor.rowcount != 0 or "RETURNING" in statement):
            changed.append(statement)

    event.listen(connection, "after_cursor_execute", look)
    return changed


def _order(name: str) -> Order | None:
    try:
        order = Order(**json.loads(ORDER.read_text()))
    except FileNotFoundError:
        return None
    return order if order.commit == name else None


def _die_if_told(order: Order | None, act: str, nth: int) -> None:
    if order is None or (order.act, order.nth) != (act, nth):
        return
    _write(AHEAD, str(read_ahead() + LEASES_END))
    ORDER.unlink()
    os.kill(os.getpid(), signal.SIGKILL)


def _hold(name: str) -> bool:
    """Hold the first who comes, until the order is countermanded; whether it was this one."""
    order = _order(name)
    if order is None or order.act != "hold":
        return False
    try:
        with HELD.open("x") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        return False
    while _order(name) == order:
        Event().wait(0.01)
    return True


def _note(name: str) -> None:
    with COMMITS.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(f"{name}\n")
