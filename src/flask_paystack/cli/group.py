"""What the groups of commands have in common: the app they work on, their options, and how they fail."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from flask import current_app
from flask.cli import AppGroup

from flask_paystack.cli.output import say, say_json, say_table
from flask_paystack.errors import Failure, SettingsError
from flask_paystack.records.pages import LONGEST, USUAL
from flask_paystack.web.services import EXTENSION, Services

Command = TypeVar("Command", bound=Callable[..., object])

ACTOR = "command line"
"""Who acts, as the timeline of a payment tells it."""


class Group(AppGroup):
    """Commands that need the app. A failure is told in its sentence, with exit code 1.

    Args:
        quiet: keep the log to warnings, since what happens is printed.
    """

    def __init__(self, name: str, *, help: str, quiet: bool = True) -> None:  # noqa: A002 -- click's name
        super().__init__(name, help=help)
        self._quiet = quiet

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _warnings_only() if self._quiet else nullcontext():
            try:
                return super().invoke(ctx)
            except Failure as failure:
                raise click.ClickException(sentence_of(failure)) from None
            except SettingsError as error:
                raise click.ClickException("\n".join(error.problems)) from None


@contextmanager
def _warnings_only() -> Iterator[None]:
    log = logging.getLogger("flask_paystack")
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(before)


def sentence_of(failure: Failure) -> str:
    """What went wrong, with what there is to say about each field."""
    fields = failure.details.get("fields") or {}
    return " ".join([str(failure), *(text for text in fields.values() if text not in str(failure))])


def ours() -> Any:
    """The ``FlaskPaystack`` of the app. Raises ClickException where the app has none."""
    if EXTENSION not in current_app.extensions:
        raise click.ClickException(
            "This application has no Flask-Paystack: mount it with FlaskPaystack(app), or name another app with --app."
        )
    return current_app.extensions[EXTENSION]


def services() -> Services:
    """The services of the app. Raises ClickException where it has none."""
    found: Services = ours().services
    return found


def json_option(command: Command) -> Command:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON as the HTTP API has it, for programs.")(
        command
    )


def yes_option(command: Command) -> Command:
    """``--yes``, for what moves money."""
    return click.option("--yes", is_flag=True, help="Do not ask whether this is meant.")(command)


def page_options(command: Command) -> Command:
    """``--limit`` and ``--after``."""
    limit = click.option("--limit", type=click.IntRange(1, LONGEST), default=USUAL, show_default=True, help="How many.")
    after = click.option("--after", metavar="NEXT", help="Go on behind an earlier page.")
    return limit(after(command))


def moment(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    """An option's ISO 8601 in UTC; without a timezone it is read as UTC."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter("Write ISO 8601, like 2026-03-01 or 2026-03-01T10:00:00Z.") from None


def say_page(
    name: str,
    items: list[dict[str, Any]],
    following: str | None,
    columns: dict[str, Callable[[dict[str, Any]], object]],
    *,
    as_json: bool,
) -> None:
    """Print a page of a list: as the HTTP API answers, or as a table of ``columns`` made from each item."""
    if as_json:
        say_json({name: items, "next": following})
        return
    if not items:
        say(f"No {name}.", err=True)
        return
    say_table(list(columns), [[made(item) for made in columns.values()] for item in items])
    if following:
        say(f"There are more: --after {following}", err=True)
