"""Requests against Paystack's official OpenAPI file: those our client sends, and those the simulator takes (CONTRACT §11)."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
import requests
from flask import Flask

from flask_paystack.paystack.client import PaystackClient
from paystack_simulator import Simulator, SimulatorAdapter
from paystack_simulator.coverage import NOT, OPERATIONS, Operation
from tests.clock import ManualClock
from tests.simulator.conftest import BASE, KEY, Api
from tests.simulator.official import Official, operations

MISNAMED = {
    "transaction_list": {"perPage": "per_page", "customer": "customer_code", "terminalid": "terminal_id"},
}
"""What the file calls otherwise than the API does (CONTRACT §11)."""
UNLISTED = {"refund_list": {"transaction": "5100000001"}, "dispute_uploadUrl": {"upload_filename": "slip.pdf"}}
"""Parameters the API takes and the file does not list, with a value (CONTRACT §8, §11)."""


class Recorder(SimulatorAdapter):
    """Keeps every request on its way to the simulator."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        self.sent.append(request)
        return super().send(request, *args, **options)


@pytest.fixture
def recorder(app: Flask) -> Recorder:
    return Recorder(app)


@pytest.fixture
def client(recorder: Recorder, clock: ManualClock) -> Iterator[PaystackClient]:
    with requests.Session() as session:
        session.mount(BASE, recorder)
        yield PaystackClient(KEY, clock, session=session)


def matched(request: requests.PreparedRequest) -> Official:
    """The official operation a request is of; literal paths go before those with parameters."""
    path = urlsplit(str(request.url)).path
    candidates = sorted(operations().values(), key=lambda each: each.path.count("{"))
    for each in candidates:
        if each.method == request.method and re.fullmatch(re.sub("{[^}]+}", "[^/]+", each.path), path):
            return each
    raise AssertionError(f"The official file knows no {request.method} {path}.")


def read(schema: dict[str, Any], value: str) -> object:
    """A query parameter as the type its schema has."""
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(value, value)
    return int(value) if schema.get("type") == "integer" and value.lstrip("-").isdigit() else value


def check(request: requests.PreparedRequest) -> Official:
    """Hold a request against the official file. Raises jsonschema's ValidationError or AssertionError."""
    official = matched(request)
    for name, value in parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True):
        if name in UNLISTED.get(official.name, {}):
            continue
        listed = MISNAMED.get(official.name, {}).get(name, name)
        assert ("query", listed) in official.parameters, f"{official.name} has no parameter {listed}."
        schema = official.parameters["query", listed]
        jsonschema.validate(read(schema, value), schema)
    if request.body:
        assert official.body is not None, f"{official.name} takes no body."
        body = json.loads(request.body)
        jsonschema.validate(body, official.body)
        unknown = set(body) - known_fields(official.body)
        assert not unknown, f"{official.name} knows no {unknown}."
    return official


def known_fields(schema: dict[str, Any]) -> set[str]:
    """Every field a body may have, those of its parts included."""
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, [])]
    return set(schema.get("properties", {})).union(*map(known_fields, parts))


def paid(client: PaystackClient, sim: Simulator) -> str:
    client.initialize("ord-1", "ada@example.com", 500000, "NGN")
    sim.pay("ord-1")
    return str(sim.world.integration(KEY).transactions["ord-1"].id)


def _initialize(client: PaystackClient, sim: Simulator) -> None:
    options = {
        "channels": ["card", "bank_transfer"],
        "split_code": "SPL_1",
        "subaccount": "ACCT_1",
        "bearer": "account",
    }
    client.initialize(
        "ord-2", "ada@example.com", 500000, "NGN", "https://shop.example.com/done", {"order": "7"}, options
    )


def _charge(client: PaystackClient, sim: Simulator) -> None:
    paid(client, sim)
    code = next(iter(sim.world.integration(KEY).authorizations))
    client.charge_authorization("ord-2", "ada@example.com", 1000, "NGN", code)


def _list(client: PaystackClient, sim: Simulator) -> None:
    client.list(2, 10, status="success", **{"from": "2026-03-01T00:00:00.000Z", "to": "2026-03-02T00:00:00.000Z"})


def _refund(client: PaystackClient, sim: Simulator) -> None:
    paid(client, sim)
    client.refund("ord-1", 1000, "NGN", "Returned")


CALLS: dict[str, tuple[str, Callable[[PaystackClient, Simulator], object]]] = {
    "initialize": ("transaction_initialize", _initialize),
    "verify": ("transaction_verify", lambda client, sim: (paid(client, sim), client.verify("ord-1"))),
    "fetch": ("transaction_fetch", lambda client, sim: client.fetch(paid(client, sim))),
    "list": ("transaction_list", _list),
    "list_after": ("transaction_list", lambda client, sim: (paid(client, sim), client.list_after(None))),
    "charge_authorization": ("transaction_chargeAuthorization", _charge),
    "refund": ("refund_create", _refund),
    "list_refunds": ("refund_list", lambda client, sim: client.list_refunds(paid(client, sim))),
}


NO_CALLS = {"close", "leave_half_of", "refuse_to_press"}
"""They ask Paystack nothing."""
UNKNOWN_THERE = {"list_sent_events"}
"""The Webhook Events API is newer than the official file (CONTRACT §6.1)."""


@pytest.mark.parametrize("name", CALLS)
def test_our_client_sends_what_the_official_file_asks_for(
    client: PaystackClient, sim: Simulator, recorder: Recorder, name: str
) -> None:
    operation, call = CALLS[name]

    call(client, sim)

    assert [check(request).name for request in recorder.sent][-1] == operation


def test_our_client_has_no_call_that_is_not_checked() -> None:
    calls = {name for name in vars(PaystackClient) if not name.startswith("_")} - NO_CALLS

    assert calls == set(CALLS) | UNKNOWN_THERE


def test_the_check_notices_what_does_not_fit() -> None:
    def sent(method: str, path: str, **options: Any) -> requests.PreparedRequest:
        return requests.Request(method, BASE + path, **options).prepare()

    good = {"email": "a@b.co", "amount": 100}
    check(sent("POST", "/transaction/initialize", json=good))
    for body in ({"email": "a@b.co"}, good | {"amount": "100.5"}, good | {"currency": "EUR"}):
        with pytest.raises(jsonschema.ValidationError):
            check(sent("POST", "/transaction/initialize", json=body))
    for odd in (
        sent("POST", "/transaction/initialize", json=good | {"amont": 1}),
        sent("GET", "/transaction", params={"colour": "red"}),
        sent("GET", "/transactions"),
    ):
        with pytest.raises(AssertionError):
            check(odd)


def sample(schema: dict[str, Any]) -> Any:
    """A value that fits a schema of the file: its enum's first, else one of its type."""
    if "enum" in schema:
        return schema["enum"][0]
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, [])]
    if schema.get("type") == "object" or "properties" in schema or parts:
        own = {name: sample(each) for name, each in schema.get("properties", {}).items()}
        for part in parts:
            own |= sample(part)
        return own
    if schema.get("type") == "array":
        return [sample(schema.get("items", {}))]
    by_type: dict[str, Any] = {"integer": 100, "number": 100, "boolean": True}
    by_format = {"date-time": "2026-03-01T10:00:00.000Z", "date": "1990-01-31", "email": "ada@example.com"}
    return by_type.get(schema.get("type", ""), by_format.get(schema.get("format", ""), "x"))


FITTING: dict[str, Any] = {
    "email": "ada@example.com",
    "currency": "NGN",
    "resolution": "declined",
    "transaction": "ord-1",
    "refund_account_details": {"currency": "NGN", "account_number": "1234567890", "bank_id": "9"},
    "use_cursor": "true",
    "pin": "1234",
    "otp": "123456",
    "phone": "08012345678",
}
LEFT_OUT = {"metadata", "plan", "split", "at_least", "reference"}
"""Fields that samples have no use for."""
OTHER_CHANNELS = {"bank", "mobile_money", "eft", "pin", "device_id", "authorization_code"}
"""The sample of a charge is about ``ussd``."""


def objects(sim: Simulator, api: Api) -> dict[str, str]:
    """One of everything, and what names it in a path."""
    api.opened("ord-1", amount=1000)
    sim.pay("ord-1", "refund-needs-attention")
    api.opened("ord-2", amount=1000)
    sim.pay("ord-2")
    transaction = sim.world.integration(KEY).transactions["ord-2"]
    dispute = sim.disputes.open(transaction, None, "chargeback", "No value")
    refund = api.post("/refund", json={"transaction": "ord-1", "amount": 500}).json()["data"]["id"]
    sim.advance(120)
    return {
        "transaction": str(transaction.id),
        "dispute": str(dispute.id),
        "refund": str(refund),
        "reference": "ord-2",
        "code": transaction.customer.code,
        "authorization_code": next(
            each.code for each in sim.world.integration(KEY).authorizations.values() if each.reusable
        ),
    }


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.extent != NOT], ids=lambda each: each.name)
def test_the_simulator_takes_every_request_the_official_file_describes(
    api: Api, sim: Simulator, operation: Operation
) -> None:
    """Paths, methods, every listed parameter and a whole body: none is refused for its form."""
    names = objects(sim, api)
    official = operations()[operation.name]
    subject = operation.path.split("/")[1]
    by_subject = {"id": names["transaction"] if "transaction/" in operation.path else names.get(subject, "")}
    path = re.sub("{([^}]+)}", lambda found: (by_subject | names)[found[1]], operation.path)
    query = {
        name: FITTING.get(name, sample(schema))
        for (place, name), schema in official.parameters.items()
        if place == "query" and name not in {"next", "previous"}
    } | UNLISTED.get(operation.name, {})
    body = None
    if official.body is not None:
        body = sample(official.body)
        body = {name: FITTING.get(name, names.get(name, value)) for name, value in body.items()}
        left_out = LEFT_OUT | (OTHER_CHANNELS if operation.name == "charge_create" else set())
        body = {name: value for name, value in body.items() if name not in left_out}
        if official.body.get("required") and "reference" in official.body["required"]:
            body["reference"] = _awaiting(api, operation.name)
        jsonschema.validate(body, official.body)

    answer = api.call(operation.method, path, params=query, json=body)

    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] is True


def _awaiting(api: Api, operation: str) -> str:
    """A charge that waits for what a follow-up brings."""
    cards = {
        "charge_submitPin": ("5060666666666666666", {}),
        "charge_submitOtp": ("5060666666666666666", {"pin": "1234"}),
        "charge_submitPhone": ("507850785078507804", {"pin": "0000"}),
        "charge_submitAddress": ("4000000000000077", {"pin": "1234"}),
    }
    number, more = cards.get(operation, ("", {}))
    channel = {"card": {"number": number}} if number else {"bank": {"code": "057", "account_number": "0000000000"}}
    body = {"email": "ada@example.com", "amount": 100, "reference": "asked"} | channel | more
    assert api.post("/charge", json=body).json()["data"]["status"].startswith("send_")
    return "asked"
