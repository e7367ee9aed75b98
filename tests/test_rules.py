"""Every semgrep rule of ``rules/`` has code beside it that it must notice, and code that it must leave alone.

``.ci/run`` lets semgrep hold the rules over the source, and over these examples.
"""

import re
from pathlib import Path

import pytest

RULES = {
    name: path
    for path in sorted((Path(__file__).parent.parent / "rules").glob("*.yaml"))
    for name in re.findall(r"^  - id: ([a-z-]+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_examples_of_both_kinds(rule: str) -> None:
    examples = RULES[rule].with_suffix(".py").read_text(encoding="utf-8")

    assert re.search(rf"# ruleid: .*\b{rule}\b", examples)
    assert re.search(rf"# ok: .*\b{rule}\b", examples)


def test_there_are_rules() -> None:
    assert {"secret-compare", "float-money", "bare-requests", "naive-datetime"} <= set(RULES)
