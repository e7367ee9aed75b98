"""What every expiring map promises, whichever backend keeps it.

The docstrings here are the specification. Backends add nothing to them, and one test suite holds all of them
to it.
"""

import re
import threading
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple

Json = dict[str, Any] | list[Any] | str | int | float | bool
"""A value: JSON, and at the top something that is there. ``None`` always means that nothing is."""

LONGEST_KEY = 512
"""Characters in the longest key."""

CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of the machines that share a store may differ.

An entry that would live longer than a whole lifetime and this from now was written before our clock was set
back. It counts as expired: nobody gains an hour because a clock lost one.
"""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Hits(NamedTuple):
    """How often a key was hit in its window, this time included, and the seconds until the window ends."""

    count: int  # type: ignore[assignment]  # the right word, though tuple has a method of that name
    expires_in: float


class ExpiringMap(ABC):
    """Entries that all live equally long, from the moment they are made.

    An entry is alive while ``now < made + lifetime``. At that very instant it is gone, whether or not
    anything has swept: it is compared with the clock when it is looked at, and deleted if its time is over.

    Keys are strings of at most 512 characters, any characters (else TypeError, ValueError). Values are JSON:
    what comes out equals what went in and is a copy, so changing it changes nothing here. A value that JSON
    would lose or change (a tuple, a key that is no string, NaN) raises TypeError, and so does None.

    Every method is one atomic step among all who share the store, and raises ``StorageUnavailable`` if the
    store does not do its part.
    """

    def __init__(self, name: str, lifetime: timedelta) -> None:
        self.name = name
        self.lifetime = lifetime

    @abstractmethod
    def add(self, key: str, value: Json) -> bool:
        """Enter ``value`` unless ``key`` is there and alive. True if it was entered.

        Of any number of concurrent callers exactly one enters its value.
        """

    @abstractmethod
    def get(self, key: str) -> Json | None:
        """The value of ``key``, or None. Of a key that was hit: its count."""

    @abstractmethod
    def take(self, key: str) -> Json | None:
        """Remove ``key`` and return its value, or None.

        Of any number of concurrent callers exactly one gets the value.
        """

    @abstractmethod
    def hit(self, key: str) -> Hits:
        """Count one more for ``key``, in a window that begins with its first hit and lasts one lifetime.

        Further hits do not make the window longer. n concurrent callers get n different counts, without a
        gap. A counter is an entry like any other: ``get`` reads it without counting, ``delete`` starts it
        anew, ``add`` is refused while it lives. A key whose living entry was made by ``add`` cannot be hit:
        TypeError.
        """

    @abstractmethod
    def delete(self, key: str) -> bool:
        """Remove ``key``. True if something alive was there."""

    @abstractmethod
    def remove_expired(self) -> int:
        """Free the space of what has expired, and say how many entries this call removed.

        What is alive stays. A backend that frees space by itself has nothing to do, and returns 0.
        """


class ExpiringStore(ABC):
    """A place for expiring maps, opened by ``open_store``."""

    shared: ClassVar[bool]
    """Whether other processes that open the same URL see the same entries."""

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._maps: dict[str, ExpiringMap] = {}

    def map(self, name: str, lifetime: timedelta) -> ExpiringMap:
        """The map of that name, whose entries live ``lifetime``. The same name gives the same entries.

        Names are lower-case words joined by underscores, at most 64 characters. Raises ValueError for another
        name, for a lifetime under a millisecond, and for a name that was opened with another lifetime.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a map: use lower-case letters, digits and underscores.")
        if lifetime < timedelta(milliseconds=1):
            raise ValueError(f"Entries of {name} must live a millisecond or longer.")
        with self._opening:
            opened = self._maps.get(name)
            if opened is None:
                opened = self._maps[name] = self._open_map(name, lifetime)
        if opened.lifetime != lifetime:
            raise ValueError(f"Entries of {name} live {opened.lifetime}, and cannot live {lifetime} as well.")
        return opened

    @abstractmethod
    def _open_map(self, name: str, lifetime: timedelta) -> ExpiringMap: ...

    @abstractmethod
    def ping(self) -> None:
        """Return if the store answers. Raises StorageUnavailable if it does not."""

    def doubts(self) -> list[str]:
        """Sentences about how this store is kept: what does not forbid its use, and may not be meant."""
        return []

    @abstractmethod
    def close(self) -> None:
        """Let go of every connection. Nothing may be asked of the store or its maps afterwards."""
