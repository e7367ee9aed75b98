"""Requests made up from the document, good and bad, answered as it says: never with a 5xx, never with what it does not know.

Paystack and the mail server are there, requests are not counted, and whoever has a credential shows it.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import flask
import pytest
import schemathesis
from flask import Blueprint, Flask
from hypothesis import HealthCheck, assume, settings
from schemathesis.checks import CHECKS, CheckContext, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

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
load_all_checks()
ALL = CHECKS.get_all()
"""Every check that schemathesis has."""
CONTRACT = {  # Well formed, and refused all the same, as the contract has it: the codes of each operation.
    "POST /admin-keys/request": {"invalid_admin"},  # who is an admin is a setting
    "POST /admin-keys/verify": {"invalid_access_code"},  # a wrong key is 400, not 401
    "POST /check-session": {"invalid_session_token"},  # a token that was asked about is 400, not 401
    "POST /pay/{product}": {"idempotency_key_reused"},  # 422, where the same key came with another body
}
BEYOND_SCHEMAS = {
    "after": "a page that we made",
    "amount": "the product's own price or bounds",
    "callback_url": "an origin of the settings",
    "email": "an address that mail can have, in each of its parts",
    "metadata": "what Paystack takes",
    "new_password": "the same",
    "order": "not like one of our references",
    "password": "not among the first that are guessed",
}
"""Fields of which a schema cannot say all that makes them right: a 400 that names one of these alone is fine."""
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


def as_the_contract_has_it(ctx: CheckContext, response: Response, case: schemathesis.Case) -> bool | None:
    """Good data is accepted, or refused for what the contract says of this operation, and for nothing else."""
    told = response.json() if response.status_code in {400, 422} else {}
    fields = set(told.get("fields", ()))
    if told.get("code") in CONTRACT.get(case.operation.label, ()) or (fields and fields <= set(BEYOND_SCHEMAS)):
        return None
    return positive_data_acceptance(ctx, response, case)


def checks_for(case: schemathesis.Case) -> list[Any]:
    """All, but a query that was mutated at random may only have gained names that we do not look at, or lost the header that
    we put back: then it is right to accept it. Limits and patterns of parameters are tried out one by one all the same."""
    negative = {where.value for where, info in case.meta.components.items() if info.mode is GenerationMode.NEGATIVE}
    at_random = case.meta.phase.name is TestPhase.FUZZING and negative <= {"query", "header", "cookie"}
    chosen = [each for each in ALL if not (at_random and each is negative_data_rejection)]
    return [as_the_contract_has_it if each is positive_data_acceptance else each for each in chosen]


def test_every_check_there_is_is_on() -> None:
    names = {each.__name__ for each in ALL}

    assert {"unsupported_method", "allow_header_conformance", "ignored_auth", "missing_required_header"} <= names
    assert len(names) >= 14


def ask(case: schemathesis.Case, running: Open) -> None:
    """Send a request to something that is there, with a credential that holds, and hold the answer against every check."""
    asked = case.operation.definition.raw["security"]
    case.path_parameters = {name: running.there_is(name, value) for name, value in case.path_parameters.items()}
    assume(case.path_parameters.get("product") not in RESERVED)  # another route
    case.operation.app = case.operation.schema.app = running.shop.app

    case.call_and_validate(headers=running.headers(next(iter(asked[0]))) if asked else {}, checks=checks_for(case))


few = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@api.parametrize()
@few
def test_no_request_however_odd_is_answered_otherwise(case: schemathesis.Case, running: Open) -> None:
    ask(case, running)


class Stories(api.as_state_machine()):  # type: ignore[misc]  # made at run time
    """Requests that go on with what earlier ones were answered: what was made is there, and what was ended is gone."""

    running: ClassVar[Open]

    def before_call(self, case: schemathesis.Case) -> None:
        case.operation.app = case.operation.schema.app = self.running.shop.app

    def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
        asked = case.operation.definition.raw["security"]
        return {"headers": self.running.headers(next(iter(asked[0]))) if asked else {}}

    def validate_response(self, response: Response, case: schemathesis.Case, *_: Any, **kwargs: Any) -> None:
        case.validate_response(
            response,
            checks=checks_for(case),
            headers=kwargs["headers"],
            transport_kwargs=kwargs,
            recorder=self.recorder,
        )


def test_what_was_answered_holds_in_what_is_asked_next(running: Open) -> None:
    Stories.running = running

    Stories.run(settings=settings(few, max_examples=EXAMPLES, stateful_step_count=8))


def without_a_guard(app: Flask) -> None:
    """Operators' numbers for anybody."""
    app.view_functions["paystack.console.list_payments"] = inspect.unwrap(
        app.view_functions["paystack.console.list_payments"]
    )


def without_allow(app: Flask) -> None:
    """A 405 that does not say what is allowed."""

    def forget(response: flask.Response) -> flask.Response:
        response.headers.pop("Allow", None)
        return response

    app.after_request_funcs.setdefault(None, []).insert(0, forget)


def with_too_much_allowed(app: Flask) -> None:
    """An OPTIONS that promises a DELETE."""

    def promise(response: flask.Response) -> flask.Response:
        if flask.request.method == "OPTIONS":
            response.headers["Allow"] = "GET, DELETE, OPTIONS, HEAD"
        return response

    app.after_request_funcs.setdefault(None, []).insert(0, promise)


def without_patience(app: Flask) -> None:
    """Everything is refused, good or bad."""
    app.before_request_funcs.setdefault(None, []).append(lambda: ({"error": "No.", "code": "invalid_request"}, 400))


@pytest.fixture(params=[without_a_guard, without_allow, with_too_much_allowed, without_patience])
def careless(request: pytest.FixtureRequest, running: Open) -> Iterator[Open]:
    """The shop, with one of its manners forgotten."""
    app = running.shop.app
    kept = dict(app.view_functions), dict(app.after_request_funcs), dict(app.before_request_funcs)
    lists = [list(each.get(None, [])) for each in kept[1:]]  # type: ignore[attr-defined]
    request.param(app)
    yield running
    app.view_functions.update(kept[0])
    app.after_request_funcs[None], app.before_request_funcs[None] = lists


@api.include(path="/admin/payments").parametrize()
@pytest.mark.xfail(strict=True, raises=FailureGroup, reason="a control: schemathesis must see it")
@few
def test_control_forgotten_manners_are_seen(case: schemathesis.Case, careless: Open) -> None:
    ask(case, careless)
