"""The simulator on a port of this machine, for tests, the demo and the command line."""

import logging
import socket
import threading
from types import TracebackType
from typing import Self

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from paystack_simulator.simulator import Simulator

_POLL = 0.02
"""How many seconds a stop may take to be noticed."""


class _QuietHandler(WSGIRequestHandler):
    """Logs requests at debug level, without werkzeug's colours."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  the signature is werkzeug's
        del type
        logging.getLogger("paystack_simulator.requests").debug("%s " + message, self.address_string(), *args)


class SimulatorServer:
    """A threaded server and its couriers, from ``start`` to ``stop`` or for a ``with`` block.

    ``port`` 0 takes a free one. ``url`` is the API's base, without a slash at its end. Raises OSError when the port is taken.
    """

    def __init__(self, application: Flask, host: str = "127.0.0.1", port: int = 0) -> None:
        self.application = application
        self.simulator: Simulator = application.extensions["simulator"]
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Bound here because werkzeug would end the whole process over a port that is taken.
        with socket.create_server((host, port), family=family, backlog=128) as listening:
            self._server: BaseWSGIServer = make_server(
                host, port, application, threaded=True, request_handler=_QuietHandler, fd=listening.fileno()
            )
        self.port = self._server.port
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self.port}"
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Serve in the background."""
        self.simulator.start_couriers()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL,), name="simulator-server", daemon=True
        )
        self._thread.start()
        return self

    def serve(self) -> None:
        """Serve in this thread until interrupted."""
        self.simulator.start_couriers()
        try:
            self._server.serve_forever()
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop serving and delivering, and free the port."""
        self.simulator.stop_couriers()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
