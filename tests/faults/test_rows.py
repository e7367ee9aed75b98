"""tests/faults/README.md tells where .ci/run runs each fault, and with which control: what it names is there, and run."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from tests.faults.__main__ import FAULTS
from tests.faults.promises import ROOT

PAGE = (ROOT / "tests/faults/README.md").read_text(encoding="utf-8")
RUN = (ROOT / ".ci/run").read_text(encoding="utf-8")
MONEY_OR_IDENTITY = {*range(1, 17), *range(23, 29), 30, 31, 33, *range(38, 44), 53, 54, 55, 57}
"""The rows without which nothing may land."""
BY_NAME_ONLY = {"migrate", "rolling", "rotate"}


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    number: int
    names: list[str]
    runs: list[str]
    controls: list[str]


def rows(page: str) -> list[Row]:
    """Every line of the page's table."""
    lines = re.findall(r"^\| R(\d+) \| .+? \| (.+?) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    return [Row(int(number), *(re.findall(r"`([^`]+)`", cell) for cell in cells)) for number, *cells in lines]


ROWS = rows(PAGE)


@cache
def left_out(path: str) -> dict[str, bool]:
    """The tests of a file, and whether the usual run leaves each out."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    slow = any("mark.slow" in ast.unparse(each) for each in tree.body if isinstance(each, ast.Assign))
    return {name: slow or is_slow for name, is_slow in each_in(tree, "")}


def each_in(node: ast.Module | ast.ClassDef, within: str) -> Iterator[tuple[str, bool]]:
    """Every test, by its name behind its class's, and whether it is marked slow itself."""
    for each in node.body:
        if isinstance(each, ast.ClassDef):
            yield from each_in(each, f"{each.name}::")
        elif isinstance(each, ast.FunctionDef):
            yield within + each.name, any("mark.slow" in ast.unparse(mark) for mark in each.decorator_list)


def is_run(told: str) -> bool:
    """Whether ``.ci/run`` runs a test, ``path::name``, or a command."""
    path, _, name = told.partition("::")
    if not name:
        return told in RUN
    return (ROOT / path).exists() and left_out(path).get(name) is False


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"R{row.number}")
def test_what_a_row_names_is_run(row: Row) -> None:
    assert row.runs
    assert row.controls
    assert [each for each in row.runs + row.controls if not is_run(each)] == []


def test_every_fault_has_a_row() -> None:
    assert {name for row in ROWS for name in row.names} == set(FAULTS) - {"promises"} - BY_NAME_ONLY
    assert all(f"`{name}`" in PAGE for name in BY_NAME_ONLY)


def test_every_row_of_money_or_identity_is_there_once() -> None:
    numbers = [row.number for row in ROWS]

    assert len(set(numbers)) == len(numbers) == PAGE.count("\n| R") - 1
    assert set(numbers) >= MONEY_OR_IDENTITY


def test_control_what_is_not_there_or_slow_or_not_run_is_seen() -> None:
    told = [
        "tests/faults/test_nothing.py::test_nothing",
        "tests/faults/test_rows.py::test_never",
        "tests/faults/test_rolling.py::test_rolling_restart_under_load_breaks_off_and_loses_nothing",
        "python -m tests.faults rolling",
    ]

    assert not any(is_run(each) for each in told)
