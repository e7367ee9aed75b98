"""Every number in docs/promises.md, told anew by running its command (FAULTS R66).

The page shows each command with the line it printed. This runs them in the page's order and writes what they print now in
the place of what stands there. A control is as promised when it fails.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults import Outcome

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "promises.md"
PROMPT = "$ python -m tests.faults "
NO_LINE = "(not run)"
LONGEST = 400
"""Characters of a line on the page: a control may tell at length what it broke."""


@dataclass(frozen=True)
class Shown:
    """A command on the page, and the line under it."""

    row: int
    """Of the command, from 0; its line is the next."""
    arguments: list[str]
    line: str

    @property
    def name(self) -> str:
        """The fault."""
        return self.arguments[0]

    @property
    def is_control(self) -> bool:
        """Whether it runs a variant that is broken on purpose."""
        return "--control" in self.arguments

    def is_promised(self, line: str) -> bool:
        """Whether a line is what the page promises: ``ok``, or of a control ``FAIL``."""
        return line.startswith(f"{self.name}: {'FAIL' if self.is_control else 'ok'} ")


def shown(page: str) -> Iterator[Shown]:
    """Every command of the page, in its order."""
    rows = page.splitlines()
    for row, words in enumerate(rows):
        if words.startswith(PROMPT):
            yield Shown(row, shlex.split(words.removeprefix(PROMPT)), rows[row + 1])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--only", nargs="*", metavar="NAME", help="faults to run; without it, all on the page")
    parser.add_argument("--missing", action="store_true", help="run only what has no line on the page yet")


def run(options: argparse.Namespace) -> Outcome:
    """Run the commands of the page, and write their lines into it."""
    chosen = [
        each
        for each in shown(PAGE.read_text(encoding="utf-8"))
        if (not options.only or each.name in options.only) and (not options.missing or each.line == NO_LINE)
    ]
    broken = []
    for each in chosen:
        line = _printed_by(each.arguments)
        print(line, flush=True)
        if each.is_promised(line):
            _write(each, line)
        else:
            broken.append(shlex.join(each.arguments))
    return Outcome(not broken, {"commands": len(chosen), "broken": broken})


def _printed_by(arguments: list[str]) -> str:
    command = [sys.executable, "-m", "tests.faults", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(f"{arguments[0]}: ")]
    return lines[-1] if lines else f"{arguments[0]}: printed nothing; {done.stderr.strip()[-300:]}"


def _write(each: Shown, line: str) -> None:
    rows = PAGE.read_text(encoding="utf-8").splitlines()
    rows[each.row + 1] = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    PAGE.write_text("\n".join(rows) + "\n", encoding="utf-8")
