"""Events on their way to the merchant: signed, delivered, and tried again by Paystack's timetable (CONTRACT §6.1)."""

import hashlib
import heapq
import hmac
import itertools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from paystack_simulator.clock import MovableClock
from paystack_simulator.model import Integration
from paystack_simulator.settings import Settings

HOUR = 3600
TIMETABLES: dict[str, tuple[int, ...]] = {
    "test": (HOUR,) * 10,
    "live": (180,) * 4 + (HOUR,) * 71,
}
"""Seconds from one attempt to the next. Test: hourly for 10 h. Live: four times after 3 min, then hourly up to 72 h."""

_KEPT_OF_ANSWER = 2048


def encode(event: str, data: dict[str, Any]) -> bytes:
    """The body of a webhook: compact JSON in raw UTF-8 (CONTRACT §12.1)."""
    return json.dumps({"event": event, "data": data}, ensure_ascii=False, separators=(",", ":")).encode()


def sign(body: bytes, secret_key: str) -> str:
    """``x-paystack-signature``: lower-case hex HMAC-SHA512 of the raw body with the secret key (CONTRACT §6.1)."""
    return hmac.new(secret_key.encode(), body, hashlib.sha512).hexdigest()


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"
    UNDELIVERED = "undelivered"
    DROPPED = "dropped"


@dataclass(slots=True)
class Attempt:
    """One request to the receiver: its answer, or why there was none."""

    due_at: datetime
    at: datetime
    url: str
    headers: dict[str, str]
    http_status: int | None = None
    answer: str = ""
    error: str | None = None


@dataclass(slots=True)
class Delivery:
    """One event to one address. Every attempt sends the same ``body``; only a 200 ends it well."""

    id: int
    event: str
    reference: str
    body: bytes
    secret_key: str
    url: str | None
    created_at: datetime
    due_at: datetime
    gaps: list[int]
    state: DeliveryState = DeliveryState.WAITING
    attempts: list[Attempt] = field(default_factory=list)


class Webhooks:
    """Every event since the start, and the deliveries still to be made."""

    def __init__(self, clock: MovableClock, settings: Settings, session: requests.Session | None = None) -> None:
        self._clock = clock
        self._settings = settings
        self._session = session or requests.Session()
        # Paystack knows no proxy or .netrc of ours, and keeps no cookies.
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._changed = threading.Condition()
        self._ids = itertools.count(1)
        self._waiting: list[tuple[datetime, int]] = []
        self.deliveries: dict[int, Delivery] = {}

    def record(
        self, integration: Integration, event: str, data: dict[str, Any], reference: str, at: datetime | None = None
    ) -> list[Delivery]:
        """Take an event in, to be delivered as often as the settings say. The body is fixed from here on."""
        body = encode(event, data)
        at = at or self._clock.now()
        return [
            self._add(event, reference, body, integration.secret_key, at) for _ in range(self._settings.webhook_copies)
        ]

    def deliver_again(self, delivery_id: int) -> Delivery:
        """Send the same bytes once more as a delivery of its own, as the dashboard's button does. Raises KeyError."""
        old = self.deliveries[delivery_id]
        return self._add(old.event, old.reference, old.body, old.secret_key, self._clock.now())

    def _add(self, event: str, reference: str, body: bytes, secret_key: str, at: datetime) -> Delivery:
        settings = self._settings
        due_at = at + timedelta(seconds=settings.webhook_delay)
        gaps = list(TIMETABLES[settings.webhook_timetable])
        delivery = Delivery(next(self._ids), event, reference, body, secret_key, settings.webhook_url, at, due_at, gaps)
        if settings.webhooks == "dropped":
            delivery.state = DeliveryState.DROPPED
        elif delivery.url is None:
            delivery.state = DeliveryState.UNDELIVERED
        with self._changed:
            self.deliveries[delivery.id] = delivery
            if delivery.state is DeliveryState.WAITING:
                heapq.heappush(self._waiting, (due_at, delivery.id))
                self._changed.notify_all()
        return delivery

    def snapshot(self) -> list[Delivery]:
        """Every delivery so far, oldest first."""
        with self._changed:
            return list(self.deliveries.values())

    def claim_due(self) -> Delivery | None:
        """The delivery that has been due for longest, for the caller alone to ``attempt``; None when nothing is due."""
        with self._changed:
            if not self._waiting or self._waiting[0][0] > self._clock.now():
                return None
            return self.deliveries[heapq.heappop(self._waiting)[1]]

    def wait_until_attempted(self, reference: str) -> None:
        """Block until each event of a payment that is due by now has been sent once, by whomever."""
        now = self._clock.now()
        with self._changed:
            awaited = [
                delivery
                for delivery in self.deliveries.values()
                if delivery.reference == reference
                and delivery.state is DeliveryState.WAITING
                and delivery.due_at <= now
            ]
            self._changed.wait_for(
                lambda: all(delivery.attempts for delivery in awaited), self._settings.webhook_timeout
            )

    def attempt(self, delivery: Delivery) -> None:
        """Send a claimed delivery, and plan its next attempt unless the answer was 200."""
        if delivery.url is None:
            return
        attempt = Attempt(delivery.due_at, self._clock.now(), delivery.url, self._headers(delivery))
        self._post(delivery.body, attempt)
        with self._changed:
            delivery.attempts.append(attempt)
            if attempt.http_status == 200:
                delivery.state = DeliveryState.DELIVERED
            elif not delivery.gaps:
                delivery.state = DeliveryState.GIVEN_UP
            else:
                # Counted from when this attempt was due, so that a clock moved by hours plays the whole timetable.
                delivery.due_at += timedelta(seconds=delivery.gaps.pop(0))
                heapq.heappush(self._waiting, (delivery.due_at, delivery.id))
            self._changed.notify_all()

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        key = delivery.secret_key
        with self._changed:
            if self._settings.bad_signatures:
                self._settings.bad_signatures -= 1
                key = "sk_test_of_somebody_else"
        return {
            "Content-Type": "application/json",
            "User-Agent": "Paystack-Simulator",
            "x-paystack-signature": sign(delivery.body, key),
        }

    def _post(self, body: bytes, attempt: Attempt) -> None:
        """Only 200 acknowledges, no redirect is followed, and the answer has 30 s in all (CONTRACT §6.1)."""
        timeout = self._settings.webhook_timeout
        deadline = time.monotonic() + timeout
        try:
            with self._session.post(
                attempt.url, data=body, headers=attempt.headers, timeout=timeout, allow_redirects=False, stream=True
            ) as answer:
                kept = b""
                for chunk in answer.iter_content(512):
                    kept += chunk
                    if time.monotonic() > deadline:
                        raise requests.Timeout("The answer took too long.")
                    if len(kept) > _KEPT_OF_ANSWER:
                        break
                attempt.answer = kept[:_KEPT_OF_ANSWER].decode("utf-8", "replace")
                attempt.http_status = answer.status_code
        except (requests.RequestException, OSError, ValueError) as error:
            attempt.error = f"{type(error).__name__}: {error}"

    def wake(self) -> None:
        """Tell whoever waits that time was moved or the work is over."""
        with self._changed:
            self._changed.notify_all()

    def wait_for_work(self, longest: float, stop: Callable[[], bool]) -> None:
        """Block until a delivery may be due, ``wake`` is called, or ``longest`` seconds have gone by."""
        with self._changed:
            if stop():
                return
            if self._waiting:
                longest = min(longest, (self._waiting[0][0] - self._clock.now()).total_seconds())
            if longest > 0:
                self._changed.wait(longest)
