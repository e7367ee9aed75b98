"""The table of what is simulated, against the official file, the routes, and the page that shows it."""

from pathlib import Path

import pytest
from flask import Flask

from paystack_simulator import coverage_page
from paystack_simulator.coverage import NOT, OPERATIONS, Operation, hidden
from tests.simulator.conftest import Api
from tests.simulator.official import operations

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"
BEYOND = {
    "not_simulated",
    "list_webhook_events",
    "lookup_webhook_event",
    "fetch_webhook_event",
    "resend_webhook_events",
    "resend_matching_webhook_events",
}
"""The Webhook Events API is newer than the official file (CONTRACT §6.1)."""


def shape(path: str) -> str:
    """A path with its parameters' names left out."""
    return "/".join("*" if part[:1] in {"{", "<"} else part for part in path.split("/"))


def test_every_operation_of_the_official_file_is_in_the_table() -> None:
    assert len(OPERATIONS) == 163
    assert {(each.method, each.path, each.name) for each in OPERATIONS} == {
        (each.method, each.path, each.name) for each in operations().values()
    }


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.extent != NOT], ids=lambda each: each.name)
def test_what_is_simulated_has_its_route(app: Flask, operation: Operation) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint == f"api.{operation.view}"]

    assert any(
        shape(rule.rule) == shape(operation.path) and operation.method in (rule.methods or set()) for rule in rules
    )


def test_every_route_of_the_api_is_in_the_table(app: Flask) -> None:
    routed = {rule.endpoint.removeprefix("api.") for rule in app.url_map.iter_rules() if rule.endpoint[:4] == "api."}
    absent = {f"not_simulated_{each.name}" for each in hidden()}

    assert routed - absent - BEYOND == {each.view for each in OPERATIONS if each.view}


def test_what_is_not_simulated_answers_501_with_a_sentence(api: Api) -> None:
    for operation in OPERATIONS:
        if operation.extent == NOT:
            path = operation.rule.replace("<", "").replace(">", "")
            answer = api.call(operation.method, path)
            assert answer.status_code == 501, operation
            assert answer.json()["message"] == f"The simulator does not know {operation.method} {path} yet."


def test_what_is_simulated_never_answers_501(api: Api) -> None:
    for operation in OPERATIONS:
        if operation.extent != NOT:
            path = operation.rule.replace("<", "").replace(">", "")
            assert api.call(operation.method, path, json={}).status_code in {200, 400, 404}, operation


def test_the_page_shows_the_table_as_it_is() -> None:
    """Where this fails: ``python -m paystack_simulator.coverage_page docs/simulator.md``."""
    page = PAGE.read_text("utf-8")

    assert coverage_page.renewed(page) == page


def test_a_page_without_a_place_for_the_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place for the table"):
        coverage_page.renewed("# Simulator\n")
