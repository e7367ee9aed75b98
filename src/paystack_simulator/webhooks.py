"""Events on their way to the merchant: signed, delivered, and tried again by Paystack's timetable (CONTRACT §6.1)."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from paystack_simulator import webhook_faults
from paystack_simulator.clock import MovableClock
from paystack_simulator.deliveries import TIMETABLES, Attempt, Delivery, DeliveryState, sign
from paystack_simulator.faults import Faults
from paystack_simulator.model import Integration
from paystack_simulator.settings import Settings

_KEPT_OF_ANSWER = 2048
_STRANGERS_KEY = "sk_test_of_somebody_else"


class Webhooks:
    """Every event since the start, and the deliveries still to be made."""

    def __init__(
        self, clock: MovableClock, settings: Settings, faults: Faults, session: requests.Session | None = None
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._faults = faults
        self._session = session or requests.Session()
        # Paystack knows no proxy or .netrc of ours, and keeps no cookies.
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._changed = threading.Condition()
        self._ids = itertools.count(1)
        self._waiting: list[tuple[datetime, int]] = []
        self.deliveries: dict[int, Delivery] = {}

    def record(
        self,
        integration: Integration,
        event: str,
        data: dict[str, Any],
        reference: str,
        row_id: int,
        at: datetime | None = None,
    ) -> None:
        """Take an event in, to be delivered as often as the settings say. The body is fixed from here on.

        ``row_id`` is the id of what the event is about.
        """
        mode = self._faults.take(event)
        body = webhook_faults.encode(event, data, mode)
        for _ in range(self._settings.webhook_copies + (mode == webhook_faults.DUPLICATED)):
            self._add(integration, event, reference, row_id, body, at or self._clock.now(), mode)

    def deliver_again(self, delivery_id: int) -> Delivery:
        """Send the same bytes once more as a delivery of its own, as the dashboard's button does. Raises KeyError."""
        old = self.deliveries[delivery_id]
        return self._add(
            old.integration, old.event, old.reference, old.row_id, old.body, self._clock.now(), again_of=old.id
        )

    def _add(
        self,
        integration: Integration,
        event: str,
        reference: str,
        row_id: int,
        body: bytes,
        at: datetime,
        mode: str | None = None,
        again_of: int | None = None,
    ) -> Delivery:
        settings = self._settings
        late = settings.fault_delay if mode in {webhook_faults.DELAYED, webhook_faults.REORDERED} else 0
        delivery = Delivery(
            id=next(self._ids),
            integration=integration,
            event=event,
            reference=reference,
            row_id=row_id,
            body=body,
            secret_key=integration.secret_key if again_of is None else self.deliveries[again_of].secret_key,
            url=settings.webhook_url,
            created_at=at,
            due_at=at + timedelta(seconds=settings.webhook_delay + late),
            gaps=list(TIMETABLES[settings.webhook_timetable]),
            fault=mode,
            again_of=again_of,
            held=mode == webhook_faults.REORDERED,
            wrong_signatures=int(mode == webhook_faults.WRONG_KEY),
        )
        if settings.webhooks == "dropped" or mode == webhook_faults.DROPPED:
            delivery.state = DeliveryState.DROPPED
        elif delivery.url is None:
            delivery.state = DeliveryState.UNDELIVERED
        with self._changed:
            self.deliveries[delivery.id] = delivery
            if delivery.state is DeliveryState.WAITING:
                heapq.heappush(self._waiting, (delivery.due_at, delivery.id))
                self._changed.notify_all()
        return delivery

    def clear(self) -> None:
        """Forget every delivery. What waited is never sent."""
        with self._changed:
            self.deliveries.clear()
            self._waiting.clear()

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
            self._let_go(delivery)
            self._changed.notify_all()

    def _let_go(self, overtaker: Delivery) -> None:
        """What was held back follows the event that has overtaken it."""
        overtaken = {each for _, each in self._waiting if self.deliveries[each].held} - {overtaker.id}
        if not overtaken:
            return
        for each in overtaken:
            self.deliveries[each].held = False
            self.deliveries[each].due_at = self._clock.now()
        self._waiting = [(self.deliveries[each].due_at, each) for _, each in self._waiting]
        heapq.heapify(self._waiting)

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        key = delivery.secret_key
        with self._changed:
            if self._settings.bad_signatures:
                self._settings.bad_signatures -= 1
                key = _STRANGERS_KEY
            elif delivery.wrong_signatures:
                delivery.wrong_signatures -= 1
                key = _STRANGERS_KEY
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
