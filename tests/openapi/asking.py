"""Requests that schemathesis makes up from the document, of somebody who has what it takes, and the checks of their answers.

Paystack and the mail server are there, requests are not counted, and whoever has a credential shows it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import schemathesis
from flask import Blueprint, Flask
from hypothesis import HealthCheck, assume, settings
from schemathesis.checks import CHECKS, CheckContext, load_all_checks
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from flask_paystack.accounts.model import User
from flask_paystack.accounts.tokens import Tokens
from flask_paystack.openapi.document import build
from flask_paystack.openapi.parameters import IN_PATHS
from flask_paystack.openapi.views import routes
from flask_paystack.payments.model import is_our_reference
from flask_paystack.payments.products import RESERVED
from flask_paystack.web.mounting import NAME, ROOMS
from tests.shop import BACKEND, JWT_SECRET, Shop

EXAMPLES = 10
load_all_checks()
ALL = CHECKS.get_all()
"""Every check that schemathesis has."""
WITHOUT_CONTROL = {"object_level_authorization"}
"""It wants peers that it logs in itself, and looks at nothing without: ``reference-hijack`` has them (FAULTS R25)."""
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
    "new_password": "the same as of a password",
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


def as_the_contract_has_it(ctx: CheckContext, response: Response, case: schemathesis.Case) -> bool | None:
    """Good data is accepted, or refused for what the contract says of this operation, and for nothing else."""
    told = response.json() if response.status_code in {400, 422} else {}
    fields = set(told.get("fields", ()))
    if told.get("code") in CONTRACT.get(case.operation.label, ()) or (fields and fields <= set(BEYOND_SCHEMAS)):
        return None
    return positive_data_acceptance(ctx, response, case)


def checks_for(case: schemathesis.Case, only: str | None = None) -> list[Any]:
    """All, or the one of this name.

    A query that was mutated at random may only have gained names that we do not look at, or lost the header that we put back:
    then it is right to accept it. Limits and patterns of parameters are tried out one by one all the same.
    """
    negative = {where.value for where, info in case.meta.components.items() if info.mode is GenerationMode.NEGATIVE}
    at_random = case.meta.phase.name is TestPhase.FUZZING and negative <= {"query", "header", "cookie"}
    wanted = [each for each in ALL if only in {None, each.__name__}]
    chosen = [each for each in wanted if not (at_random and each is negative_data_rejection)]
    return [as_the_contract_has_it if each is positive_data_acceptance else each for each in chosen]


def ask(case: schemathesis.Case, running: Open, only: str | None = None) -> None:
    """Send a request to something that is there, with a credential that holds, and hold its answer to every check, or one."""
    asked = case.operation.definition.raw["security"]
    case.path_parameters = {name: running.there_is(name, value) for name, value in case.path_parameters.items()}
    assume(case.path_parameters.get("product") not in RESERVED)  # another route
    case.operation.app = case.operation.schema.app = running.shop.app

    case.call_and_validate(
        headers=running.headers(next(iter(asked[0]))) if asked else {}, checks=checks_for(case, only)
    )


few = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
