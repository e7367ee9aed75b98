"""The links a letter may hold. They are made when it is sent, so that none lies in the outbox."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Link:
    """A way back to us that opens something, for a time."""

    url: str = field(repr=False)
    seconds: int
    """How long it works from now; the letter tells it in words."""


class Links(Protocol):
    """Makes links. A method may raise NotFound where there is nothing left to open: the letter is then given up."""

    def retry(self, reference: str) -> Link:
        """To try a failed payment again."""
        ...

    def password_reset(self, user_id: str) -> Link:
        """To choose a new password."""
        ...
