"""Calls to Paystack, over one session of requests."""

import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from flask_paystack.clock import Clock
from flask_paystack.paystack import payloads
from flask_paystack.paystack.answers import Answer, read_answer
from flask_paystack.paystack.connections import Watch, WatchedAdapter
from flask_paystack.paystack.errors import KeyRefused, Rejected, Unavailable
from flask_paystack.paystack.model import ProviderRefund, Transaction
from flask_paystack.paystack.payloads import Opened, SentEvent, Unreadable
from flask_paystack.paystack.references import numeric_id, path_segment

Row = TypeVar("Row")

CONNECT_TIMEOUT = 3.0
SAFE_TRIES = 3


@dataclass(frozen=True)
class Charge:
    """What came of charging a saved card (CONTRACT §4.2): a transaction, or a page where the customer must confirm."""

    transaction: Transaction | None
    authorization_url: str | None = field(default=None, repr=False)
    access_code: str | None = field(default=None, repr=False)


class PaystackClient:
    """Paystack, asked with our secret key.

    While the key rotates there are several, newest first: a call that Paystack refuses for its key is made with the next. (A
    401 means that nothing was done.)

    A whole call, retries included, ends within ``timeout`` seconds. Only questions are retried; what moves money is sent
    once. At most ``concurrency`` calls run at a time, and one more is refused at once, so that a slow Paystack never holds
    every thread.

    Every call may raise:
        Rejected: Paystack answered no.
        Unavailable: no usable answer came; what Paystack did is unknown.
    """

    def __init__(
        self,
        secret_keys: str | Sequence[str],
        clock: Clock,
        base_url: str = "https://api.paystack.co",
        timeout: float = 10,
        concurrency: int = 8,
        session: requests.Session | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._clock = clock
        self._concurrency = concurrency
        self._places = threading.BoundedSemaphore(concurrency)
        self._quiet_until = clock.monotonic()
        self._session = session or self._new_session(concurrency)
        self._session.trust_env = False  # a .netrc would replace our Authorization header
        self._session.headers["Accept"] = "application/json"
        self._secret_keys = (secret_keys,) if isinstance(secret_keys, str) else tuple(secret_keys)

    def leave_half_of(self, threads: int) -> None:
        """Let calls hold no more than half of a server's ``threads``, whatever ``concurrency`` is. To be said first."""
        self._places = threading.BoundedSemaphore(max(1, min(self._concurrency, threads // 2)))

    def refuse_to_press(self) -> None:
        """Raise Unavailable while Paystack, by a 429, asks us to wait. For jobs, which can; customers' calls are made."""
        left = self._quiet_until - self._clock.monotonic()
        if left > 0:
            raise Unavailable("Paystack asked us to wait.", retry_after=math.ceil(left))

    @staticmethod
    def _new_session(concurrency: int) -> requests.Session:
        session = requests.Session()  # nosemgrep: trusting-session -- the caller sets it
        session.mount("https://", WatchedAdapter(pool_maxsize=concurrency))
        session.mount("http://", WatchedAdapter(pool_maxsize=concurrency))
        return session

    def initialize(
        self,
        reference: str,
        email: str,
        amount: int,
        currency: str,
        callback_url: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Opened:
        """Open a transaction of ``amount`` subunits under our own reference (CONTRACT §2).

        Args:
            options: a product's own, such as ``channels`` or ``split_code``, passed on as they are.
        """
        body: dict[str, Any] = {"reference": reference, "email": email, "amount": amount, "currency": currency}
        if callback_url:
            body["callback_url"] = callback_url
        if metadata:
            body["metadata"] = dict(metadata)
        answer = self._post("/transaction/initialize", {**body, **(options or {})})
        with _reading():
            opened = payloads.read_opened(answer.data)
        self._refuse_strange_page(opened, reference)
        return opened

    def verify(self, reference: str) -> Transaction:
        """What Paystack knows of a reference (CONTRACT §3.1). Raises UnknownTransaction where it knows nothing."""
        return self._about(reference, self._get(f"/transaction/verify/{path_segment(reference)}"))

    def fetch(self, paystack_id: str) -> Transaction:
        """A transaction by Paystack's numeric id (CONTRACT §3.4)."""
        answer = self._get(f"/transaction/{numeric_id(paystack_id)}")
        with _reading():
            return payloads.read_transaction(answer.data)

    def list(self, page: int = 1, per_page: int = 50, **filters: str) -> Sequence[Transaction]:
        """One page of transactions, newest first; ``filters`` as CONTRACT §3.4 names them (``from``, ``to``, ``status``…)."""
        answer = self._get("/transaction", {"page": str(page), "perPage": str(per_page), **filters})
        with _reading():
            return [payloads.read_transaction(each) for each in _several(answer.data)]

    def list_after(self, cursor: str | None, **filters: str) -> tuple[Sequence[Transaction], str | None]:
        """Up to 100 transactions, newest first, behind ``cursor``; and the next cursor, None on the last page.

        A row that nobody can read is left out. ``filters`` as for ``list``.
        """
        query = {"use_cursor": "true", "perPage": "100", **filters, **({"next": cursor} if cursor else {})}
        answer = self._get("/transaction", query)
        with _reading():
            return _readable(answer.data, payloads.read_transaction), payloads.read_cursor(answer.meta)

    def list_sent_events(self, cursor: str | None, **filters: str) -> tuple[Sequence[SentEvent], str | None]:
        """Up to 100 rows of the Webhook Events API, newest first, as ``list_after`` pages; ``filters`` as CONTRACT §6.1 names
        them (``status``: ``Delivered``, ``Pending`` or ``Failed``; ``from``…)."""
        query = {"limit": "100", **filters, **({"next": cursor} if cursor else {})}
        answer = self._get("/integration/webhooks/events", query)
        with _reading():
            return _readable(answer.data, payloads.read_sent_event), payloads.read_cursor(answer.meta)

    def charge_authorization(
        self,
        reference: str,
        email: str,
        amount: int,
        currency: str,
        authorization_code: str,
        metadata: Mapping[str, Any] | None = None,
    ) -> Charge:
        """Charge a saved card once more, under a new reference (CONTRACT §4.2). Sent once, whatever happens."""
        body: dict[str, Any] = {"reference": reference, "email": email, "amount": amount, "currency": currency}
        body["authorization_code"] = authorization_code
        if metadata:
            body["metadata"] = dict(metadata)
        answer = self._post("/transaction/charge_authorization", body)
        data = answer.data if isinstance(answer.data, dict) else {}
        if data.get("paused") is True:
            with _reading():
                opened = payloads.read_opened(data)
            self._refuse_strange_page(opened, reference)
            return Charge(None, opened.authorization_url, opened.access_code)
        return Charge(self._about(reference, answer))

    def refund(self, reference: str, amount: int, currency: str | None, note: str | None = None) -> ProviderRefund:
        """Give ``amount`` subunits back (CONTRACT §7). Paystack knows no repeat of it: sent once, and on doubt list first.

        Args:
            currency: refused where the payment's is another; None is the payment's.
        """
        body: dict[str, Any] = {"transaction": reference, "amount": amount}
        if currency:
            body["currency"] = currency
        if note:
            body["merchant_note"] = note
        answer = self._post("/refund", body)
        with _reading():
            return payloads.read_refund(answer.data)

    def list_refunds(self, paystack_id: str) -> Sequence[ProviderRefund]:
        """The refunds of a transaction, by its numeric id: a reference would give an empty list (CONTRACT §7)."""
        answer = self._get("/refund", {"transaction": numeric_id(paystack_id), "perPage": "100"})
        with _reading():
            return [payloads.read_refund(each) for each in _several(answer.data)]

    def close(self) -> None:
        """Close the session's connections."""
        self._session.close()

    @staticmethod
    def _about(reference: str, answer: Answer) -> Transaction:
        """The transaction that an answer holds, which must be the one we asked about."""
        with _reading():
            transaction = payloads.read_transaction(answer.data)
        if transaction.reference != reference:
            raise Unavailable("Paystack answered about another reference.")
        return transaction

    def _refuse_strange_page(self, opened: Opened, reference: str) -> None:
        if opened.reference != reference or not self._is_checkout(opened.authorization_url):
            raise Unavailable("Paystack's answer is about another payment, or sends the customer elsewhere.")

    def _is_checkout(self, url: str) -> bool:
        """Whether a customer may be sent there: Paystack's own host over https, or the simulator we were pointed to."""
        try:
            parts = urlsplit(url)
            own = urlsplit(self._base_url)
            if parts.username or parts.password or not re.fullmatch(r"[!-~]+", url) or "\\" in url:
                return False
            if (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
                return True
            return parts.scheme == "https" and parts.netloc in {"checkout.paystack.com", "checkout.paystack.co"}
        except ValueError:
            return False

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        deadline = self._clock.monotonic() + self._timeout
        for left in reversed(range(SAFE_TRIES)):
            try:
                return self._call("GET", path, deadline, params=query)
            except Unavailable as error:
                patient = "retry_after" in error.details  # Paystack asks us to wait: asking again at once is no answer
                if left == 0 or patient or self._clock.monotonic() >= deadline:
                    raise
        raise AssertionError("the last try returns or raises")

    def _post(self, path: str, body: Mapping[str, Any]) -> Answer:
        return self._call("POST", path, self._clock.monotonic() + self._timeout, json=body)

    def _call(self, method: str, path: str, deadline: float, **sent: Any) -> Answer:
        *newer, oldest = self._secret_keys
        for key in newer:
            with suppress(KeyRefused):
                return self._call_with(key, method, path, deadline, **sent)
        return self._call_with(oldest, method, path, deadline, **sent)

    def _call_with(self, key: str, method: str, path: str, deadline: float, **sent: Any) -> Answer:
        left = deadline - self._clock.monotonic()
        if left <= 0:
            raise Unavailable("Paystack did not answer in time.")
        if not self._places.acquire(blocking=False):
            raise Unavailable("Too many requests wait for Paystack already.")
        try:
            with (
                Watch(left),
                self._session.request(
                    method,
                    self._base_url + path,
                    headers={"Authorization": f"Bearer {key}"},
                    timeout=(min(CONNECT_TIMEOUT, left), left),
                    allow_redirects=False,
                    stream=True,
                    **sent,
                ) as response,
            ):
                return read_answer(response, lambda: self._clock.monotonic() < deadline)
        except requests.RequestException as error:
            raise Unavailable(f"Paystack did not answer ({type(error).__name__}).") from None
        except Unavailable as error:
            wait = self._clock.monotonic() + error.details.get("retry_after", 0)
            self._quiet_until = max(self._quiet_until, wait)
            raise
        finally:
            self._places.release()


@contextmanager
def _reading() -> Iterator[None]:
    """Turn an answer that nobody can read into no answer at all."""
    try:
        yield
    except Unreadable as error:
        raise Unavailable(f"Paystack's answer could not be understood. {error}") from None


def _several(data: Any) -> Sequence[Any]:
    if not isinstance(data, list):
        raise Unreadable("It is no list.")
    return data


def _readable(data: Any, read: Callable[[Any], Row]) -> Sequence[Row]:
    """The rows of a list that can be read. Raises Unreadable where it is no list."""
    rows = []
    for each in _several(data):
        with suppress(Unreadable):
            rows.append(read(each))
    return rows


__all__ = ["Charge", "PaystackClient", "Rejected", "Unavailable"]
