"""Networks of one's own: namespaces on a switch, which the kernel forgets as soon as nobody holds them.

None of them has a name on this machine. Each is held by an open file of this process and by what runs in it, so that neither
a failure nor ``kill -9`` leaves one behind, or one of their cables.
"""

import ctypes
import functools
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

CLONE_NEWNET = 0x40000000
MINE = "/proc/thread-self/ns/net"
LINK = "eth0"
"""What each calls its cable to the switch."""
SWITCH = "switch"


class Namespace:
    """A network that has nothing but loopback, until ``network`` connects it."""

    def __init__(self, address: str = "") -> None:
        """Raises OSError where this process may make none."""
        self.address = address
        """Where the others reach it; empty of the switch."""
        self._held = _new()
        self.ip("link set dev lo up")

    @property
    def path(self) -> str:
        """A file that stands for it, as long as it is held."""
        return f"/proc/{os.getpid()}/fd/{self._held}"

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This thread is in it meanwhile: its new sockets, and the threads and processes it starts, are and stay in it."""
        before = os.open(MINE, os.O_RDONLY)
        _enter(self._held)
        try:
            yield
        finally:
            _enter(before)
            os.close(before)

    def ip(self, words: str) -> None:
        """Run ``ip`` in it. Raises OSError with what it said."""
        with self.entered():
            done = subprocess.run(["ip", *words.split()], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(f"ip {words}: {done.stderr.strip()}")

    def close(self) -> None:
        """Let go of it."""
        os.close(self._held)


class Switch(Namespace):
    """What the cables of a network lead to."""

    def connect(self, name: str, other: Namespace) -> None:
        """Lay a cable."""
        self.ip(f"link add name {name} type veth peer name {LINK} netns {other.path}")
        self.ip(f"link set dev {name} master {SWITCH} up")
        other.ip(f"address add {other.address}/24 dev {LINK}")
        other.ip(f"link set dev {LINK} up")

    def cut(self, name: str) -> None:
        """From now on nothing comes through the cable of one of them, either way."""
        self.ip(f"link set dev {name} down")

    def mend(self, name: str) -> None:
        """All comes through again."""
        self.ip(f"link set dev {name} up")


@contextmanager
def network(*names: str) -> Iterator[tuple[Switch, Mapping[str, Namespace]]]:
    """Namespaces that reach each other, and nothing else; gone with the block. Raises OSError where none can be made."""
    with ExitStack() as stack:
        switch = Switch()
        stack.callback(switch.close)
        switch.ip(f"link add name {SWITCH} type bridge")
        switch.ip(f"link set dev {SWITCH} up")
        made = {}
        for number, name in enumerate(names, 1):
            made[name] = Namespace(f"10.77.0.{number}")
            stack.callback(made[name].close)
            switch.connect(name, made[name])
        yield switch, made


@functools.cache
def namespaces_missing() -> str | None:
    """Why no networks of one's own can be made here, in a sentence; None where they can."""
    if sys.platform != "linux":
        return "Networks of one's own need Linux."
    if os.geteuid() != 0:
        return "Networks of one's own need root."
    if shutil.which("ip") is None:
        return "Networks of one's own need ip: apt-get install iproute2."
    try:
        with network("probe"):
            return None
    except OSError as error:
        return f"No network of one's own can be made here: {error}."


def _new() -> int:
    """An open file that holds a new network. A thread of its own goes there, since it would take its thread along."""
    found: list[int | OSError] = []

    def leave() -> None:
        try:
            _check(_libc().unshare(CLONE_NEWNET))
            found.append(os.open(MINE, os.O_RDONLY))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    (outcome,) = found
    if isinstance(outcome, OSError):
        raise outcome
    return outcome


def _enter(held: int) -> None:
    _check(_libc().setns(held, CLONE_NEWNET))


def _check(answer: int) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
