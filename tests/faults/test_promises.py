"""docs/promises.md shows commands that exist, with lines that keep what it promises."""

import pytest

from tests.faults import promises
from tests.faults.__main__ import FAULTS, command_line

SHOWN = list(promises.shown(promises.PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("each", SHOWN, ids=lambda each: " ".join(each.arguments))
def test_every_command_exists_and_printed_what_is_promised(each: promises.Shown) -> None:
    assert command_line().parse_args(each.arguments).name == each.name
    assert each.is_promised(each.line), each.line


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {"promises"}))
def test_every_fault_is_shown_sound_and_broken(name: str) -> None:
    """A fault whose control nobody has seen fail proves nothing."""
    kinds = {each.is_control for each in SHOWN if each.name == name}

    assert kinds == {False, True}


def test_a_line_of_the_wrong_kind_is_no_promise() -> None:
    sound, control = promises.shown(
        "$ python -m tests.faults a\na: FAIL x=1\n$ python -m tests.faults a --control b\na: ok x=1"
    )

    assert not sound.is_promised(sound.line)
    assert not control.is_promised(control.line)
    assert not sound.is_promised(promises.NO_LINE)
