"""The simulator in process: a transport adapter that hands a ``requests`` call to a WSGI application.

    session.mount("https://api.paystack.co", SimulatorAdapter(create_simulator()))

No socket is opened, and the caller gets real ``requests`` responses and exceptions.
"""

from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from werkzeug.test import EnvironBuilder, run_wsgi_app

from paystack_simulator.api_faults import OUTCOME_HEADER

IN_PROCESS = "simulator.in_process"
"""Key of the WSGI environment that says nobody has to be kept waiting on a real connection."""

WSGIApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]


class SimulatorAdapter(BaseAdapter):
    """Carries requests to a WSGI application, the simulator or any other."""

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__()
        self._application = application
        self._responses = HTTPAdapter()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002  the signature is requests' own
        timeout: object = None,
        verify: object = True,  # noqa: FBT002
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The application's answer. Raises ReadTimeout or ConnectionError where a fault asks for it."""
        del stream, timeout, verify, cert, proxies
        chunks, status, headers = run_wsgi_app(self._application, _environ(request), buffered=True)
        outcome = headers.get(OUTCOME_HEADER)
        if outcome == "timeout":
            raise requests.ReadTimeout("The simulator keeps silent.", request=request)
        if outcome == "reset":
            raise requests.ConnectionError("The simulator broke the connection.", request=request)
        code, _, reason = status.partition(" ")
        raw = HTTPResponse(
            body=BytesIO(b"".join(chunks)),
            headers=HTTPHeaderDict(headers.items()),
            status=int(code),
            reason=reason,
            preload_content=False,
            decode_content=False,
        )
        return self._responses.build_response(request, raw)

    def close(self) -> None:
        """Nothing is kept open."""


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    url = urlsplit(str(request.url))
    body = request.body or b""
    builder = EnvironBuilder(
        path=unquote(url.path) or "/",
        base_url=f"{url.scheme}://{url.netloc}",
        query_string=url.query,
        method=request.method or "GET",
        headers=list(request.headers.items()),
        data=body.encode() if isinstance(body, str) else body,
        environ_base={"REMOTE_ADDR": "127.0.0.1", IN_PROCESS: True, "REQUEST_URI": url.path},
    )
    try:
        return builder.get_environ()
    finally:
        builder.close()
