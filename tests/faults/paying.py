"""Customers, Paystack, a mail server and a merchant around real servers, and what each of them saw of a payment."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from sqlalchemy import Select, func, select

from flask_paystack.records.database import Database
from flask_paystack.records.leases import DONE, WAITING
from flask_paystack.records.schema import handovers, messages, payment_timeline, payments, webhook_events
from paystack_simulator import Simulator, create_simulator
from paystack_simulator.server import SimulatorServer
from tests.handover.merchant import Merchant, running_merchant
from tests.shop import signed
from tests.smtp import Mailbox, running_smtp

NOTIFY_SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0MTIz"
PATIENCE = 20.0


@dataclass(frozen=True)
class Paid:
    """A payment, as its customer knows it."""

    reference: str
    order: str
    email: str


@dataclass
class Town:
    """Everything that stands around the servers."""

    simulator: Simulator
    mailbox: Mailbox
    merchant: Merchant
    database: Database
    settings: dict[str, Any]
    """What servers are started with, so that they know all of these."""
    session: requests.Session = field(default_factory=requests.Session)
    customers: int = 0

    def ask(self, method: str, url: str, accepted: int, **how: Any) -> requests.Response:
        """Ask again and again, until it is answered as it should be. Raises TimeoutError."""
        deadline = time.monotonic() + PATIENCE
        answer = None
        while time.monotonic() < deadline:
            try:
                answer = self.session.request(method, url, timeout=PATIENCE, **how)
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code == accepted:
                return answer
            time.sleep(0.05)
        raise TimeoutError(f"{method} {url}: {answer.text if answer is not None else 'no answer'}")

    def open(self, backend: str) -> Paid:
        """A new customer opens a payment, by an idempotency key."""
        self.customers += 1
        email = f"customer-{self.customers}@example.org"
        key = {"Idempotency-Key": f"key-{self.customers}"}
        opened = self.ask("POST", f"{backend}/pay/womaye-gsp", 201, json={"email": email}, headers=key).json()
        return Paid(opened["reference"], opened["order"], email)

    def pay(self, reference: str, card: str = "success") -> bytes | None:
        """The customer pays; the body that Paystack has to tell of it, if it tells."""
        self.simulator.pay(reference, card)
        bodies = [each.body for each in self.simulator.webhooks.snapshot() if each.reference == reference]
        return bodies[0] if bodies else None

    def tell(self, backend: str, body: bytes | None) -> None:
        """Paystack tells of a payment, until it is answered 200."""
        assert body is not None
        self.ask("POST", f"{backend}/pay/webhook", 200, data=body, headers={"x-paystack-signature": signed(body)})

    def mails(self, paid: Paid) -> list[str]:
        """The Message-IDs of what the customer was mailed."""
        received = [each for each in list(self.mailbox.received) if each["To"] == paid.email]
        return [str(each["Message-ID"]) for each in received]

    def told(self, paid: Paid) -> list[str]:
        """The ids under which the merchant was told of the payment."""
        heard = zip(list(self.merchant.headers), list(self.merchant.bodies), strict=False)
        return [headers["Webhook-Id"] for headers, body in heard if paid.reference.encode() in body]

    def settled(self, paid: Paid) -> int:
        """How often a payment of the customer's order was settled."""
        theirs = select(payments.c.reference).where(payments.c.order_id == paid.order)
        return self.count(
            select(func.count())
            .select_from(payment_timeline)
            .where(payment_timeline.c.kind == "settled", payment_timeline.c.reference.in_(theirs))
        )

    def is_over(self, paid: Paid) -> bool:
        """Whether a payment was settled, mailed and handed over, and all that was written down."""
        queues = (messages, handovers)
        done = [
            self.count(select(func.count()).where(queue.c.reference == paid.reference, queue.c.state == DONE))
            for queue in queues
        ]
        return done == [1, 1] and self.settled(paid) > 0

    def waiting(self) -> int:
        """How much work is still to be done, by whomever."""
        queues = (webhook_events, messages, handovers)
        return sum(self.count(select(func.count()).where(queue.c.state == WAITING)) for queue in queues)

    def count(self, query: Select[Any]) -> int:
        """What a query counts."""
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar_one())


@contextmanager
def town(database_url: str) -> Iterator[Town]:
    """A town around the database at ``database_url``, in which nobody but customers and Paystack asks or tells."""
    database = Database(database_url)
    with (
        running_smtp() as mailbox,
        running_merchant() as merchant,
        SimulatorServer(create_simulator()) as paystack,
        requests.Session() as session,
    ):
        session.trust_env = False
        settings = {
            "database_url": database_url,
            "paystack_base_url": paystack.url,
            "mail_server": "127.0.0.1",
            "mail_port": str(mailbox.port),
            "notify_url": merchant.url,
            "notify_secret": NOTIFY_SECRET,
            "poll_every": "3600",
            "catch_up_every": "86400",
        }
        try:
            yield Town(paystack.simulator, mailbox, merchant, database, settings, session)
        finally:
            database.close()
