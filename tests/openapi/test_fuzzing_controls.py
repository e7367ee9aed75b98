"""Each check of schemathesis sees what it is for: in our application with a manner forgotten, or a small one made for it."""

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import flask
import pytest
import schemathesis
from flask import Flask
from hypothesis import settings
from schemathesis.core.failures import FailureGroup

from tests.openapi.asking import ALL, WITHOUT_CONTROL, Open, api, ask, few


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


def always(status: int, body: Any, **headers: str) -> Callable[[Flask], None]:
    """The same answer to everything, good or bad."""

    def answer(app: Flask) -> None:
        app.before_request_funcs.setdefault(None, []).append(lambda: (body, status, headers))

    return answer


MANNERS = {
    "allow_header_conformance": with_too_much_allowed,
    "content_type_conformance": always(200, "<p>None</p>"),
    "ignored_auth": without_a_guard,
    "negative_data_rejection": always(200, {"payments": [], "next": None}),
    "not_a_server_error": always(500, {"error": "No.", "code": "internal_error"}),
    "positive_data_acceptance": always(400, {"error": "No.", "code": "invalid_request"}),
    "response_schema_conformance": always(200, {"payments": 7}),
    "status_code_conformance": always(418, {"error": "No.", "code": "teapot"}),
    "unsupported_method": without_allow,
}
"""What each check must see by itself, of ``GET /admin/payments``."""


@pytest.fixture(params=MANNERS)
def careless(request: pytest.FixtureRequest, running: Open) -> Iterator[tuple[str, Open]]:
    """The shop, with one of its manners forgotten, and the check that is to see it."""
    app = running.shop.app
    kept = dict(app.view_functions), dict(app.after_request_funcs), dict(app.before_request_funcs)
    lists = [list(each.get(None, [])) for each in kept[1:]]  # type: ignore[attr-defined]
    MANNERS[request.param](app)
    yield request.param, running
    app.view_functions.update(kept[0])
    app.after_request_funcs[None], app.before_request_funcs[None] = lists


@api.include(path="/admin/payments").parametrize()
@pytest.mark.xfail(strict=True, raises=FailureGroup, reason="a control: schemathesis must see it")
@few
def test_control_forgotten_manners_are_seen(case: schemathesis.Case, careless: tuple[str, Open]) -> None:
    check, running = careless
    ask(case, running, check)


def things(*, keyed: bool = True, counted: bool = True, kept: bool = True, deleted: bool = True) -> Flask:
    """An application with what ours has not: a header that is required, one that is promised, and things to make and delete.

    Args:
        keyed: refuses who does not show the header.
        counted: sends the header.
        kept: has what was made.
        deleted: has no more what was deleted.
    """
    app, numbers, made = Flask("things"), itertools.count(1), set[int]()

    @app.post("/things")
    def make() -> Any:
        if keyed and "X-Key" not in flask.request.headers:
            return {}, 406
        number = next(numbers)
        if kept:
            made.add(number)
        return {"number": number}, 201, {"X-Count": "1"} if counted else {}

    @app.get("/things/<int:number>")
    def show(number: int) -> Any:
        return ({"number": number}, 200) if number in made else ({}, 404)

    @app.delete("/things/<int:number>")
    def delete(number: int) -> Any:
        if number not in made:
            return {}, 404
        if deleted:
            made.remove(number)
        return "", 204

    return app


def described() -> dict[str, Any]:
    """The document of ``things``."""
    number = {"type": "integer", "minimum": 1}
    thing = {"type": "object", "properties": {"number": number}, "required": ["number"]}
    there = {"content": {"application/json": {"schema": thing}}, "description": "It."}
    nothing = {"content": {"application/json": {"schema": {"type": "object"}}}, "description": "None."}
    named = [{"name": "number", "in": "path", "required": True, "schema": number}]
    link = {"parameters": {"number": "$response.body#/number"}}
    made = {
        **there,
        "headers": {"X-Count": {"required": True, "schema": {"type": "integer"}}},
        "links": {"show": {"operationId": "show", **link}, "delete": {"operationId": "delete", **link}},
    }
    left = {"show": {"operationId": "show", "parameters": {"number": "$request.path.number"}}}
    gone = {"description": "Gone.", "links": left}
    key = [{"name": "X-Key", "in": "header", "required": True, "schema": {"type": "string", "minLength": 1}}]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {
            "/things": {"post": {"operationId": "make", "parameters": key, "responses": {"201": made, "406": nothing}}},
            "/things/{number}": {
                "get": {"operationId": "show", "parameters": named, "responses": {"200": there, "404": nothing}},
                "delete": {"operationId": "delete", "parameters": named, "responses": {"204": gone, "404": nothing}},
            },
        },
    }


SLIPS = {
    "ensure_resource_availability": {"kept": False},
    "response_headers_conformance": {"counted": False},
    "use_after_free": {"deleted": False},
}
"""What each check must see in stories of things."""
HEADERS = "missing_required_header"
"""The check that looks at single requests, each made with something missing."""


def check(name: str) -> Any:
    """A check by its name."""
    [found] = [each for each in ALL if each.__name__ == name]
    return found


def tell(name: str, **slips: bool) -> None:
    """Tell stories of things, held against one check. Raises FailureGroup."""
    schema = schemathesis.openapi.from_dict(described())
    schema.app = things(**slips)

    class Stories(schema.as_state_machine()):  # type: ignore[misc]  # made at run time
        def validate_response(self, response: Any, case: schemathesis.Case, *_: Any, **__: Any) -> None:
            case.validate_response(response, checks=[check(name)], recorder=self.recorder)

    Stories.run(settings=settings(few, max_examples=30, stateful_step_count=6))


@pytest.mark.parametrize("name", SLIPS)
def test_stories_of_a_sound_application_pass(name: str) -> None:
    tell(name)


@pytest.mark.parametrize("name", SLIPS)
def test_control_what_our_document_has_not_is_seen_elsewhere(name: str) -> None:
    with pytest.raises(FailureGroup):
        tell(name, **SLIPS[name])


keyed = schemathesis.openapi.from_dict(described()).include(method="POST")


@keyed.parametrize()
@few
def test_a_header_that_is_required_is_asked_for(case: schemathesis.Case) -> None:
    case.operation.app = things()
    case.call_and_validate(checks=[check(HEADERS)])


@keyed.parametrize()
@pytest.mark.xfail(strict=True, raises=FailureGroup, reason="a control: schemathesis must see it")
@few
def test_control_a_header_that_is_not_asked_for_is_seen(case: schemathesis.Case) -> None:
    case.operation.app = things(keyed=False)
    case.call_and_validate(checks=[check(HEADERS)])


def test_every_check_has_a_control() -> None:
    assert {each.__name__ for each in ALL} - WITHOUT_CONTROL == {*MANNERS, *SLIPS, HEADERS}
