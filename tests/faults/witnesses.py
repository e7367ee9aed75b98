"""Who sees where a backend connects: the network it is in, or strace."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from tests.faults.capture import Capture
from tests.faults.namespaces import LINK, Namespace, network

STRACE = ("strace", "--follow-forks", "--seccomp-bpf", "--string-limit=0", "--trace=connect,sendto,sendmsg,sendmmsg")
INTERNET = re.compile(
    r"sin6?_port=htons\((?P<port>\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"(?P<address>[^\"]+)\""
)


class Witness(Protocol):
    """Where everybody is, and what was seen."""

    under: Sequence[str]
    """The command that runs the backend."""
    listens_at: str
    """The backend's address at home."""
    backend: str
    """Its address for those outside."""
    trap_at: tuple[str, int]
    """Where the trap listens."""
    trap: str
    """Its host and port, as it is told of; without a port, that is the one of a free choice."""

    def at_home(self) -> AbstractContextManager[object]:
        """Where the backend is, and those to whom it may speak."""
        ...

    def outside(self) -> AbstractContextManager[object]:
        """Where its customers are, and the trap."""
        ...

    def begin(self) -> None:
        """The backend is about to be started: what was said before was others'."""
        ...

    def ready(self, port: int) -> None:
        """It serves at ``port``: nobody at home will ask it whether it is ready any more."""
        ...

    def reached(self) -> Counter[str]:
        """How often the backend spoke to each ``address:port`` until it was ended."""
        ...


class Network:
    """The backend is at home in a network with one cable, to a host that every address leads to.

    All that anybody there begins to say is seen, on that cable and on loopback.
    """

    under: Sequence[str] = ()
    listens_at = "0.0.0.0"
    trap_at = ("0.0.0.0", 80)

    def __init__(self, home: Namespace, world: Namespace, capture: Capture) -> None:
        self._home = home
        self._world = world
        self._capture = capture
        self.backend = home.address
        self.trap = world.address
        home.ip(f"route add default via {world.address} dev {LINK}")
        home.ip(f"-6 address add fd77::1/64 dev {LINK} nodad")
        world.ip(f"-6 address add fd77::2/64 dev {LINK} nodad")
        home.ip(f"-6 route add default via fd77::2 dev {LINK}")
        for family in ("-4", "-6"):
            world.ip(f"{family} route add local default dev lo table 100")
            world.ip(f"{family} rule add iif {LINK} lookup 100")

    def at_home(self) -> AbstractContextManager[object]:
        return self._home.entered()

    def outside(self) -> AbstractContextManager[object]:
        return self._world.entered()

    def begin(self) -> None:
        self._capture.catch_up()
        self._capture.reached.clear()

    def ready(self, port: int) -> None:
        self._capture.catch_up()
        self._capture.reached.pop(f"127.0.0.1:{port}", None)

    def reached(self) -> Counter[str]:
        self._capture.catch_up()
        if self._capture.missed():
            raise RuntimeError("Some packets came too fast to be seen.")
        return self._capture.reached


@contextmanager
def in_a_network() -> Iterator[Network]:
    """There must be namespaces."""
    with network("home", "world") as (_, made), Capture(made["home"]) as capture:
        yield Network(made["home"], made["world"], capture)


class Trace:
    """Everybody is on loopback, and the backend's system calls are read. There must be a strace."""

    listens_at = backend = "127.0.0.1"
    trap_at = ("127.0.0.1", 0)
    trap = "127.0.0.1"

    def __init__(self, directory: Path) -> None:
        self._file = directory / "trace.txt"
        self.under = (*STRACE, f"--output={self._file}")

    def at_home(self) -> AbstractContextManager[object]:
        return nullcontext()

    def outside(self) -> AbstractContextManager[object]:
        return nullcontext()

    def begin(self) -> None:
        pass

    def ready(self, port: int) -> None:
        del port

    def reached(self) -> Counter[str]:
        with self._file.open(encoding="utf-8", errors="replace") as lines:
            return Counter(addresses(lines))


def addresses(lines: Iterable[str]) -> Iterator[str]:
    """Each internet address with its port that a trace tells of; sockets of this machine's file system are none."""
    for line in lines:
        for found in INTERNET.finditer(line):
            yield f"{found['address']}:{found['port']}"
