"""A merchant's own server, over real HTTP."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass
class Merchant:
    """Notes what it is sent, and answers the statuses in ``answers`` in turn, the last one for ever."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [204])
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        self.paths.append(request.path)
        self.bodies.append(request.get_data())
        self.headers.append(dict(request.headers))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Response(status=status, headers={"Location": "/elsewhere"} if 300 <= status < 400 else {})


@contextmanager
def running_merchant() -> Iterator[Merchant]:
    """A merchant on a free port, shut down at the end."""
    merchant = Merchant()
    server = make_server("127.0.0.1", 0, merchant, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    merchant.url = f"http://127.0.0.1:{server.server_port}/paid"
    try:
        yield merchant
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
        assert not thread.is_alive()
