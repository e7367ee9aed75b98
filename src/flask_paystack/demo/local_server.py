"""One small web server of the demonstration, on a free port of this machine."""

import logging
import threading
from types import TracebackType
from typing import Any, Self

from flask import Flask, Response
from werkzeug.serving import WSGIRequestHandler, make_server

LOOPBACK = "127.0.0.1"


class _QuietHandler(WSGIRequestHandler):
    """Keeps requests out of a terminal in which people read."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 -- the signature is werkzeug's
        logging.getLogger(__name__).debug("%s " + message, type, *args)


class LocalServer:
    """A threaded server whose address is known before there is an application to answer at it.

    The port is taken at once and never given up, so nobody can slip in between choosing it and serving on it; callers who come
    before ``start`` wait in the socket's queue.
    """

    def __init__(self) -> None:
        self._server = make_server(LOOPBACK, 0, Flask(__name__), threaded=True, request_handler=_QuietHandler)
        self._thread: threading.Thread | None = None
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"
        """Where it answers, without a slash at the end."""

    def start(self, application: Flask) -> Self:
        """Serve ``application`` in the background."""
        self._server.app = application
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and free the port. A second time does nothing."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def guard_page(response: Response, policy: str) -> Response:
    """Give a page its content security policy, and the headers every page of the demonstration carries."""
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
