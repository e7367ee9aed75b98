"""The document itself: well formed, whole, and true about the routes there are."""

import ast
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

import flask_paystack
from flask_paystack import errors
from flask_paystack.openapi.document import build
from flask_paystack.openapi.operation import Route
from flask_paystack.openapi.operations import OPERATIONS, UNDOCUMENTED
from flask_paystack.openapi.refusals import EXAMPLES
from flask_paystack.version import VERSION
from flask_paystack.web.errors import CODES, STATUSES
from tests.openapi import Document, pointer
from tests.shop import BACKEND, Shop

OURS = "paystack."


def ours(app: Flask) -> set[tuple[str, str]]:
    """Endpoint and method of every route of ours."""
    return {
        (rule.endpoint.removeprefix(OURS), method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(OURS)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_it_is_openapi_3_1(document: Document) -> None:
    assert document.told["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document.told).validate()


def test_a_document_that_is_not_openapi_is_seen(document: Document) -> None:
    """The control."""
    spoilt = {**document.told, "paths": {"/pay": {"post": {"responses": {"200": {}}}}}}

    assert not OpenAPIV31SpecValidator(spoilt).is_valid()


def test_every_route_there_is_has_a_row_and_every_row_a_route(shop: Shop) -> None:
    endpoints = {endpoint for endpoint, _ in ours(shop.app)}

    assert endpoints - set(UNDOCUMENTED) == set(OPERATIONS)


def test_every_route_there_is_stands_in_it(shop: Shop, document: Document) -> None:
    """As many as there are, each under the method it takes."""
    documented = {
        (row, method.upper())
        for _, method, operation in document.operations()
        for row, its in OPERATIONS.items()
        if its.id == operation["operationId"]
    }

    assert documented == {each for each in ours(shop.app) if each[0] not in UNDOCUMENTED}


def test_a_route_without_a_row_stops_it() -> None:
    with pytest.raises(KeyError):
        build([Route("/new", "GET", "pay.new", "New.", "JWT", None)], BACKEND)


def test_a_guard_that_nobody_described_stops_it() -> None:
    with pytest.raises(KeyError):
        build([Route("/payments", "GET", "payments.list_mine", "Mine.", "a new guard", None)], BACKEND)


def test_operations_have_names_of_their_own_and_a_sentence(document: Document) -> None:
    operations = [operation for _, _, operation in document.operations()]
    names = [operation["operationId"] for operation in operations]

    assert len(names) == len(set(names)) == len(OPERATIONS)
    assert all(operation["summary"] for operation in operations)


def test_tags_are_all_described(document: Document) -> None:
    used = {tag for _, _, operation in document.operations() for tag in operation["tags"]}

    assert used == {tag["name"] for tag in document.told["tags"]}


def test_every_answer_names_its_request_and_has_an_example(document: Document) -> None:
    for path, method, operation in document.operations():
        for status, response in operation["responses"].items():
            where = f"{method} {path} {status}"
            assert "X-Request-ID" in response["headers"], where
            assert response["description"], where
            assert bool(response.get("content")) == (status not in {"204", "303", "304"}), where
            assert all(media["examples"] for media in response.get("content", {}).values()), where
            if status == "429":
                assert "Retry-After" in response["headers"], where


def test_every_example_of_a_body_fits_its_schema(document: Document) -> None:
    count = 0
    for path, method, operation in document.operations():
        bodies = {pointer("requestBody"): operation.get("requestBody", {})}
        answers = {pointer("responses", status): found for status, found in operation["responses"].items()}
        for below, holder in {**bodies, **answers}.items():
            for media, told in holder.get("content", {}).items():
                for name, example in told["examples"].items():
                    where = pointer("paths", path, method) + below + pointer("content", media, "schema")
                    assert document.faults(where, example["value"]) == [], f"{where} {name}"
                    count += 1
    assert count > 150


def test_the_example_of_a_settled_notice_fits_its_schema(document: Document) -> None:
    where = pointer("webhooks", "payment.settled", "post", "requestBody", "content", "application/json")
    media = document.told["webhooks"]["payment.settled"]["post"]["requestBody"]["content"]["application/json"]

    assert document.faults(f"{where}/schema", media["examples"]["settled"]["value"]) == []


def test_every_example_of_a_parameter_fits_its_schema(document: Document) -> None:
    for path, method, operation in document.operations():
        for number, parameter in enumerate(operation.get("parameters", [])):
            where = pointer("paths", path, method, "parameters", str(number), "schema")
            for example in parameter["examples"].values():
                assert document.faults(where, example["value"]) == [], where


def test_a_wrong_example_is_seen(document: Document) -> None:
    """The control: a field too many, and a code from nowhere."""
    where = pointer("components", "schemas", "Error")

    assert document.faults(where, {"error": "No.", "code": "not_found"}) == []
    assert document.faults(where, {"error": "No.", "code": "made_up"})
    assert document.faults(where, {"error": "No.", "code": "not_found", "secret": 1})


def codes_in(value: Any) -> set[str]:
    """Every error code that examples show."""
    if isinstance(value, dict):
        own = {value["code"]} if "error" in value and "code" in value else set()
        return own.union(*map(codes_in, value.values()))
    return set[str]().union(*map(codes_in, value)) if isinstance(value, list) else set()


def test_examples_show_codes_of_the_table_and_the_schema_knows_all(document: Document) -> None:
    shown = {
        code
        for _, _, operation in document.operations()
        for response in operation["responses"].values()
        for media in response.get("content", {}).values()
        for example in media["examples"].values()
        for code in codes_in(example["value"])
    }

    assert shown <= set(CODES)
    assert set(document.told["components"]["schemas"]["Error"]["properties"]["code"]["enum"]) == set(CODES)
    table = {code for _, code in STATUSES.values()}
    assert table - shown == {"lease_lost"}, "what no route tells of"


def details_told() -> set[str]:
    """Every name under which our code adds something to a failure that it raises."""
    kinds = {kind.__name__ for kind in STATUSES} | {"Unavailable", "Rejected"}
    calls = [
        node
        for path in Path(flask_paystack.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    told = set()
    for call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in kinds:
            told |= {keyword.arg for keyword in call.keywords if keyword.arg}
    return told - {"permanent"}  # of a letter: for the outbox, and never told to a caller


def test_whatever_an_error_may_carry_is_in_its_schema(document: Document) -> None:
    known = set(document.told["components"]["schemas"]["Error"]["properties"])

    assert {"retry_after", "order", "product"} <= details_told() <= known


def test_every_failure_of_the_table_has_an_example() -> None:
    assert set(STATUSES) - set(EXAMPLES) == {errors.LeaseLost}
    assert all(kind is type(failure) for kind, failure in EXAMPLES.items())


def test_it_is_the_version_we_are(document: Document) -> None:
    assert document.told["info"]["version"] == VERSION


def test_it_names_our_own_address_and_never_the_hosts(shop: Shop) -> None:
    told = shop.client.get("/openapi.json", headers={"Host": "evil.test"}).get_json()

    assert told["servers"] == [{"url": BACKEND}]


def test_mounted_elsewhere_the_address_says_so_and_the_paths_stay(tmp_path: Path, document: Document) -> None:
    host = Flask("host")
    host.add_url_rule("/own", view_func=lambda: "the host's")
    with Shop(tmp_path, host=host, prefix="/paystack") as shop:
        told = shop.client.get("/paystack/openapi.json").get_json()

    assert told["servers"] == [{"url": f"{BACKEND}/paystack"}]
    assert told["paths"] == document.told["paths"]


def test_where_a_login_is_required_it_says_so(tmp_path: Path, document: Document) -> None:
    with Shop(tmp_path, require_login="true") as shop:
        told = shop.client.get("/openapi.json").get_json()

    assert document.told["paths"]["/pay/{product}"]["post"]["security"] == [{"accessToken": []}, {}]
    assert told["paths"]["/pay/{product}"]["post"]["security"] == [{"accessToken": []}]


def test_it_may_be_kept_and_asked_about_again(shop: Shop) -> None:
    first = shop.client.get("/openapi.json")
    again = shop.client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["X-Request-ID"]
