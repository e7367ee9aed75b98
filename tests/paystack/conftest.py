"""The client on the simulator."""

from collections.abc import Iterator

import pytest
import requests
from flask import Flask

from flask_paystack.paystack.client import PaystackClient
from paystack_simulator import Simulator, SimulatorAdapter, create_simulator
from tests.clock import ManualClock
from tests.paystack import BASE, KEY


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
def client(app: Flask, clock: ManualClock) -> Iterator[PaystackClient]:
    with requests.Session() as session:
        session.mount(BASE, SimulatorAdapter(app))
        # Checkout pages of the simulator in process lie at the API's own address.
        yield PaystackClient(KEY, clock, BASE, session=session)
