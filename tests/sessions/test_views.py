"""The routes of sessions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shop import Shop

INVALID = {"error": "Invalid session token", "code": "invalid_session_token"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path) as opened:
        yield opened


@pytest.fixture
def token(shop: Shop) -> str:
    return shop.ours.services.sessions.open("admin1")


def check(shop: Shop, token: object) -> tuple[int, object]:
    answer = shop.client.post("/check-session", json={"session_token": token})
    return answer.status_code, answer.get_json()


def test_a_valid_session_is_a_success(shop: Shop, token: str) -> None:
    assert check(shop, token) == (200, {"message": "success"})


@pytest.mark.parametrize("made_up", ["", "x", "é", "\0", "a" * 10_000])
def test_an_unknown_session_is_invalid(shop: Shop, made_up: str) -> None:
    assert check(shop, made_up) == (400, INVALID)


def test_a_session_is_invalid_after_ten_minutes(shop: Shop, token: str) -> None:
    shop.advance(599.9)
    assert check(shop, token) == (200, {"message": "success"})
    shop.advance(0.2)
    assert check(shop, token) == (400, INVALID)


@pytest.mark.parametrize("body", [{}, {"session_token": 5}, {"session_token": None}, {"token": "x"}, [], "x", 0])
def test_what_holds_no_token_is_refused_with_a_sentence(shop: Shop, body: object) -> None:
    """In the words of a wrong token, as the notes have it for whatever is no session; ``fields`` tells what is missing."""
    answer = shop.client.post("/check-session", json=body)
    told = answer.get_json()

    assert answer.status_code == 400
    if isinstance(body, dict):
        assert {name: told[name] for name in INVALID} == INVALID
        assert "session_token" in told["fields"]
    else:
        assert told["code"] == "invalid_request"


def test_a_valid_token_beside_a_field_that_does_not_exist_is_not_called_invalid(shop: Shop, token: str) -> None:
    answer = shop.client.post("/check-session", json={"session_token": token, "extra": 1})

    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")


def test_a_session_is_ended_once(shop: Shop, token: str) -> None:
    headers = {"X-Session-Token": token}

    first = shop.client.delete("/sessions", headers=headers)
    assert (first.status_code, first.data) == (204, b"")

    second = shop.client.delete("/sessions", headers=headers)
    assert (second.status_code, second.get_json()) == (401, INVALID)
    assert check(shop, token) == (400, INVALID)


@pytest.mark.parametrize(
    "headers", [{}, {"X-Session-Token": ""}, {"X-Session-Token": "made up"}, {"Authorization": "Bearer x"}]
)
def test_ending_takes_a_session(shop: Shop, headers: dict[str, str]) -> None:
    answer = shop.client.delete("/sessions", headers=headers)

    assert (answer.status_code, answer.get_json()) == (401, INVALID)
