"""The demonstration's four servers, on free ports of this machine, each knowing where the others are."""

import base64
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from flask_paystack.app import FlaskPaystack, create_app
from flask_paystack.demo.catcher import MailCatcher
from flask_paystack.demo.clock import MovableClock
from flask_paystack.demo.local_server import LocalServer
from flask_paystack.demo.mailbox import create_mailbox
from flask_paystack.demo.shop import Surroundings, create_shop
from flask_paystack.settings import Settings
from paystack_simulator import SimulatorServer, create_simulator

PRODUCTS = """\
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
PACE = {"POLL_EVERY": 10, "FAILURE_NOTICE_AFTER": 15}
"""Seconds. In real life these are minutes, and nobody watches a demonstration for minutes."""

READY_WITHIN = 10.0


class Stack:
    """Shop, backend, simulated Paystack and mailbox, for a ``with`` block.

    Secrets and the database are new each time, and gone afterwards. The addresses are known inside the block, without a slash
    at their end.

    Args:
        pace: how soon the backend does what it does by itself, as settings in seconds.
    """

    admin_name = "admin1"
    admin_email = "admin1@womaye.example"

    def __init__(self, pace: Mapping[str, int] = PACE) -> None:
        self._pace = pace
        self._open = ExitStack()
        self._clock = MovableClock()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self._start(opening)
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def advance(self, seconds: float) -> None:
        """Move the backend's time forward. All in all by less than the five minutes that a signed hand-over may be old."""
        self._clock.advance(seconds)

    def _start(self, opening: ExitStack) -> None:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-demo-"))
        opening.callback(shutil.rmtree, directory, ignore_errors=True)
        shop, backend, mailbox = (opening.enter_context(LocalServer()) for _ in range(3))
        catcher = opening.enter_context(MailCatcher())
        simulator = SimulatorServer(
            create_simulator(webhook_url=f"{backend.url}/pay/webhook", merchant_name="Womaye", refund_step=2)
        )
        opening.enter_context(simulator)
        self.shop_url, self.backend_url = shop.url, backend.url
        self.mailbox_url, self.simulator_url = mailbox.url, simulator.url
        handover_secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        mailbox.start(create_mailbox(catcher))
        shop.start(create_shop(Surroundings(backend.url, mailbox.url, simulator.url), handover_secret))
        settings = self._settings(directory, catcher, handover_secret)
        app = create_app(settings, clock=self._clock)
        paystack: FlaskPaystack = app.extensions["flask_paystack"]
        opening.callback(paystack.close)
        # The first to stop, so that no webhook finds the database closed.
        opening.callback(backend.stop)
        backend.start(app)
        paystack.serving.begin()
        _wait_until_ready(f"{backend.url}/readyz")

    def _settings(self, directory: Path, catcher: MailCatcher, handover_secret: str) -> Settings:
        products = directory / "products.toml"
        products.write_text(PRODUCTS, encoding="utf-8")
        given = {
            "PAYSTACK_SECRET_KEY": f"sk_test_{secrets.token_hex(20)}",
            "PAYSTACK_BASE_URL": self.simulator_url,
            "JWT_SECRET": secrets.token_urlsafe(48),
            "ADMIN_EMAILS": f"{self.admin_name}={self.admin_email}",
            "DATABASE_URL": f"sqlite:///{directory / 'payments.sqlite3'}",
            "PRODUCTS_FILE": products,
            "PUBLIC_URL": self.backend_url,
            "FRONTEND_URL": f"{self.shop_url}/return",
            "NOTIFY_URL": f"{self.shop_url}/handovers",
            "NOTIFY_SECRET": handover_secret,
            **self._pace,
            "MAIL_SERVER": catcher.host,
            "MAIL_PORT": catcher.port,
            "MAIL_DEFAULT_SENDER": "Womaye <payments@womaye.example>",
            "LOG_FORMAT": "text",
            # Everybody here comes from one address.
            "RATE_LIMITS": "off",
        }
        return Settings.read(given)


def _wait_until_ready(address: str) -> None:
    """Until the backend says that it can work: its jobs give a first sign of life moments after they start."""
    end = time.monotonic() + READY_WITHIN
    with requests.Session() as http:
        http.trust_env = False
        while not (answer := http.get(address, timeout=READY_WITHIN, allow_redirects=False)).ok:
            if time.monotonic() > end:
                raise RuntimeError(f"The backend did not become ready: {answer.text}")
            time.sleep(0.05)
