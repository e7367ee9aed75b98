"""Requests made up from the document, good and bad, answered as it says: never with a 5xx, never with what it does not know.

What each check of schemathesis is seen to find stands in test_fuzzing_controls.py.
"""

from typing import Any, ClassVar

import schemathesis
from hypothesis import settings
from schemathesis.core.transport import Response

from tests.openapi.asking import ALL, EXAMPLES, Open, api, ask, checks_for, few


def test_every_check_there_is_is_on() -> None:
    names = {each.__name__ for each in ALL}

    assert {"unsupported_method", "allow_header_conformance", "ignored_auth", "missing_required_header"} <= names
    assert len(names) >= 13


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
