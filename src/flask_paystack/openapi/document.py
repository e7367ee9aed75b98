"""The document: put together from the routes there are, the table of operations, and the models."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from flask_paystack.errors import BodyTooLarge, Failure, Invalid, StorageUnavailable, TooManyRequests, UnsupportedBody
from flask_paystack.openapi import examples
from flask_paystack.openapi.answers import Error
from flask_paystack.openapi.console_answers import SettledNotice
from flask_paystack.openapi.operation import HTML, JSON, SCHEMAS, Examples, Operation, Reply, Route, Schema
from flask_paystack.openapi.operations import OPERATIONS, UNDOCUMENTED
from flask_paystack.openapi.parameters import IN_PATHS
from flask_paystack.openapi.refusals import pages, refusals
from flask_paystack.openapi.security import SCHEMES, refusals_of, security_of
from flask_paystack.version import VERSION as OUR_VERSION

VERSION = "3.1.0"
TAGS = {
    "pay": "Open a payment, and find out what became of it.",
    "retry": "The link in the failure mail.",
    "payments": "A user's own payments.",
    "webhook": "Paystack's knock.",
    "auth": "Accounts and their access tokens.",
    "totp": "A second factor beside the password.",
    "admin_keys": "Ask an admin for a key, and trade it for a session.",
    "sessions": "Sessions of operators.",
    "console": "What an operator works with.",
    "health": "Alive, able to work, and the numbers.",
    "openapi": "This document.",
}
HEADERS: Schema = {
    "X-Request-ID": {
        "description": "Names the request, in the log too.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        "example": "9c0f4be1d2a37e56",
    },
    "Retry-After": {
        "description": "Seconds to wait before asking again.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 5,
    },
    "Location": {
        "description": "Where to go on.",
        "schema": {"type": "string", "format": "uri"},
        "example": examples.CHECKOUT,
    },
    "ETag": {"description": "Names this version.", "schema": {"type": "string"}, "example": '"6f1c"'},
}


def build(routes: Iterable[Route], server: str, *, login_required: bool = False) -> Schema:
    """The document of these routes.

    Args:
        server: our own address, with what we are mounted below.
        login_required: whether ``REQUIRE_LOGIN`` is on.

    Raises:
        KeyError: a route has no row in the table of operations.
    """
    paths: dict[str, Schema] = {}
    for route in routes:
        if route.endpoint not in UNDOCUMENTED:
            told = _operation(route, OPERATIONS[route.endpoint], login_required=login_required)
            paths.setdefault(route.path, {})[route.method.lower()] = told
    return {
        "openapi": VERSION,
        "info": {
            "title": "Flask-Paystack",
            "version": OUR_VERSION,
            "summary": "A payments backend for Paystack.",
            "description": "Amounts are whole subunits (kobo, pesewas, cents). Every error has one shape, `Error`.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server}],
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": dict(sorted(paths.items())),
        "webhooks": {"payment.settled": {"post": _settled()}},
        "components": {"schemas": _schemas(), "securitySchemes": SCHEMES, "headers": HEADERS},
    }


def _operation(route: Route, row: Operation, *, login_required: bool) -> Schema:
    security = security_of(route.guard, login_required=login_required)
    replies = [*row.replies, *refusals(_failures(route, row, security)), *pages(row.pages)]
    in_path = [IN_PATHS[part[1:-1]] for part in route.path.split("/") if part.startswith("{")]
    summary, _, more = route.words.strip().partition("\n")
    told: Schema = {
        "operationId": row.id,
        "summary": summary,
        "description": " ".join(more.split()),
        "tags": [route.endpoint.partition(".")[0]],
        "security": security,
        "parameters": [each.told() for each in (*in_path, *row.parameters)],
        "requestBody": _request_body(row),
        "responses": dict(_responses(replies)),
    }
    return {name: value for name, value in told.items() if value or name == "security"}


def _failures(route: Route, row: Operation, security: Sequence[Schema]) -> Iterator[type[Failure]]:
    """What the route refuses by its row, and by its guard, its limit, its body and its parameters."""
    yield from row.failures
    yield from refusals_of(list(security))
    yield StorageUnavailable
    if row.body or row.raw_body or row.parameters:
        yield Invalid
    if row.body or row.raw_body:
        yield BodyTooLarge
    if row.body:
        yield UnsupportedBody
    if route.limit:
        yield TooManyRequests


def _request_body(row: Operation) -> Schema | None:
    if row.body:
        schema = {"$ref": f"{SCHEMAS}/{row.body.__name__}"}
        return {"required": row.body_required, "content": {JSON: _media(schema, row.bodies)}}
    if row.raw_body:
        return {"required": False, "description": row.raw_body, "content": {JSON: _media({}, row.bodies)}}
    return None


def _responses(replies: Iterable[Reply]) -> Iterator[tuple[str, Schema]]:
    for status, group in groupby(sorted(replies, key=lambda each: each.status), key=lambda each: each.status):
        told = list(group)
        response: Schema = {
            "description": " ".join(dict.fromkeys(each.description for each in told)),
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _headers(told)},
            "content": {
                media: _one_of([each for each in told if each.media == media])
                for media in dict.fromkeys(each.media for each in told)
                if media
            },
        }
        yield str(status), {name: value for name, value in response.items() if value}


def _headers(replies: Iterable[Reply]) -> list[str]:
    return list(dict.fromkeys(["X-Request-ID", *(name for each in replies for name in each.headers)]))


def _one_of(replies: Sequence[Reply]) -> Schema:
    schemas = [each.schema for each in replies]
    told = {name: value for each in replies for name, value in each.examples.items()}
    return _media(schemas[0] if len(schemas) == 1 or replies[0].media == HTML else {"anyOf": schemas}, told)


def _media(schema: Schema, told: Examples) -> Schema:
    return {"schema": schema, "examples": {_name(name): {"value": value} for name, value in told.items()}}


def _name(words: str) -> str:
    return words.replace(" ", "-")


def _settled() -> Schema:
    schema = {"$ref": f"{SCHEMAS}/{SettledNotice.__name__}"}
    return {
        "operationId": "paymentSettled",
        "summary": "What we send to NOTIFY_URL of a settled payment, until it is accepted.",
        "description": "Signed by Standard Webhooks under NOTIFY_SECRET. At least once, with the same id each time.",
        "tags": ["pay"],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": words, "schema": {"type": "string"}}
            for name, words in (
                ("webhook-id", "The same at each try."),
                ("webhook-timestamp", "Seconds since 1970."),
                ("webhook-signature", "As Standard Webhooks has it."),
            )
        ],
        "requestBody": {"required": True, "content": {JSON: _media(schema, {"settled": examples.SETTLED})}},
        "responses": {"2XX": {"description": "Accepted. After anything else we try again later."}},
    }


def _schemas() -> dict[str, Any]:
    """Of every model in the table: bodies as they are validated, answers as they are sent."""
    bodies = {row.body for row in OPERATIONS.values() if row.body}
    answers = {reply.model for row in OPERATIONS.values() for reply in row.replies if reply.model}
    answers |= {Error, SettledNotice}
    by_name = sorted(bodies | answers, key=lambda model: model.__name__)
    wanted: list[tuple[type[BaseModel], Any]] = [
        (model, "validation" if model in bodies else "serialization") for model in by_name
    ]
    _, definitions = models_json_schema(wanted, ref_template=f"{SCHEMAS}/{{model}}")
    schemas: dict[str, Any] = definitions["$defs"]
    return dict(sorted(schemas.items()))
