"""The command line: run in process by click's own runner, and as the processes people start."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from click.testing import Result
from flask import Flask
from werkzeug.serving import make_server

from tests.shop import Shop


def command(shop: Shop, *words: str, typed: str | None = None) -> Result:
    """What ``flask <words>`` does in a shop's app; it must not end by an exception."""
    result = shop.app.test_cli_runner().invoke(args=list(words), input=typed)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def printed(shop: Shop, *words: str) -> str:
    """The standard output of a command that succeeds."""
    result = command(shop, *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def told(shop: Shop, *words: str) -> Any:
    """The JSON of a command that succeeds."""
    return json.loads(printed(shop, *words, "--json"))


def refused(shop: Shop, *words: str) -> str:
    """The sentence with which a command fails, exit code 1."""
    result = command(shop, *words)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return result.stderr


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address of an app on a port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[str]:
    """The address of a server that answers everything with ``body``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 -- the library's name

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
