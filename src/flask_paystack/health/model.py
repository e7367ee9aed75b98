"""Something that needs a person."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Incident:
    """An alarm that went off, from when on, and why."""

    name: str
    sentence: str
    opened_at: datetime
