"""Requests made up from the document, good and bad, answered as it says: never with a 5xx, never with what it does not know.

Paystack and the mail server are there, requests are not counted, and whoever has a credential shows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Blueprint, Flask
from hypothesis import HealthCheck, assume, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from flask_paystack.accounts.model import Role, User
from flask_paystack.accounts.tokens import Tokens
from flask_paystack.openapi.document import build
from flask_paystack.openapi.parameters import IN_PATHS
from flask_paystack.openapi.views import routes
from flask_paystack.payments.model import is_our_reference
from flask_paystack.payments.products import RESERVED
from flask_paystack.web.mounting import NAME, ROOMS
from tests.shop import BACKEND, JWT_SECRET, Shop
from tests.smtp import running_smtp

EXAMPLES = 10
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
METRICS_TOKEN = "Zp4vQ8mT1xC6bN3kR7wL"
EXAMPLE_NUMBER = IN_PATHS["number"].example
EXAMPLE_PRODUCT = IN_PATHS["product"].example


def document() -> dict[str, Any]:
    """The document without an app that works, since tests are collected before there is one."""
    app, parent = Flask("document"), Blueprint(NAME, __name__)
    for room in ROOMS:
        parent.register_blueprint(room)
    app.register_blueprint(parent)
    with app.app_context():
        return build(routes("", f"{NAME}."), BACKEND)


api = schemathesis.openapi.from_dict(document())


@dataclass(frozen=True)
class Open:
    """A shop with a settled payment, an event and an account, and what opens its guarded routes."""

    shop: Shop
    user: User
    reference: str

    def headers(self, scheme: str) -> dict[str, str]:
        """A fresh credential: some requests end the one they come with."""
        if scheme == "sessionToken":
            return {"X-Session-Token": self.shop.ours.services.sessions.open("admin1")}
        tokens = Tokens([JWT_SECRET], "access", timedelta(hours=1), self.shop.clock)
        access = tokens.make(self.user.id, self.user.generation)
        return {"Authorization": f"Bearer {METRICS_TOKEN if scheme == 'metricsToken' else access}"}

    def there_is(self, name: str, value: Any) -> Any:
        """A path parameter that leads somewhere, in place of one that is well formed and leads nowhere."""
        if name == "reference" and is_our_reference(str(value)):
            return self.reference
        if name == "number" and value == EXAMPLE_NUMBER:
            return 1
        return "donation" if name == "product" and value == EXAMPLE_PRODUCT else value


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A shop that is open, with what it talks to."""
    directory: Path = tmp_path_factory.mktemp("shop")
    with (
        running_smtp() as mailbox,
        Shop(
            directory, mail_server="127.0.0.1", mail_port=mailbox.port, jobs="off", metrics_token=METRICS_TOKEN
        ) as shop,
    ):
        for job in shop.ours.background.jobs:
            shop.ours.records.jobs.take_turn(job, timedelta(0))
        user = shop.ours.services.accounts.create("fuzz@example.org", "correct horse battery staple", Role.CUSTOMER)
        yield Open(shop, user, shop.settled_payment())


def checks_for(case: schemathesis.Case) -> list[Any]:
    """All, but a query that was mutated at random may only have gained names that we do not look at, or lost the header that
    we put back: then it is right to accept it. Limits and patterns of parameters are tried out one by one all the same."""
    negative = {where.value for where, info in case.meta.components.items() if info.mode is GenerationMode.NEGATIVE}
    at_random = case.meta.phase.name is TestPhase.FUZZING and negative <= {"query", "header", "cookie"}
    return [check for check in CHECKS if not (at_random and check is negative_data_rejection)]


@api.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
def test_no_request_however_odd_is_answered_otherwise(case: schemathesis.Case, running: Open) -> None:
    asked = case.operation.definition.raw["security"]
    case.path_parameters = {name: running.there_is(name, value) for name, value in case.path_parameters.items()}
    assume(case.path_parameters.get("product") not in RESERVED)  # another route
    case.operation.app = case.operation.schema.app = running.shop.app

    case.call_and_validate(headers=running.headers(next(iter(asked[0]))) if asked else {}, checks=checks_for(case))
