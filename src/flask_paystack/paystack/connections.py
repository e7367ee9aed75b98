"""Connections to Paystack that hang up when a call's time is over.

``requests`` bounds each wait for a byte and not their sum: a server that sends one now and then would hold a caller for ever.
"""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

_calls = threading.local()


class Watch:
    """Around one call of this thread: after ``seconds`` its connection is shut, and whoever reads from it is told."""

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._hang_up)  # nosemgrep: late-work -- it ends with the call
        self._timer.daemon = True
        self.is_over = False

    def __enter__(self) -> Self:
        _calls.watch = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _calls.watch = None
        self._timer.cancel()
        with self._lock:  # the connection may serve another call from now on
            self._socket = None

    def hold(self, connection: socket.socket) -> None:
        """Watch this connection from now on."""
        with self._lock:
            self._socket = connection
            if self.is_over:
                _shut(connection)

    def _hang_up(self) -> None:
        with self._lock:
            self.is_over = True
            if self._socket is not None:
                _shut(self._socket)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        # Not the TLS socket's own method, which would wait for whoever reads.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3's own return type
        watch: Watch | None = getattr(_calls, "watch", None)
        if watch is not None and self.sock is not None:
            watch.hold(self.sock)
        return super().getresponse()


class _WatchedTls(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class WatchedAdapter(HTTPAdapter):
    """Carries calls over connections that a ``Watch`` can shut."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
