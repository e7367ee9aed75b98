"""How a process of ours starts: under a server, or under ``flask``."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click
from flask import Flask
from flask.cli import NoAppException
from flask.helpers import get_debug_flag

from flask_paystack.app import FlaskPaystack, create_app
from flask_paystack.errors import Failure, SettingsError, StorageUnavailable
from flask_paystack.serving import refuse_many_processes
from flask_paystack.settings import Settings
from flask_paystack.web.services import EXTENSION

CANNOT_BOOT = 3
"""The exit code at which gunicorn's master stops, instead of starting another worker that would fail the same way."""


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
    """End the process where the settings cannot be used, or not by so many processes, or in debug mode."""
    with _sentences():
        if get_debug_flag():
            raise SettingsError(["FLASK_DEBUG is on: this is a server for others, so leave it unset."])
        refuse_many_processes(Settings.from_environment(), processes)


def begin_to_serve(app: Flask) -> None:
    """Begin to serve in this process, or end it with a sentence."""
    with _sentences():
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
        _refuse([f"{error} Look at DATABASE_URL and STORE_URL, and whether what they name runs."])
    except Failure as error:
        _refuse([str(error)])


def _refuse(problems: list[str]) -> NoReturn:
    if set(sys.argv[1:]) <= {"--help"} and click.get_current_context(silent=True) is not None:
        raise NoAppException("\n".join(problems))  # `flask` tells it, and goes on to its help
    click.echo("Flask-Paystack does not start:", err=True)
    for problem in problems:
        click.echo(f"  - {problem}", err=True)
    sys.exit(CANNOT_BOOT)
