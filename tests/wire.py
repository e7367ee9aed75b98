"""Requests byte by byte over a real connection, and a real server to take them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


class QuietHandler(WSGIRequestHandler):
    """Speaks HTTP/1.1, as chunked bodies need, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  the signature is werkzeug's
        return


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """The port of this machine on which ``app`` is served, each connection in a thread of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


def send(port: int, *parts: bytes) -> Answer:
    """Send ``parts`` as they are, then nothing more, and read the one answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        response = HTTPResponse(connection)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())


def head(path: str, *headers: str) -> bytes:
    """The head of a POST of JSON, up to its blank line."""
    lines = [f"POST {path} HTTP/1.1", "Host: backend.test", "Content-Type: application/json", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def chunked(body: bytes, size: int = 4096) -> bytes:
    """A body in chunks of ``size`` bytes, its end included."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
