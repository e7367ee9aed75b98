"""What commands print: tables for people, JSON for programs. Nothing that came from outside can steer a terminal."""

import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import click

from flask_paystack.money import Money
from flask_paystack.web.log import one_line

Item = TypeVar("Item")
GAP = "  "


def say(text: str = "", *, err: bool = False) -> None:
    """Print a line; a character that the terminal's encoding lacks becomes a question mark."""
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    click.echo(text.encode(encoding, "replace").decode(encoding), err=err)


def say_json(value: Any) -> None:
    """Print JSON, in ASCII."""
    click.echo(json.dumps(value, indent=2))


def say_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, loose: bool = False) -> None:
    """Print rows under their columns' names; money and numbers to the right.

    A table that is wider than the terminal is printed as one block for each row.

    Args:
        loose: the last column holds sentences, which may run on over the terminal's edge.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(text) for text in column) for column in zip(columns, *cells, strict=True)]
    fixed = widths[:-1] if loose else widths
    if sum(fixed) + len(GAP) * (len(columns) - 1) > _terminal_width():
        for row in cells:
            say_facts(dict(zip(columns, row, strict=True)))
            say()
        return
    right = [rows and all(isinstance(row[at], int | Money | None) for row in rows) for at in range(len(columns))]
    for line in (columns, *cells):
        padded = [
            text.rjust(width) if to_the_right else text.ljust(width)
            for text, width, to_the_right in zip(line, widths, right, strict=True)
        ]
        say(GAP.join(padded).rstrip())


def say_facts(facts: Mapping[str, object]) -> None:
    """Print names and values, a line each; what has no value is left out."""
    shown = {name: text for name, value in facts.items() if (text := _cell(value))}
    width = max(map(len, shown), default=0)
    for name, text in shown.items():
        say(f"{name.ljust(width)}{GAP}{text}")


def when(instant: str | None) -> str:
    """An instant as JSON has it, for people: ``2026-03-01 10:00:00Z``."""
    return "" if instant is None else f"{instant[:19].replace('T', ' ')}Z"


class Steps(Protocol):
    """Something that is told how far work has come."""

    def update(self, n_steps: int) -> None:
        """So many more are done."""
        ...


class _Untold:
    def update(self, n_steps: int) -> None:
        pass


@contextmanager
def progress(length: int, label: str) -> Iterator[Steps]:
    """A bar on standard error where that is a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield _Untold()
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar


def with_progress(items: Sequence[Item], label: str) -> Iterable[Item]:
    """``items``, under a progress bar as ``progress`` has it."""
    with progress(len(items), label) as steps:
        for item in items:
            yield item
            steps.update(1)


def _cell(value: object) -> str:
    return "" if value is None else one_line(str(value))


def _terminal_width() -> int:
    """Columns of the terminal; no bounds where the output goes to a file or another program."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
