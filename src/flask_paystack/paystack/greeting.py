"""Asking Paystack for next to nothing: does it answer, does it take our key, and what time is it there."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from flask_paystack.clock import Clock
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.paystack.connections import WatchedAdapter


def greet(secret_key: str, clock: Clock, base_url: str, timeout: float) -> datetime | None:
    """Paystack's time, in UTC and to the second, from its ``Date`` header; None where it sends none.

    Raises:
        Rejected: it does not take the key.
        Unavailable: no usable answer came within ``timeout`` seconds.
    """
    dates: list[str] = []

    def note(response: requests.Response, **_: Any) -> None:
        dates.append(response.headers.get("Date", ""))

    with requests.Session() as session:  # nosemgrep: trusting-session -- the client sets it
        session.mount("https://", WatchedAdapter())
        session.mount("http://", WatchedAdapter())
        session.hooks["response"].append(note)
        PaystackClient(secret_key, clock, base_url, timeout, session=session).list(per_page=1)
    return _instant(dates[-1])


def _instant(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
