"""A whole shop for tests: our backend in process, an offline Paystack behind it, and one clock for both.

    def test_something(shop):
        reference = shop.open_payment()
        shop.customer_pays(reference)       # at the simulated Paystack, which records its webhook
        shop.deliver_webhooks()             # Paystack knocks; the backend keeps the event
        shop.run("processEvents")           # jobs run by hand only
        assert shop.verify(reference)["status"] == "success"

Another shop over the same database and the same Paystack stands for a second process: ``shop.second()``.
"""

import json
from pathlib import Path
from typing import Any, Self

import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_paystack.app import FlaskPaystack, create_app
from flask_paystack.records.schema import metadata, record_key_wraps, record_keys
from flask_paystack.web.services import EXTENSION
from flask_paystack.webhooks.signature import sign
from paystack_simulator import Simulator, SimulatorAdapter, create_simulator
from paystack_simulator.settings import Settings
from tests import canaries
from tests.clock import ManualClock

SECRET_KEY = "sk_test_0f1e2d3c4b5a69788796a5b4c3d2e1f0a1b2c3d4"
JWT_SECRET = "Zb3kV9qLw2Tn8sRy5uHd7mXc1pGf4jAe6oQi0lKb"
PAYSTACK = "https://api.paystack.co"
BACKEND = "http://backend.test"
FRONTEND = "https://shop.test"
EMAIL = "ada@example.org"

PRODUCTS = """
[womaye-gsp]
name = "Womaye GSP"
currency = "NGN"
amount = 500000

[donation]
name = "Donation"
currency = "NGN"
min = 10000
max = 100000000
"""

KEYS = (record_keys, record_key_wraps)
"""Tables that a process remembers, as nobody ever deletes from them: ``Shop.begin_anew`` leaves them alone."""


def write_products(directory: Path) -> Path:
    """The catalogue of the tests, as a file in ``directory``."""
    path = directory / "products.toml"
    path.write_text(PRODUCTS, encoding="utf-8")
    return path


def settings_in(directory: Path, **changes: Any) -> dict[str, Any]:
    """Settings that work, with a database in ``directory``. ``changes`` are settings in lower case; None leaves one out."""
    usual = {
        "PAYSTACK_SECRET_KEY": SECRET_KEY,
        "JWT_SECRET": JWT_SECRET,
        "DATABASE_URL": f"sqlite:///{directory / 'payments.sqlite3'}",
        "PRODUCTS_FILE": str(directory / "products.toml"),
        "ADMIN_EMAILS": "admin1=ada@example.org,admin2=ben@example.org",
        "FRONTEND_URL": FRONTEND,
        "PUBLIC_URL": BACKEND,
        "RATE_LIMITS": "off",
        "LOG_FORMAT": "json",
    }
    chosen = {**usual, **{name.upper(): value for name, value in changes.items()}}
    canaries.plant_settings(chosen)
    return {name: value for name, value in chosen.items() if value is not None}


class Shop:
    """The backend under test (``app``, ``ours``, ``client``), and what it talks to (``simulator``, ``clock``)."""

    def __init__(
        self,
        directory: Path,
        clock: ManualClock | None = None,
        paystack: Flask | None = None,
        host: Flask | None = None,
        prefix: str = "",
        **settings: Any,
    ) -> None:
        """Args:

        settings: in lower case, beside those of ``settings_in``.
        host, prefix: mount the backend there, instead of making an application of its own.
        """
        self.directory = directory
        self.prefix = prefix
        self.clock = clock or ManualClock()
        write_products(directory)
        webhook_session = requests.Session()
        self.paystack = paystack or create_simulator(
            clock=self.clock, webhook_session=webhook_session, webhook_url=f"{BACKEND}{prefix}/pay/webhook"
        )
        self.simulator: Simulator = self.paystack.extensions["simulator"]
        self.session = requests.Session()
        self.session.mount(PAYSTACK, SimulatorAdapter(self.paystack))
        self._settings = settings
        if host is None:
            self.app = create_app(settings_in(directory, **settings), clock=self.clock, session=self.session)
        else:
            host.config.from_mapping(settings_in(directory, **settings))
            FlaskPaystack(host, url_prefix=prefix, clock=self.clock, session=self.session)
            self.app = host
        self.app.testing = True
        webhook_session.mount(BACKEND, SimulatorAdapter(self.app))
        self.ours: FlaskPaystack = self.app.extensions[EXTENSION]
        self.client: FlaskClient = self.app.test_client()

    def second(self, **settings: Any) -> "Shop":
        """Another backend over the same database, Paystack and clock, like a second process. Close it too."""
        return Shop(self.directory, self.clock, self.paystack, **{**self._settings, **settings})

    def begin_anew(self) -> None:
        """Forget everything but the time: no rows, and a Paystack that knows nobody and does as it should.

        For tests that share a shop, since making one takes long.
        """
        with self.ours.records.database.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                if table not in KEYS:
                    connection.execute(table.delete())
        with self.simulator.world.lock:
            self.simulator.world.integrations.clear()
            self.simulator.world.retired_keys.clear()
            self.simulator.world.by_access_code.clear()
            self.simulator.agenda.clear()
        self.simulator.faults.clear()
        self.simulator.webhooks.clear()
        usual = Settings(webhook_url=f"{BACKEND}/pay/webhook")
        for name in Settings.model_fields:
            setattr(self.simulator.settings, name, getattr(usual, name))
        self.session.mount(PAYSTACK, SimulatorAdapter(self.paystack))

    def close(self) -> None:
        """Let go of every connection."""
        self.ours.close()
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What a frontend does.

    def pay(self, product: str = "womaye-gsp", headers: dict[str, str] | None = None, **body: Any) -> TestResponse:
        """``POST /pay/<product>`` for Ada, unless ``body`` says otherwise; a field that is None is left out."""
        fields = {name: value for name, value in {"email": EMAIL, **body}.items() if value is not None}
        return self.client.post(f"{self.prefix}/pay/{product}", json=fields, headers=headers)

    def open_payment(self, product: str = "womaye-gsp", **body: Any) -> str:
        """Open a payment; its reference."""
        answer = self.pay(product, **body)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["reference"])

    def verify(self, reference: str) -> dict[str, Any]:
        """What ``GET /pay/verify/<reference>`` tells."""
        answer = self.client.get(f"{self.prefix}/pay/verify/{reference}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.get_json()
        return told

    # What the customer and Paystack do.

    def customer_pays(self, reference: str, card: str = "success", **answers: Any) -> None:
        """The customer pays with a test card by its name (``success``, ``declined``…). The webhook waits to be delivered."""
        self.simulator.pay(reference, card, **answers)

    def deliver_webhooks(self) -> int:
        """Paystack sends every webhook that is due; how many."""
        return self.simulator.deliver_due()

    def webhook_bodies(self, reference: str) -> list[bytes]:
        """The bodies of the webhooks that Paystack recorded about a payment, oldest first."""
        return [each.body for each in self.simulator.webhooks.snapshot() if each.reference == reference]

    def post_webhook(
        self, body: bytes | dict[str, Any], signature: str | None = None, headers: dict[str, str] | None = None
    ) -> TestResponse:
        """Deliver ``body`` with a right signature, or with ``signature``; ``""`` sends none."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        if signature != "":
            sent["x-paystack-signature"] = signature or signed(data)
        return self.client.post(f"{self.prefix}/pay/webhook", data=data, headers=sent)

    # What time and the jobs do.

    def run(self, *jobs: str) -> list[object]:
        """Run jobs once each, by hand; what each did."""
        return [self.ours.background.run(job) for job in jobs]

    def advance(self, seconds: float) -> None:
        """Move the one clock."""
        self.clock.advance(seconds)

    def settled_payment(self, **body: Any) -> str:
        """A payment that was opened, paid, told of by webhook and settled; its reference."""
        reference = self.open_payment(**body)
        self.customer_pays(reference)
        self.deliver_webhooks()
        self.run("processEvents")
        return reference


def signed(body: bytes, key: str = SECRET_KEY) -> str:
    """``x-paystack-signature`` of a body."""
    return sign(body, key).hex()
