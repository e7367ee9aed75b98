"""What reads requests as no server should: a proxy that trusts lengths, and a view that waits for clients that are gone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from flask import Flask

from flask_paystack.cli.start import application

HELD = 60.0
"""Seconds."""


@contextmanager
def lenient_front(backend: int) -> Iterator[int]:
    """The port of a proxy before ``backend`` that believes each ``Content-Length`` and knows nothing of chunks."""

    class Lenient(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def forward(self) -> None:
            try:
                length = int(self.headers.get("Content-Length") or 0)
            except ValueError:
                length = 0
            body = self.rfile.read(max(length, 0))
            connection = HTTPConnection("127.0.0.1", backend, timeout=10)
            try:
                connection.request(self.command, self.path, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                told = answer.read()
            finally:
                connection.close()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = do_DELETE = forward  # noqa: N815  the names are http.server's

        def log_message(self, *_: Any) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            return

    server = Quiet(("127.0.0.1", 0), Lenient)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def held() -> Flask:
    """The application, behind something that waits on for the rest of a body when its client is gone."""
    app = application()
    serve = app.wsgi_app

    def waiting(environ: dict[str, Any], start_response: Any) -> Any:
        announced = int(environ.get("CONTENT_LENGTH") or 0)
        if announced and len(environ["wsgi.input"].read(announced)) < announced:
            threading.Event().wait(HELD)
        return serve(environ, start_response)

    app.wsgi_app = waiting  # type: ignore[method-assign]
    return app
