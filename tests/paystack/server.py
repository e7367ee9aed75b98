"""A tiny HTTP server that notes what it was asked, and answers bytes, slowly or not at all."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Answer = bytes | Callable[[socket.socket, threading.Event], None]
"""Bytes as they go over the wire, or what to do with the connection until the event is set."""


def http(body: bytes | dict[str, Any], status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer. Underscores in the names of ``headers`` stand for dashes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(data)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + data


@dataclass
class Server:
    """What it was asked, and what it answers: each of ``answers`` once, the last one for ever."""

    answers: list[Answer]
    url: str = ""
    requests: list[str] = field(default_factory=list)
    """Method and target of each request, as they stood on the wire."""
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released once for each request that came."""

    def talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head, _, body = _read_head(connection).partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            if not first:
                return
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            while len(body) < int(headers.get("content-length", "0")):
                body += connection.recv(65536)
            self.requests.append(first.rsplit(" ", 1)[0])
            self.headers.append(headers)
            self.bodies.append(body)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self.came.release()
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                answer(connection, self.over)


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(65536)
        if not more:
            return b""
        head += more
    return head


@contextmanager
def running_server(*answers: Answer, address: tuple[str, int] = ("127.0.0.1", 0)) -> Iterator[Server]:
    """A server, on a free port where ``address`` names none; its threads are ended at the end."""
    server = Server(list(answers))
    threads: list[threading.Thread] = []

    def accept(listening: socket.socket) -> None:
        while not server.over.is_set():
            try:
                connection = listening.accept()[0]
            except OSError:
                return
            thread = threading.Thread(target=server.talk, args=(connection,), daemon=True)
            threads.append(thread)
            thread.start()

    with socket.create_server(address) as listening:
        server.url = f"http://{address[0]}:{listening.getsockname()[1]}"
        accepting = threading.Thread(target=accept, args=(listening,), daemon=True)
        accepting.start()
        try:
            yield server
        finally:
            server.over.set()
            listening.shutdown(socket.SHUT_RDWR)
            for thread in [accepting, *threads]:
                thread.join(10)
                assert not thread.is_alive()


def silence(connection: socket.socket, over: threading.Event) -> None:
    """Not a word."""
    over.wait(30)


def dripping(head: bytes, drop: bytes) -> Answer:
    """``head`` at once, and then ``drop`` again and again, twenty times a second."""

    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head)
        while not over.wait(0.05):
            connection.sendall(drop)

    return drip
