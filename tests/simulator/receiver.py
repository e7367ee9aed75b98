"""A merchant's webhook endpoint: a real HTTP server that keeps what it gets and answers as it is told."""

import json
import threading
from collections import deque
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        pass


class Received:
    """One delivery as it came over the wire."""

    def __init__(self, request: Request) -> None:
        self.method = request.method
        self.headers = dict(request.headers.items())
        self.body = request.get_data()

    @property
    def signature(self) -> str:
        return self.headers["X-Paystack-Signature"]

    @property
    def event(self) -> str:
        return str(json.loads(self.body)["event"])

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.body)["data"]
        return data


class Receiver:
    """Answers 200, or the next of ``answers``. With ``gate`` cleared it keeps senders waiting."""

    def __init__(self) -> None:
        self.answers: deque[Response] = deque()
        self.received: list[Received] = []
        self.gate = threading.Event()
        self.gate.set()
        self._arrived = threading.Condition()
        self._server = make_server("127.0.0.1", 0, self._application, threaded=True, request_handler=_Silent)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    @property
    def events(self) -> list[str]:
        return [delivery.event for delivery in self.received]

    def will_answer(self, *statuses: int) -> None:
        self.answers.extend(Response("", status) for status in statuses)

    def wait_for(self, count: int, seconds: float = 10) -> list[Received]:
        """Block until ``count`` deliveries have come."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.received) >= count, seconds), self.events
            return list(self.received)

    @Request.application
    def _respond(self, request: Request) -> Response:
        with self._arrived:
            self.received.append(Received(request))
            self._arrived.notify_all()
            answer = self.answers.popleft() if self.answers else Response("Webhook received successfully")
        self.gate.wait(10)
        return answer

    def _application(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self._respond(environ, start_response)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
