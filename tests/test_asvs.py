"""docs/asvs.md names every requirement of levels 1 and 2 once, and nothing that is not there; and what only it promises."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.faults.__main__ import FAULTS
from tests.shop import Shop

ROOT = Path(__file__).parent.parent
ROW = re.compile(
    r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (met|operator|none|deviates|not met) \| (.+) \|$", re.MULTILINE
)
VERDICTS = ("met", "operator", "none", "deviates", "not met")
TEXT = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
ROWS = {number: (int(level), verdict, shown) for number, level, _, verdict, shown in ROW.findall(TEXT)}
AT_LEVELS = {  # Of each chapter of ASVS 5.0.0: how many requirements level 1 has, and how many level 2 adds.
    1: (8, 19), 2: (4, 7), 3: (8, 11), 4: (2, 8), 5: (4, 5), 6: (13, 22), 7: (6, 12), 8: (4, 3), 9: (4, 3), 10: (5, 24),
    11: (3, 11), 12: (3, 6), 13: (1, 12), 14: (2, 7), 15: (3, 10), 16: (0, 16), 17: (0, 7),
}  # fmt: skip
LEVEL_3 = """
1.2.10 1.3.12 1.5.3 2.3.5 2.4.2 3.1.1 3.2.3 3.3.5 3.4.7 3.4.8 3.5.6 3.5.7 3.5.8 3.6.1 3.7.3 3.7.4 3.7.5 4.1.4 4.1.5
4.2.2 4.2.3 4.2.4 4.2.5 5.2.4 5.2.5 5.2.6 5.3.3 6.3.5 6.3.6 6.3.7 6.3.8 6.4.5 6.4.6 6.5.6 6.5.7 6.5.8 6.6.4 6.7.1
6.7.2 7.5.3 8.1.3 8.1.4 8.2.4 8.3.2 8.3.3 8.4.2 10.2.3 10.3.5 10.4.12 10.4.13 10.4.14 10.4.15 10.4.16 11.1.3 11.1.4
11.2.4 11.2.5 11.3.4 11.3.5 11.5.2 11.6.2 11.7.1 11.7.2 12.1.4 12.1.5 12.3.5 13.1.2 13.1.3 13.1.4 13.2.6 13.3.3 13.3.4
13.4.6 13.4.7 14.2.5 14.2.6 14.2.7 14.2.8 15.1.4 15.1.5 15.2.4 15.2.5 15.4.1 15.4.2 15.4.3 15.4.4 16.5.4 17.1.2 17.2.5
17.2.6 17.2.7 17.2.8
"""
"""What level 3 alone asks for."""
LAST = """
1.1.2 1.2.10 1.3.12 1.4.3 1.5.3 2.1.3 2.2.3 2.3.5 2.4.2 3.1.1 3.2.3 3.3.5 3.4.8 3.5.8 3.6.1 3.7.5 4.1.5 4.2.5 4.3.2
4.4.4 5.1.1 5.2.6 5.3.3 5.4.3 6.1.3 6.2.12 6.3.8 6.4.6 6.5.8 6.6.4 6.7.2 6.8.4 7.1.3 7.2.4 7.3.2 7.4.5 7.5.3 7.6.2
8.1.4 8.2.4 8.3.3 8.4.2 9.1.3 9.2.4 10.1.2 10.2.3 10.3.5 10.4.16 10.5.5 10.6.2 10.7.3 11.1.4 11.2.5 11.3.5 11.4.4
11.5.2 11.6.2 11.7.2 12.1.5 12.2.2 12.3.5 13.1.4 13.2.6 13.3.4 13.4.7 14.1.2 14.2.8 14.3.3 15.1.5 15.2.5 15.3.7 15.4.4
16.1.1 16.2.5 16.3.4 16.4.3 16.5.4 17.1.2 17.2.8 17.3.2
"""
"""The last requirement of each section."""
NAMED = re.compile(r"`((?:src|tests|docs|rules|\.ci)/[^`:]*|setup\.cfg|requirements\.lock)(?:::(\w+))?`")


@cache
def functions(path: Path) -> set[str]:
    return {
        node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    }


def test_every_requirement_of_levels_1_and_2_has_a_row() -> None:
    sections = [(each.rpartition(".")[0], int(each.rpartition(".")[2])) for each in LAST.split()]
    all_there_are = {f"{section}.{number}" for section, last in sections for number in range(1, last + 1)}

    assert len(ROW.findall(TEXT)) == len(ROWS) == 253
    assert set(ROWS) == all_there_are - set(LEVEL_3.split())


@pytest.mark.parametrize("chapter", AT_LEVELS)
def test_each_chapter_has_as_many_as_the_standard(chapter: int) -> None:
    levels = [level for number, (level, _, _) in ROWS.items() if number.startswith(f"{chapter}.")]

    assert (levels.count(1), levels.count(2)) == AT_LEVELS[chapter]


def test_every_line_of_a_table_was_read() -> None:
    assert TEXT.count("\n| ") - TEXT.count("\n| # ") == len(ROWS)


def missing(text: str) -> list[str]:
    """What ``text`` names and is not there."""
    lost = [
        f"{path}::{test}"
        for path, test in NAMED.findall(text)
        if not (ROOT / path).exists() or (test and test not in functions(ROOT / path))
    ]
    return lost + [name for name in re.findall(r"tests\.faults ([a-z-]+)", text) if name not in FAULTS]


@pytest.mark.parametrize("page", ["docs/asvs.md", "docs/security-decisions.md", "SECURITY.md", "docs/floors.md"])
def test_every_file_test_and_command_that_is_named_is_there(page: str) -> None:
    assert missing((ROOT / page).read_text(encoding="utf-8")) == []


def test_the_summary_counts_what_the_table_says() -> None:
    told = re.findall(
        r"^\| V(\d+) [^|]+\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|",
        (ROOT / "SECURITY.md").read_text("utf-8"),
        re.MULTILINE,
    )
    found = [
        tuple(
            sum(verdict == each for number, (_, verdict, _) in ROWS.items() if number.startswith(f"{chapter}."))
            for each in VERDICTS
        )
        for chapter in AT_LEVELS
    ]

    assert [tuple(map(int, row)) for row in told] == [
        (chapter, *row) for chapter, row in zip(AT_LEVELS, found, strict=True)
    ]


def test_control_what_is_not_there_is_seen() -> None:
    told = "`tests/nowhere.py`, `tests/test_asvs.py::test_never`, `python -m tests.faults nothing`"

    assert len(missing(told)) == 3


def test_what_is_met_names_what_shows_it_or_says_why() -> None:
    assert not [number for number, (_, verdict, shown) in ROWS.items() if verdict == "met" and len(shown) < 10]
    assert {verdict for _, verdict, _ in ROWS.values()} <= set(VERDICTS)


def test_the_decisions_that_are_referred_to_are_there() -> None:
    decisions = (ROOT / "docs/security-decisions.md").read_text(encoding="utf-8")

    for title in set(re.findall(r"decisions, “([^”]+)”", TEXT)):
        assert f"\n## {title}\n" in decisions


def test_text_names_its_charset(shop: Shop) -> None:
    page = shop.client.get("/pay/retry/wrong", headers={"Accept": "text/html"})
    kept = shop.post_webhook({"event": "test.kept"})

    assert page.content_type == "text/html; charset=utf-8"
    assert kept.content_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    ["/.git/HEAD", "/.env", "/setup.cfg", "/static/", "/pay/retry/static/", "/pay/retry/static/../retry_views.py"],
)
def test_no_file_beside_the_application_is_served(shop: Shop, path: str) -> None:
    assert shop.client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/pay/webhook", "/nowhere"])
def test_trace_is_not_supported(shop: Shop, path: str) -> None:
    assert shop.client.open(path, method="TRACE").status_code in {404, 405}
