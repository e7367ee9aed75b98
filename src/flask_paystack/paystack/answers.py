"""Paystack's envelope: yes, no, or nothing usable (CONTRACT §1)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from flask_paystack import strict_json
from flask_paystack.paystack.errors import KeyRefused, Rejected, Unavailable, UnknownTransaction
from flask_paystack.paystack.payloads import text

LONGEST = 8 * 1024 * 1024
UNKNOWN = {"transaction_not_found", "not_found"}


@dataclass(frozen=True)
class Answer:
    """A yes, with what came of it."""

    data: Any = field(repr=False)
    """May hold a chargeable code."""
    meta: Any


def read_answer(response: requests.Response, in_time: Callable[[], bool]) -> Answer:
    """Read an answer to its end, as long as ``in_time`` says so.

    Raises:
        Rejected: a no. A reference that Paystack does not know is a 400 with a code, or a 404 (CONTRACT §3.1).
        Unavailable: an error of Paystack's own, a redirect, too much, too late, or not Paystack's JSON.
    """
    status = response.status_code
    if status == 429:
        raise Unavailable("Paystack asks us to wait.", retry_after=_seconds(response.headers.get("Retry-After")))
    if status >= 500 or 300 <= status < 400:
        raise Unavailable(f"Paystack answered with status {status}.")
    try:
        found = strict_json.loads(_read_body(response, in_time))
    except ValueError:
        raise Unavailable("Paystack's answer is not JSON.") from None
    if not isinstance(found, dict) or not isinstance(found.get("status"), bool):
        raise Unavailable("Paystack's answer has not its usual form.")
    if found["status"] and status < 300:
        return Answer(found.get("data"), found.get("meta"))
    message = text(found.get("message")) or "no reason given"
    code = text(found.get("code"), 64)
    if status == 401:
        raise KeyRefused("Paystack does not accept this shop's secret key.", message, code)
    kind = UnknownTransaction if code in UNKNOWN or status == 404 else Rejected
    raise kind(f"Paystack refused: {message}", message, code)


def _read_body(response: requests.Response, in_time: Callable[[], bool]) -> bytes:
    body = b""
    for chunk in response.iter_content(64 * 1024):
        body += chunk
        if len(body) > LONGEST or not in_time():
            raise Unavailable("Paystack's answer was too long or too slow.")
    return body


def _seconds(header: str | None) -> int:
    """``Retry-After`` in whole seconds, within bounds; its usual form is not documented (CONTRACT §9)."""
    return min(3600, max(1, int(header))) if header and re.fullmatch(r"[0-9]{1,9}", header, re.ASCII) else 30
