"""Asking a program on this machine, or our own server, over HTTP: no proxies, no redirects, within a bound."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from flask_paystack import strict_json

TIMEOUT = 3.0
LARGEST = 1024 * 1024


class NoAnswer(Exception):
    """Nobody answered there, or not in HTTP."""


def ask(
    url: str,
    body: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> tuple[int, Any]:
    """The status and JSON that ``url`` answers to a GET, or to a POST of ``body``; None where it is no JSON.

    Raises:
        NoAnswer: ``url`` is no address, nobody listens there, or no whole answer came. Each wait lasts ``timeout`` seconds
            at most.
    """
    try:
        parts = urlsplit(url)
        kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}[parts.scheme]
        connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    except (ValueError, KeyError, http.client.HTTPException):
        raise NoAnswer(f"{url} is no http address.") from None
    try:
        sent = None if body is None else json.dumps(body)
        told = {"Accept": "application/json", **({} if body is None else {"Content-Type": "application/json"})}
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET" if body is None else "POST", target, sent, {**told, **(headers or {})})
        response = connection.getresponse()
        return response.status, _json(response.read(LARGEST))
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NoAnswer(f"{url} does not answer ({type(error).__name__}).") from None
    finally:
        connection.close()


def _json(text: bytes) -> Any:
    try:
        return strict_json.loads(text)
    except ValueError:
        return None
