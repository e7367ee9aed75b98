"""Spells in which what lies under a server does not work, and how it answered in them and after them."""

import threading
import time
from dataclasses import dataclass, field
from math import inf

from tests.faults.courier import Answer, Courier

HEALED_WITHIN = 5.0
"""Seconds after a spell in which every webhook must be answered 200 again."""


@dataclass
class Spell:
    """Times are seconds of ``time.monotonic``."""

    began: float = field(default_factory=time.monotonic)
    """When the harm began to be done."""
    holds: float = inf
    """When it was done."""
    mending: float = inf
    """When it began to be undone."""
    over: float = inf
    """When it was undone."""


@dataclass(frozen=True)
class Report:
    """What came of some spells."""

    refused: int
    """Answers of 503 in our shape."""
    within: int
    """Answers to webhooks that were sent after a harm was done and answered before it was undone."""
    taken_within: int
    """Those of them that were 200."""
    neither: int
    """Answers, whenever they came, that were neither 200 nor 503 in our shape."""
    slowest_healing: float
    """Seconds after the end of a spell until every webhook was answered 200."""


def report(answers: list[Answer], spells: list[Spell]) -> Report:
    """What was answered in those spells and after each of them."""
    within = [
        each for each in answers if any(spell.holds <= each.sent and each.answered <= spell.mending for spell in spells)
    ]
    nexts = [*[spell.began for spell in spells[1:]], inf]
    return Report(
        refused=sum(each.is_our_503 for each in answers),
        within=len(within),
        taken_within=sum(each.status == 200 for each in within),
        neither=sum(each.status != 200 and not each.is_our_503 for each in answers),
        slowest_healing=round(max(_healing(answers, *each) for each in zip(spells, nexts, strict=True)), 2),
    )


def _healing(answers: list[Answer], spell: Spell, following: float) -> float:
    bad = [each.answered for each in answers if spell.over < each.answered < following and each.status != 200]
    return max(bad, default=spell.over) - spell.over


def wait(seconds: float) -> None:
    """Let the clients work."""
    threading.Event().wait(seconds)


def wait_for_refusals(courier: Courier, since: float, count: int, seconds: float) -> None:
    """Return when so many answers after ``since`` were not 200, or after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if sum(each.status != 200 and each.answered > since for each in courier.taken()) >= count:
            return
        wait(0.05)
