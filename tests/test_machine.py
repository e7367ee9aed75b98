"""What is missing is skipped, or missed where it was promised; and .ci/run promises all that tests ask for."""

import re
from pathlib import Path

import pytest

from tests import machine

ROOT = Path(__file__).parent.parent
ASKED = re.compile(r"(?:is_missing|needs|needs_program|needs_module|or_skip)\(\s*\"(\w+)\"")


def never() -> None:
    raise SystemExit("It is not here.")


def test_what_is_missing_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXPECT_WINGS", raising=False)

    with pytest.raises(pytest.skip.Exception, match=r"No wings for the tests: It is not here\."):
        machine.needs("wings", never)


def test_what_is_missing_and_promised_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPECT_WINGS", "1")

    with pytest.raises(pytest.fail.Exception):
        machine.needs("wings", never)
    with pytest.raises(pytest.fail.Exception):
        machine.needs_program("wings")
    with pytest.raises(pytest.fail.Exception):
        machine.needs_module("wings", "wings_of_nobody")


def test_what_is_there_is_used() -> None:
    assert Path(machine.needs_program("sh")).exists()
    machine.needs_module("wings", "json")
    machine.needs("wings", lambda: None)


def test_ci_promises_all_that_tests_ask_for() -> None:
    tests = [each for each in (ROOT / "tests").rglob("*.py") if each != Path(__file__)]
    asked = {name.upper() for each in tests for name in ASKED.findall(each.read_text(encoding="utf-8"))}
    promised = set(re.findall(r"EXPECT_(\w+)=1", (ROOT / ".ci/run").read_text(encoding="utf-8")))

    assert asked == promised
