"""A simulator in process on a clock that is moved by hand, its API, and a real receiver of webhooks."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from flask import Flask

from paystack_simulator import Simulator, SimulatorAdapter, create_simulator
from tests.clock import ManualClock
from tests.simulator.receiver import Receiver

KEY = "sk_test_of_ada"
BASE = "https://api.paystack.co"


class Api:
    """What a merchant's server does with Paystack: calls with its secret key."""

    def __init__(self, session: requests.Session, base: str = BASE, key: str = KEY) -> None:
        self.session = session
        self.base = base
        self.key = key

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}"} | options.pop("headers", {})
        return self.session.request(method, self.base + path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.call("POST", path, **options)

    def initialize(self, reference: str | None = "ord-1", **fields: Any) -> requests.Response:
        body = {"email": "ada@example.com", "amount": 500000, "reference": reference} | fields
        return self.post("/transaction/initialize", json=body)

    def opened(self, reference: str = "ord-1", **fields: Any) -> str:
        """Open a transaction; returns the address of its checkout page."""
        answer = self.initialize(reference, **fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["authorization_url"])

    def verified(self, reference: str = "ord-1") -> dict[str, Any]:
        answer = self.get(f"/transaction/verify/{reference}")
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def as_merchant(self, key: str) -> "Api":
        return Api(self.session, self.base, key)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def app(clock: ManualClock) -> Flask:
    return create_simulator(clock=clock)


@pytest.fixture
def sim(app: Flask) -> Simulator:
    simulator: Simulator = app.extensions["simulator"]
    return simulator


@pytest.fixture
def session(app: Flask) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount(BASE, SimulatorAdapter(app))
        yield session


@pytest.fixture
def api(session: requests.Session) -> Api:
    return Api(session)


@pytest.fixture
def receiver(sim: Simulator) -> Iterator[Receiver]:
    """A real HTTP server, set as the merchant's webhook address."""
    with Receiver() as receiver:
        sim.settings.webhook_url = receiver.url
        yield receiver
