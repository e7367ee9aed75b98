"""What a check found."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from flask_paystack.clock import Clock
from flask_paystack.settings import Settings


class State(StrEnum):
    """How much there is to do about it."""

    OK = "ok"
    FAILED = "failed"
    """It has to be mended."""
    NOTE = "note"
    """Something to know: it may be meant, or could not be looked at."""


@dataclass(frozen=True)
class Finding:
    """A sentence about one thing that was looked at."""

    check: str
    state: State
    sentence: str


Check = Callable[[Settings, Clock], Iterable[Finding]]
