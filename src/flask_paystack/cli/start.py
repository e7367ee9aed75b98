"""How a process of ours starts: under a server, or under ``flask``."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click
from flask import Flask
from flask.cli import NoAppException
from flask.helpers import get_debug_flag

from flask_paystack.app import FlaskPaystack, create_app, further_problems
from flask_paystack.errors import Failure, SettingsError, StorageUnavailable
from flask_paystack.serving import refuse_many_processes
from flask_paystack.settings import Settings
from flask_paystack.web.log import one_line
from flask_paystack.web.services import EXTENSION

CANNOT_BOOT = 3
"""The exit code at which gunicorn's master stops, instead of starting another worker that would fail the same way."""
TRY_AGAIN = 1
"""The exit code at which gunicorn's master starts another worker."""
PAUSE = 1.0
"""Seconds until then, so that workers that cannot start yet leave the machine to what they wait for."""

_found_in_order = threading.Event()
"""Set in gunicorn's master, and so in the workers it forks: all could start when it did."""


def application() -> Flask:
    """The application of this process, ready to serve where it is about to. Ends the process where it cannot start."""
    command = click.get_current_context(silent=True)
    with _sentences():
        app = create_app(any_schema=command is not None and "db" in sys.argv[1:])
        if command is None:
            if "gunicorn" not in os.environ.get("SERVER_SOFTWARE", ""):
                _ours(app).serving.check()
        elif command.info_name == "run" and not _is_reloader(command):
            _ours(app).serving.begin()
    return app


def _is_reloader(command: click.Context) -> bool:
    """Whether this process only watches files, and a child of it serves."""
    reload = command.params.get("reload")
    watches = get_debug_flag() if reload is None else bool(reload)
    return watches and os.environ.get("WERKZEUG_RUN_MAIN") != "true"


def refuse_at_start(processes: int) -> None:
    """End the process where the settings cannot be used, or not by so many processes, or in debug mode, or while what they
    name is away."""
    with _sentences():
        if get_debug_flag():
            raise SettingsError(["FLASK_DEBUG is on: this is a server for others, so leave it unset."])
        settings = Settings.from_environment(further=further_problems)
        refuse_many_processes(settings, processes)
        _ours(create_app(settings)).close()
    _found_in_order.set()


def begin_to_serve(app: Flask, threads: int | None = None) -> None:
    """Begin to serve in this worker, by that many threads where it is known, or end it with a sentence."""
    with _sentences():
        if threads is not None:
            _ours(app).wiring.paystack.leave_half_of(threads)
        _ours(app).serving.begin()


def end_serving(app: Flask | None) -> None:
    """Let the jobs finish what they work on."""
    if app is not None:
        _ours(app).serving.end()


def _ours(app: Flask) -> FlaskPaystack:
    found: FlaskPaystack = app.extensions[EXTENSION]
    return found


@contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        _refuse(error.problems)
    except StorageUnavailable as error:
        problems = [f"{error} Look at DATABASE_URL and STORE_URL, and whether what they name runs."]
        _refuse(problems, TRY_AGAIN if _found_in_order.is_set() else CANNOT_BOOT)
    except Failure as error:
        _refuse([str(error)])


def _refuse(problems: list[str], code: int = CANNOT_BOOT) -> NoReturn:
    if set(sys.argv[1:]) <= {"--help"} and click.get_current_context(silent=True) is not None:
        raise NoAppException("\n".join(map(one_line, problems)))  # `flask` tells it, and goes on to its help
    click.echo("Flask-Paystack does not start:", err=True)
    for problem in problems:
        click.echo(f"  - {one_line(problem)}", err=True)  # names in the environment may hold anything
    if code == TRY_AGAIN:
        threading.Event().wait(PAUSE)
    sys.exit(code)
