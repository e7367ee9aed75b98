"""Mounted in somebody else's application: our routes work there, and nothing of the host's is touched."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_paystack.app import FlaskPaystack
from flask_paystack.handover.receivers import SettledPayment
from paystack_simulator import Simulator, SimulatorServer, create_simulator
from tests.shop import BACKEND, EMAIL, SECRET_KEY, Shop, settings_in, signed, write_products

EXAMPLE = Path(__file__).parent.parent / "examples" / "host.py"


@pytest.fixture
def paystack() -> Iterator[SimulatorServer]:
    with SimulatorServer(create_simulator()) as server:
        yield server


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paystack: SimulatorServer) -> Iterator[ModuleType]:
    """The example, as it stands, run with settings from the environment."""
    write_products(tmp_path)
    for name, value in settings_in(tmp_path, paystack_base_url=paystack.url).items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("example_host", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.app.testing = True
    yield module
    module.paystack.close()


def test_the_example_is_told_of_a_settled_payment_once(host: ModuleType, paystack: SimulatorServer) -> None:
    client: FlaskClient = host.app.test_client()
    opened = client.post("/shop/pay/womaye-gsp", json={"email": EMAIL, "order": "order-1"})
    assert opened.status_code == 201, opened.text
    reference = opened.get_json()["reference"]
    paystack.simulator.pay(reference)
    body = told_by_webhook(paystack.simulator, reference)
    for _ in range(3):
        answer = client.post("/shop/pay/webhook", data=body, headers={"x-paystack-signature": signed(body)})
        assert (answer.status_code, answer.text) == (200, "Webhook received successfully")

    for _ in range(2):
        for job in ("processEvents", "handOver"):
            host.paystack.background.run(job)

    assert list(host.granted.values()) == ["order-1"]
    assert client.get("/").text == "1 sold"
    assert client.get(f"/shop/pay/verify/{reference}").get_json()["status"] == "success"


def told_by_webhook(simulator: Simulator, reference: str) -> bytes:
    [body] = [each.body for each in simulator.webhooks.snapshot() if each.reference == reference]
    assert json.loads(body)["event"] == "charge.success"
    assert SECRET_KEY in simulator.world.integrations
    return body


def test_the_example_keeps_its_own_pages(host: ModuleType) -> None:
    client: FlaskClient = host.app.test_client()

    assert client.get("/").text == "0 sold"
    assert client.get("/nowhere").mimetype == "text/html"
    assert client.get("/pay/verify/unknown").mimetype == "text/html"
    refused = client.delete("/shop/pay/womaye-gsp")
    assert (refused.status_code, refused.get_json()["code"]) == (405, "method_not_allowed")


def a_host() -> Flask:
    """An application with opinions of its own."""
    host = Flask("host")
    host.register_error_handler(404, lambda _: ("the host's own 404", 404))
    host.register_error_handler(405, lambda _: ("the host's own 405", 405))
    host.register_error_handler(Exception, lambda error: (f"the host's own {type(error).__name__}", 500))
    host.add_url_rule("/", "index", lambda: "the host's page", methods=["GET"])
    host.add_url_rule("/broken", "broken", lambda: 1 // 0)
    host.after_request(_stamp)
    return host


def _stamp(response: Any) -> Any:
    response.headers["X-Host"] = "host"
    return response


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path, host=a_host(), prefix="/shop") as shop:
        yield shop


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/", 200, "the host's page"),
        ("GET", "/nowhere", 404, "the host's own 404"),
        ("GET", "/shop/nowhere", 404, "the host's own 404"),
        ("GET", "/pay/verify/unknown", 404, "the host's own 404"),
        ("DELETE", "/", 405, "the host's own 405"),
        ("GET", "/broken", 500, "the host's own ZeroDivisionError"),
    ],
)
def test_the_hosts_answers_stay_its_own(mounted: Shop, method: str, path: str, status: int, text: str) -> None:
    answer = mounted.client.open(path, method=method)

    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["X-Host"] == "host"
    for ours in ("X-Request-ID", "Cache-Control", "X-Content-Type-Options", "Access-Control-Allow-Origin"):
        assert ours not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/shop/pay/verify/unknown", 404), ("DELETE", "/shop/pay/womaye-gsp", 405), ("POST", "/shop/pay/womaye-gsp", 415)],
)  # fmt: skip
def test_our_errors_stay_ours(mounted: Shop, method: str, path: str, status: int) -> None:
    answer = mounted.client.open(path, method=method)

    assert answer.status_code == status
    assert set(answer.get_json()) == {"error", "code"}
    assert answer.headers["X-Request-ID"]


def test_a_bug_of_ours_is_answered_in_our_shape(mounted: Shop) -> None:
    mounted.app.testing = False
    mounted.ours.serving.begin = lambda: None  # type: ignore[method-assign]  # this process does not serve
    mounted.app.view_functions["paystack.health.healthz"] = lambda: 1 // 0

    answer = mounted.client.get("/shop/healthz")

    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal_error")


def test_configuration_handlers_and_command_line_are_untouched(tmp_path: Path) -> None:
    host, plain = a_host(), a_host()
    write_products(tmp_path)
    host.config.from_mapping(settings_in(tmp_path))
    before = dict(host.config)

    ours = FlaskPaystack(host, url_prefix="/shop")
    ours.close()

    assert dict(host.config) == before
    assert set(host.error_handler_spec[None]) == set(plain.error_handler_spec[None])
    assert host.error_handler_spec[None].keys() == plain.error_handler_spec[None].keys()
    assert set(host.cli.commands) == set(plain.cli.commands)
    assert type(host.json) is type(plain.json)
    assert host.json.ensure_ascii == plain.json.ensure_ascii  # type: ignore[attr-defined]
    assert [rule.rule for rule in host.url_map.iter_rules() if not rule.rule.startswith("/shop/")] == [
        rule.rule for rule in plain.url_map.iter_rules()
    ]
    assert host.after_request_funcs.get(None) == [_stamp]
    assert host.wsgi_app == host.wsgi_app.__func__.__get__(host)  # type: ignore[attr-defined]


def test_it_can_be_mounted_later(tmp_path: Path) -> None:
    """``init_app``: functions may be registered before there is an app."""
    paystack = FlaskPaystack(url_prefix="/shop")
    told: list[str] = []

    @paystack.on_settled
    def grant(payment: SettledPayment) -> None:
        told.append(payment.id)

    host = a_host()
    write_products(tmp_path)
    host.config.from_mapping(settings_in(tmp_path))
    paystack.init_app(host)
    try:
        host.testing = True
        assert host.test_client().get("/shop/healthz").status_code == 200
    finally:
        paystack.close()
    assert told == []


def test_a_function_that_raises_is_told_again_later_under_the_same_id(mounted: Shop) -> None:
    told: list[str] = []

    @mounted.ours.on_settled
    def grant(payment: SettledPayment) -> None:
        told.append(payment.id)
        if len(told) == 1:
            raise RuntimeError("The database is away.")

    mounted.settled_payment()
    mounted.run("handOver")
    mounted.run("handOver")
    assert len(told) == 1

    mounted.advance(3600)
    mounted.run("handOver")
    mounted.run("handOver")

    assert len(told) == 2
    assert len(set(told)) == 1


def test_webhooks_come_to_the_mounted_address(mounted: Shop) -> None:
    reference = mounted.settled_payment()

    [delivery] = mounted.simulator.webhooks.snapshot()
    assert delivery.url == f"{BACKEND}/shop/pay/webhook"
    assert delivery.state == "delivered"
    assert mounted.verify(reference)["status"] == "success"


def test_two_hosts_in_one_process_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with Shop(tmp_path / "a", host=a_host(), prefix="/shop") as first, Shop(tmp_path / "b") as second:
        reference = first.open_payment()

        assert first.verify(reference)["status"] == "pending"
        assert second.client.get(f"/pay/verify/{reference}").status_code == 404
