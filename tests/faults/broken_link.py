"""The way to Paystack, to be broken in every way there is: a TCP proxy whose mode counts from the next request on."""

import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.paystack.server import http
from tests.servers import free_port

SLOW = 3.0
"""Seconds that a slow answer takes: within the time of a call."""
RETRY_AFTER = 60


class Link:
    """Carries each request over a connection of its own to ``upstream``, a port of this machine, as ``mode`` says."""

    def __init__(self, upstream: int) -> None:
        self.port = free_port()
        self.most_waiting = 0
        """How many requests waited for an answer at the same time, at the most."""
        self._upstream = upstream
        self._mode = "sound"
        self._waiting = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._listening: socket.socket | None = None
        self._modes: dict[str, Callable[[socket.socket, bytes], None]] = {
            "sound": self._pass_on,
            "slow": self._pass_on_slowly,
            "drip": self._drip,
            "half": self._pass_on_half,
            "hang": self._wait_for_hang_up,
            "reset": lambda caller, _: caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)),
            "429": lambda caller, _: caller.sendall(
                http({"status": False, "message": "Wait"}, "429 Too Many Requests", Retry_After=str(RETRY_AFTER))
            ),
            "html": lambda caller, _: caller.sendall(http(b"<html>Welcome</html>", Content_Type="text/html")),
            "gateway": lambda caller, _: caller.sendall(
                http(b"<html>502</html>", "502 Bad Gateway", Content_Type="text/html")
            ),
        }

    @property
    def url(self) -> str:
        """Where the backend finds its Paystack."""
        return f"http://127.0.0.1:{self.port}"

    def turn(self, mode: str) -> None:
        """Treat requests like this from now on; ``down`` listens no more."""
        if mode == "down":
            self._close()
            return
        self._mode = mode
        if self._listening is None:
            self._listening = socket.create_server(("127.0.0.1", self.port), backlog=128)
            threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def close(self) -> None:
        """Carry nothing more."""
        self._over.set()
        self._close()

    def _close(self) -> None:
        if self._listening is not None:
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                caller = listening.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            request = _read_request(caller)
            with self._lock:
                self._waiting += 1
                self.most_waiting = max(self.most_waiting, self._waiting)
            try:
                self._modes[self._mode](caller, request)
            finally:
                with self._lock:
                    self._waiting -= 1

    def _ask(self, request: bytes) -> bytes:
        head, separator, body = request.partition(b"\r\n\r\n")
        kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        with socket.create_connection(("127.0.0.1", self._upstream), timeout=30) as upstream:
            upstream.sendall(b"\r\n".join([*kept, b"Connection: close"]) + separator + body)
            answer = b""
            while more := upstream.recv(65536):
                answer += more
        return answer

    def _pass_on(self, caller: socket.socket, request: bytes) -> None:
        caller.sendall(self._ask(request))

    def _pass_on_slowly(self, caller: socket.socket, request: bytes) -> None:
        answer = self._ask(request)
        if _still_there(caller, SLOW):
            caller.sendall(answer)

    def _pass_on_half(self, caller: socket.socket, request: bytes) -> None:
        answer = self._ask(request)
        caller.sendall(answer[: len(answer) // 2])

    def _drip(self, caller: socket.socket, request: bytes) -> None:
        for byte in self._ask(request):
            if self._over.is_set() or not _still_there(caller, 0.2):
                return
            caller.sendall(bytes([byte]))

    def _wait_for_hang_up(self, caller: socket.socket, _request: bytes) -> None:
        while not self._over.is_set() and _still_there(caller, 0.5):
            continue


def _still_there(caller: socket.socket, seconds: float) -> bool:
    """Whether the caller has not hung up for so many seconds from now."""
    readable, _, _ = select.select([caller], [], [], seconds)
    return not readable


def _read_request(caller: socket.socket) -> bytes:
    request = b""
    length: int | None = None
    while length is None or len(request) < length:
        more = caller.recv(65536)
        if not more:
            raise ConnectionError("hung up")
        request += more
        head, separator, _ = request.partition(b"\r\n\r\n")
        if separator and length is None:
            length = len(head) + 4 + _body_length(head)
    return request


def _body_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


@contextmanager
def broken_link(upstream: int) -> Iterator[Link]:
    """A link that is sound until it is turned."""
    link = Link(upstream)
    link.turn("sound")
    try:
        yield link
    finally:
        link.close()
