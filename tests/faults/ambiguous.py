"""Requests that two servers in a row may read differently, byte by byte: where each of them hides a second one."""

from collections.abc import Iterator
from dataclasses import dataclass

HIDDEN = b"DELETE /smuggled HTTP/1.1\r\nHost: backend.test\r\n\r\n"
"""No other request of the set is a DELETE, so that the log of a server tells it."""
LONG = 100_000


@dataclass(frozen=True)
class Case:
    """What is sent over one connection.

    Attributes:
        refused: whether gunicorn must refuse it itself, so that the application sees nothing of it.
        answers: so many at most, one for each request there is.
        nginx_reads: as so many requests, at most.
    """

    name: str
    sent: bytes
    refused: bool = True
    answers: int = 1
    nginx_reads: int = 1


def cases() -> Iterator[Case]:
    """The whole set."""
    yield from _of_transfer_encodings()
    yield from _of_lengths()
    yield from _of_heads()
    yield from _of_chunks()
    yield from _of_sound_ones()


def _head(*lines: bytes, first: bytes = b"POST /auth/login HTTP/1.1", host: bytes = b"Host: backend.test") -> bytes:
    return b"\r\n".join([first, host, b"Content-Type: application/json", *lines, b"", b""])


def _of_transfer_encodings() -> Iterator[Case]:
    """Beside a ``Content-Length``: one body that ends early for who believes in chunks, one for who believes in lengths."""
    early_chunk = b"0\r\n\r\n" + HIDDEN
    size = b"%x\r\n" % len(HIDDEN)
    in_chunk = size + HIDDEN + b"\r\n0\r\n\r\n"
    lines = {
        "chunked": b"Transfer-Encoding: chunked",
        "upper case": b"TRANSFER-ENCODING: CHUNKED",
        "tab": b"Transfer-Encoding:\tchunked",
        "xchunked": b"Transfer-Encoding: xchunked",
        "chunked, identity": b"Transfer-Encoding: chunked, identity",
        "identity, chunked": b"Transfer-Encoding: identity, chunked",
        "chunked twice": b"Transfer-Encoding: chunked, chunked",
        "quoted": b'Transfer-Encoding: "chunked"',
        "vertical tab": b"Transfer-Encoding: \x0bchunked",
        "space before the colon": b"Transfer-Encoding : chunked",
        "space before the name": b"X: y\r\n Transfer-Encoding: chunked",
        "folded": b"Transfer-Encoding:\r\n chunked",
        "behind a bare LF": b"X: y\nTransfer-Encoding: chunked",
        "behind a bare CR": b"X: y\rTransfer-Encoding: chunked",
        "two": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "two, the other way": b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    }
    for name, line in lines.items():
        length = b"Content-Length: %d" % len(early_chunk)
        yield Case(f"CL.TE {name}", _head(length, line) + early_chunk)
        yield Case(f"TE.CL {name}", _head(b"Content-Length: %d" % len(size), line) + in_chunk)
    underscore = _head(b"Content-Length: %d" % len(early_chunk), b"Transfer_Encoding: chunked")
    yield Case("CL.TE underscore", underscore + early_chunk, refused=False)
    old = _head(b"Transfer-Encoding: chunked", first=b"POST /auth/login HTTP/1.0")
    yield Case("TE in HTTP/1.0", old + early_chunk)


def _of_lengths() -> Iterator[Case]:
    right = b"%d" % len(HIDDEN)
    spelled = {
        "+": b"+" + right,
        "-": b"-" + right,
        "0x": b"0x%x" % len(HIDDEN),
        "space within": right[:1] + b" " + right[1:],
        "underscore": right[:1] + b"_" + right[1:],
        "list": right + b",0",
        "list of the same": right + b", " + right,
        "empty": b"",
        "letters": right + b"abc",
        "fraction": right + b".0",
        "superscript": "²".encode("latin-1"),
    }
    for name, value in spelled.items():
        yield Case(f"CL {name}", _head(b"Content-Length: " + value) + HIDDEN)
    for name, (one, other) in {"differ": (b"0", right), "differ, the other way": (right, b"0")}.items():
        yield Case(f"two CL that {name}", _head(b"Content-Length: " + one, b"Content-Length: " + other) + HIDDEN)
    yield Case("CL with a space before the colon", _head(b"Content-Length : " + right) + HIDDEN)
    yield Case("CL behind a bare LF", _head(b"X: y\nContent-Length: 0", b"Content-Length: " + right) + HIDDEN)


def _of_heads() -> Iterator[Case]:
    """Each announces the body that hides the second request, so that only who misreads the head finds it."""
    length = b"Content-Length: %d" % len(HIDDEN)
    yield Case("bare LF everywhere", _head(length).replace(b"\r\n", b"\n") + HIDDEN)
    yield Case("bare LF ends the head", _head(length)[:-2] + b"\n" + HIDDEN)
    yield Case("bare CR everywhere", _head(length).replace(b"\r\n", b"\r") + HIDDEN)
    yield Case("bare CR in a value", _head(length, b"X: a\rb") + HIDDEN)
    yield Case("NUL in a value", _head(length, b"X: a\x00b") + HIDDEN)
    yield Case("NUL in a name", _head(length, b"X\x00: a") + HIDDEN)
    yield Case("no colon", _head(length, b"just words") + HIDDEN)
    yield Case("no name", _head(length, b": value") + HIDDEN)
    yield Case("folded", _head(length, b"X: a\r\n b") + HIDDEN)
    yield Case("250 headers", _head(length, *(b"X-%d: y" % number for number in range(250))) + HIDDEN)
    yield Case("a header of 100 kB", _head(length, b"X: " + b"y" * LONG) + HIDDEN)
    yield Case("an address of 100 kB", _head(length, first=b"POST /" + b"y" * LONG + b" HTTP/1.1") + HIDDEN)
    yield Case("HTTP/9.9", _head(length, first=b"POST /auth/login HTTP/9.9") + HIDDEN)
    yield Case("no version", _head(length, first=b"POST /auth/login") + HIDDEN)
    yield Case("a space in the address", _head(length, first=b"POST /auth/login HTTP/1.1 HTTP/1.1") + HIDDEN)
    yield Case("LF in the address", _head(length, first=b"POST /auth/\nlogin HTTP/1.1") + HIDDEN)
    yield Case("two Hosts", _head(length, b"Host: evil.test") + HIDDEN)
    elsewhere = _head(length, first=b"POST http://evil.test/auth/login HTTP/1.1")
    yield Case("absolute address with another host", elsewhere + HIDDEN, refused=False)


def _of_chunks() -> Iterator[Case]:
    """The head is sound, so the application may see it; what follows the chunk that is none is not another request."""
    size = b"%x" % len(HIDDEN)
    spelled = {
        "+": b"+" + size,
        "-": b"-" + size,
        "underscore": size[:1] + b"_" + size[1:],
        "0x": b"0x" + size,
        "space before": b" " + size,
        "garbage": b"zz",
        "empty": b"",
        "beyond 64 bits": b"1" + b"0" * 16 + size,
        "bare LF in an extension": size + b";a\n0",
        "bare CR in an extension": size + b";a\r0",
    }
    head = _head(b"Transfer-Encoding: chunked")
    for name, value in spelled.items():
        yield Case(f"chunk size {name}", head + value + b"\r\n" + HIDDEN + b"\r\n0\r\n\r\n", refused=False)
    yield Case("chunk longer than its size", head + b"2\r\n{}" + HIDDEN + b"0\r\n\r\n", refused=False)
    yield Case("chunk ended by bare LF", head + b"2\n{}\n0\n\n" + HIDDEN, refused=False, nginx_reads=2)
    yield Case("trailer without an end", head + b"0\r\nX: y\r\n" + HIDDEN, refused=False)


def _of_sound_ones() -> Iterator[Case]:
    length = b"Content-Length: %d" % len(HIDDEN)
    in_chunk = b"%x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n0\r\n\r\n"
    yield Case("hidden in a sound body", _head(length) + HIDDEN, refused=False)
    yield Case("hidden in a sound chunk", _head(b"Transfer-Encoding: chunked") + in_chunk, refused=False)
    behind = _head(length) + HIDDEN + b"GET /healthz HTTP/1.1\r\nHost: backend.test\r\n\r\n"
    yield Case("hidden in a body, a sound one behind it", behind, refused=False, answers=2)
