"""gunicorn's worker, which tells in our one shape of what gunicorn itself refuses."""

import json
import secrets
import socket
from http import HTTPStatus
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from flask_paystack.web.errors import HTTP_CODES, OTHER_HTTP_CODE, error_body

STATUSES = {
    "LimitRequestLine": HTTPStatus.REQUEST_URI_TOO_LONG,
    "LimitRequestHeaders": HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "ExpectationFailed": HTTPStatus.EXPECTATION_FAILED,
    "ForbiddenProxyRequest": HTTPStatus.FORBIDDEN,
}
"""By the names of gunicorn's errors, since not every release has all. Whatever else cannot be parsed is a 400."""
SENTENCES = {
    HTTPStatus.REQUEST_URI_TOO_LONG: "The address is too long.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The headers are too long, or too many.",
    HTTPStatus.EXPECTATION_FAILED: "What the Expect header asks for is not done here.",
    HTTPStatus.FORBIDDEN: "That proxy is not one of ours.",
}
OURS = {"ConfigurationProblem", "InvalidResponseHeader", "InvalidResponseHeaderName"}
"""Errors that no request is to blame for."""
MOST_LEFT_OVER = 64 * 1024
"""So much of a body that nobody read gunicorn reads away before the next request of the connection."""


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Threads, as ``gthread`` has them. A request that is no HTTP never reaches the application, and is answered here."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what could not be parsed; the rest is gunicorn's to tell."""
        if not is_the_callers(exc):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("Refused from %s: %s", (addr or ("a socket",))[0], type(exc).__name__)
        try:
            client.sendall(refusal(exc))
        except OSError:
            self.log.debug("Nobody waited for the refusal.")


def is_the_callers(error: BaseException) -> bool:
    """Whether a request is to blame for it."""
    return isinstance(error, ParseException) and type(error).__name__ not in OURS


def refusal(error: BaseException) -> bytes:
    """The whole answer to a request that could not be parsed, after which the connection ends."""
    status = STATUSES.get(type(error).__name__, HTTPStatus.BAD_REQUEST)
    usual = HTTP_CODES[HTTPStatus.BAD_REQUEST]
    code, sentence = usual if status is HTTPStatus.BAD_REQUEST else (OTHER_HTTP_CODE, SENTENCES[status])
    body = json.dumps(error_body(sentence, code)).encode()
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"X-Request-ID: {secrets.token_hex(8)}",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
        "",
        "",
    ]
    return "\r\n".join(head).encode() + body


def announce_the_end(request: Any) -> None:
    """Have the answer say that the connection ends, where the body may be refused with more of it to come than gunicorn reads
    away: it would hang up without a word on whoever sends the next request there."""
    headers = {name.upper(): value for name, value in request.headers}
    if "TRANSFER-ENCODING" in headers or int(headers.get("CONTENT-LENGTH", 0)) > MOST_LEFT_OVER:
        request.force_close()
