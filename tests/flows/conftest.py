"""Everything that stands around a payment, each on a port of its own."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import pytest
import redis
import requests

from flask_paystack.app import FlaskPaystack, create_app
from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from flask_paystack.web.services import EXTENSION
from paystack_simulator import Simulator, create_simulator
from paystack_simulator.server import SimulatorServer
from tests.clock import ManualClock
from tests.handover.merchant import Merchant, running_merchant
from tests.servers import fresh_database
from tests.shop import FRONTEND, settings_in, write_products
from tests.smtp import Mailbox, running_smtp
from tests.wire import served

NOTIFY_SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0MTIz"
PATIENCE = 20

Found = TypeVar("Found")


def wait_for(what: str, look: Callable[[], Found | None]) -> Found:
    """What ``look`` finds, as soon as it finds it. The jobs' threads are real, and so is the waiting."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not come."
        time.sleep(0.01)
    return found


@dataclass
class Town:
    """A customer, a shop's backend, Paystack, a mail server and the merchant's own code."""

    backend: str
    paystack: str
    simulator: Simulator
    ours: FlaskPaystack
    clock: ManualClock
    mailbox: Mailbox
    merchant: Merchant
    browser: requests.Session

    def open_payment(self, **body: Any) -> dict[str, Any]:
        """What the frontend gets for a customer who wants to pay."""
        answer = self.browser.post(f"{self.backend}/pay/womaye-gsp", json=body, timeout=10)
        assert answer.status_code == 201, answer.text
        opened: dict[str, Any] = answer.json()
        self.clock.advance(3)
        return opened

    def check_out(self, opened: dict[str, Any], card: str = "success") -> str | None:
        """Pay with a test card on Paystack's page; where the browser is sent then, if it leaves the page."""
        page = opened["authorization_url"]
        assert page.startswith(f"{self.paystack}/checkout/")
        answer = self.browser.post(page, data={"card": card}, timeout=10, allow_redirects=False)
        location = answer.headers.get("Location")
        return location if location and location.startswith(FRONTEND) else None

    def verify(self, reference: str) -> dict[str, Any]:
        """What the frontend is told."""
        answer = self.browser.get(f"{self.backend}/pay/verify/{reference}", timeout=10)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def wait_for_status(self, reference: str, status: str) -> dict[str, Any]:
        """The payment, once it has that status."""

        def look() -> dict[str, Any] | None:
            told = self.verify(reference)
            return told if told["status"] == status else None

        return wait_for(f"{status} of {reference}", look)

    def wait_for_mail(self, to: str, subject: str) -> EmailMessage:
        """The first mail to somebody whose subject holds these words."""

        def look() -> EmailMessage | None:
            mails = list(self.mailbox.received)
            return next((each for each in mails if to in str(each["To"]) and subject in str(each["Subject"])), None)

        return wait_for(f"a mail to {to} about {subject!r}", look)

    def wait_for_handover(self, reference: str) -> int:
        """Which of the merchant's requests told of this payment."""

        def look() -> int | None:
            told = [number for number, body in enumerate(list(self.merchant.bodies), 1) if reference.encode() in body]
            return told[0] if told else None

        return wait_for(f"the hand-over of {reference}", look) - 1

    def wait_for_webhooks(self, reference: str, deliveries: int) -> None:
        """Return when so many deliveries about a payment were kept and worked on."""

        def look() -> bool:
            self.clock.advance(1)  # one that has to ask Paystack waits for its turn
            self.ours.background.wake("processEvents")
            kept = self.ours.records.webhooks.list_page(None, 9, reference=reference).items
            return [(each.state, each.deliveries) for each in kept] == [("done", deliveries)]

        wait_for(f"{deliveries} deliveries about {reference}", look)


ENGINES = ("memory+sqlite", "redis+sqlite", "sql+sqlite", "redis+postgresql", "sql+postgresql")
"""What keeps what expires, and what keeps the records. Each story is true over each of them."""


def database_url(name: str, directory: Path, request: pytest.FixtureRequest, stack: ExitStack) -> str:
    """Of an empty database, ready for use."""
    if name == "sqlite":
        return f"sqlite:///{directory}/payments.sqlite3"
    url = stack.enter_context(fresh_database(request.getfixturevalue("postgres_server")))
    database = Database(url)
    upgrades.upgrade(database)
    database.close()
    return url


def store_url(name: str, directory: Path, request: pytest.FixtureRequest, records: str) -> str:
    """Of an empty store. One in SQL may share PostgreSQL with the records."""
    if name == "memory":
        return "memory://"
    if name == "sql":
        return f"sqlite:///{directory}/store.sqlite3" if records.startswith("sqlite") else records
    url: str = request.getfixturevalue("redis_server")
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(params=ENGINES, scope="module")
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    directory = tmp_path_factory.mktemp("town")
    write_products(directory)
    # It starts today, since the merchant refuses a hand-over that was signed more than five minutes ago.
    clock = ManualClock(datetime.now(UTC))
    with ExitStack() as stack:
        store, _, records = request.param.partition("+")
        url = database_url(records, directory, request, stack)
        mailbox = stack.enter_context(running_smtp())
        merchant = stack.enter_context(running_merchant())
        paystack = stack.enter_context(SimulatorServer(create_simulator(clock=clock)))
        settings = settings_in(
            directory,
            database_url=url,
            store_url=store_url(store, directory, request, url),
            paystack_base_url=paystack.url,
            mail_server="127.0.0.1",
            mail_port=mailbox.port,
            notify_url=merchant.url,
            notify_secret=NOTIFY_SECRET,
        )
        app = create_app(settings, clock=clock)
        ours: FlaskPaystack = app.extensions[EXTENSION]
        stack.callback(ours.close)
        ours.serving.begin()
        backend = f"http://127.0.0.1:{stack.enter_context(served(app))}"
        paystack.simulator.settings.webhook_url = f"{backend}/pay/webhook"
        browser = stack.enter_context(requests.Session())
        browser.trust_env = False
        yield Town(backend, paystack.url, paystack.simulator, ours, clock, mailbox, merchant, browser)


@pytest.fixture(autouse=True)
def quiet(town: Town) -> Iterator[None]:
    """Each story leaves Paystack as it found it, and a merchant who has been told."""
    yield
    handovers = town.ours.records.handovers
    wait_for("the merchant's yes", lambda: all(each.state == "done" for each in handovers.list_page(None, 100).items))
    town.simulator.faults.clear()
    town.simulator.settings.webhooks = "on"
    town.simulator.settings.webhook_copies = 1
