"""Who is told of a settled payment: functions of the host application, and a URL of the merchant's."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Self, TypeVar

import requests
from standardwebhooks import Webhook

from flask_paystack.clock import Clock
from flask_paystack.errors import Failure
from flask_paystack.handover.model import Handover
from flask_paystack.paystack.connections import Watch, WatchedAdapter
from flask_paystack.version import VERSION

log = logging.getLogger(__name__)


class NotAccepted(Failure):
    """A receiver did not say yes, and is told again later."""


@dataclass(frozen=True)
class SettledPayment:
    """What a function registered with ``on_settled`` is told."""

    id: str
    """The same each time this payment is told: keep it with what you granted, and a repeat is known by it."""
    reference: str
    order: str
    product: str
    email: str
    amount: int
    """What was due, in subunits (kobo, pesewas, cents) of ``currency``."""
    currency: str
    channel: str | None
    """``card``, ``bank_transfer``…, as Paystack names it."""
    paid_at: datetime | None
    """Paystack's time of the payment, in UTC."""
    settled_at: datetime
    """When we were sure of it, in UTC."""
    metadata: Mapping[str, Any] = field(hash=False)
    """What came with ``POST /pay``."""
    facts: Mapping[str, Any] = field(hash=False, repr=False)
    """All of the above and more as JSON: the payment as ``/admin`` shows it. Instants are ISO 8601 text here."""

    @classmethod
    def read(cls, id: str, facts: Mapping[str, Any]) -> Self:  # noqa: A002
        """The payment that ``facts`` describe."""
        return cls(
            id=id,
            reference=facts["reference"],
            order=facts["order"],
            product=facts["product"],
            email=facts["email"],
            amount=facts["amount"],
            currency=facts["currency"],
            channel=facts["channel"],
            paid_at=None if facts["paid_at"] is None else datetime.fromisoformat(facts["paid_at"]),
            settled_at=datetime.fromisoformat(facts["settled_at"]),
            metadata=facts["metadata"],
            facts=facts,
        )


Listener = TypeVar("Listener", bound=Callable[[SettledPayment], object])


class Receiver(Protocol):
    """Somebody who is told of a settled payment until he says yes."""

    @property
    def name(self) -> str:
        """Fixed and unique: those who accepted a hand-over are remembered by it."""
        ...

    def deliver(self, handover: Handover, facts: Mapping[str, Any]) -> None:
        """Tell of a payment, described as in ``/admin``; to return is to have been accepted.

        Raises:
            NotAccepted: no, or no answer; with a sentence for the operator.
        """
        ...


class FunctionReceiver:
    """A function of the host application. It accepts by returning; whatever it raises means not yet."""

    def __init__(self, function: Callable[[SettledPayment], object]) -> None:
        module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
        if not module or not name:
            raise ValueError(f"{function!r} has no name to remember it by: register a plain function.")
        self.name = f"{module}.{name}"
        self._function = function

    def deliver(self, handover: Handover, facts: Mapping[str, Any]) -> None:
        payment = SettledPayment.read(handover.id, facts)
        try:
            self._function(payment)
        except Exception as error:
            log.exception("%s did not accept the payment %s.", self.name, handover.reference)
            raise NotAccepted(f"It raised {type(error).__name__}; the log has the traceback.") from error


class UrlReceiver:
    """A URL that is sent a POST signed by Standard Webhooks. It accepts by answering 2xx.

    The body is the same bytes at each try, as long as the payment itself is. No redirect is followed, since a signature is
    for one receiver; no proxy or ``.netrc`` of the environment is used; and what is answered besides the status is not read.
    """

    name = "NOTIFY_URL"

    def __init__(
        self,
        url: str,
        secret: str,
        clock: Clock,
        timeouts: tuple[float, float] = (3, 10),
        patience: float = 20,
    ) -> None:
        """Args:

        secret: ``whsec_…``, which the receiver knows too.
        timeouts: seconds to connect, and seconds of silence before an answer.
        patience: seconds for all of it, however slowly an answer drips.
        """
        self._url = url
        self._webhook = Webhook(secret)
        self._clock = clock
        self._timeouts = timeouts
        self._patience = patience

    def deliver(self, handover: Handover, facts: Mapping[str, Any]) -> None:
        body = _body(handover, facts)
        status = self._post(body, self._headers(handover, body))
        if 300 <= status < 400:
            raise NotAccepted(f"It answered {status}, a redirect, which is not followed.")
        if not 200 <= status < 300:
            raise NotAccepted(f"It answered {status}.")

    def _headers(self, handover: Handover, body: str) -> dict[str, str]:
        now = self._clock.now()
        return {
            "Content-Type": "application/json",
            "User-Agent": f"flask-paystack/{VERSION}",
            "webhook-id": handover.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(handover.id, now, body),
        }

    def _post(self, body: str, headers: Mapping[str, str]) -> int:
        """The status answered. Errors are told in our words: those of ``requests`` hold the URL, which may hold a secret."""
        with requests.Session() as session, Watch(self._patience) as watch:
            session.trust_env = False
            for scheme in ("http://", "https://"):
                session.mount(scheme, WatchedAdapter())
            try:
                response = session.post(
                    self._url,
                    data=body.encode(),
                    headers=headers,
                    timeout=self._timeouts,
                    allow_redirects=False,
                    stream=True,
                )
            except requests.RequestException as error:
                raise NotAccepted(_told(error, late=watch.is_over)) from None
            with response:
                if watch.is_over:  # the head of an answer that was cut off passes for a whole one
                    raise NotAccepted("It did not answer in time.")
                return response.status_code


def _told(error: requests.RequestException, *, late: bool) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "It could not be reached in time."
    if late or isinstance(error, requests.Timeout):
        return "It did not answer in time."
    if isinstance(error, requests.exceptions.SSLError):
        return "Its certificate could not be verified."
    if isinstance(error, requests.ConnectionError):
        return "It could not be reached, or hung up before it answered."
    return f"It could not be asked ({type(error).__name__})."


def _body(handover: Handover, facts: Mapping[str, Any]) -> str:
    told = {
        "type": "payment.settled",
        "id": handover.id,
        "timestamp": facts["settled_at"],
        "data": dict(facts),
    }
    return json.dumps(told, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


class Receivers:
    """Everybody who is told of settled payments."""

    def __init__(self) -> None:
        self._receivers: dict[str, Receiver] = {}

    def __iter__(self) -> Iterator[Receiver]:
        return iter(tuple(self._receivers.values()))

    def add(self, receiver: Receiver) -> None:
        """Tell ``receiver`` too. Raises ValueError where its name is taken."""
        if self._receivers.setdefault(receiver.name, receiver) is not receiver:
            raise ValueError(f"{receiver.name} is told of settled payments already.")

    def on_settled(self, function: Listener) -> Listener:
        """Have ``function`` told of each settled payment, at least once, until it returns. Serves as a decorator.

        Raises:
            ValueError: a function of that module and name is registered already.
        """
        self.add(FunctionReceiver(function))
        return function
