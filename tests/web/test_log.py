"""Log lines: for people or for machines, each with its request id, none started by what came from outside."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from flask_paystack.web import log
from flask_paystack.web.log import JsonLines, LinesForPeople, one_line
from tests.shop import EMAIL, Shop

HOSTILE = 'ok\r\n{"level": "info", "message": "settled pay-1"}\x1b[2K\x1b[1A\x00\x85\u2028\u2029\x9b31m\x7fend'


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What our logger writes, through the handler that ``log.start`` made."""
    logger = logging.getLogger("flask_paystack")
    before = logger.handlers, logger.propagate, logger.level
    log.start("json")
    written = io.StringIO()
    handler = logger.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    logger.handlers, logger.propagate, logger.level = before


def for_people() -> None:
    logging.getLogger("flask_paystack").handlers[0].setFormatter(LinesForPeople())


def records(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().split("\n") if line]


def record(message: str, error: Exception | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("flask_paystack.test", logging.WARNING, __file__, 1, message, None, exc_info)


def test_a_json_line_is_one_line_whatever_it_holds() -> None:
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        written = JsonLines().format(record(HOSTILE, error))

    assert written.isascii()
    assert not any(ord(character) < 32 or ord(character) == 127 for character in written)
    assert json.loads(written)["message"] == HOSTILE
    assert HOSTILE in json.loads(written)["traceback"]


def test_a_line_for_people_is_one_line_without_anything_that_steers_a_terminal() -> None:
    written = LinesForPeople().format(record(HOSTILE))

    assert written.splitlines() == [written]
    assert not log.CONTROL.search(written)
    assert "\\x0d\\x0a" in written
    assert "\\x1b[2K" in written


def test_what_an_exception_says_cannot_pass_for_a_line_of_ours() -> None:
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        first, *traceback = LinesForPeople().format(record("it failed", error)).splitlines()

    assert first.endswith("it failed")
    assert len(traceback) > 3
    assert all(line.startswith("    | ") for line in traceback)
    assert not any(log.CONTROL.search(line) for line in traceback)


def test_one_line_leaves_plain_words_alone() -> None:
    assert one_line("Zażółć ₦5,000 🎉") == "Zażółć ₦5,000 🎉"


def test_the_request_id_stands_on_each_line_of_its_request(shop: Shop, lines: io.StringIO) -> None:
    shop.pay(headers={"X-Request-ID": "from-the-proxy-1"})

    told = records(lines)
    assert len(told) >= 2
    assert {line["request_id"] for line in told} == {"from-the-proxy-1"}


def test_what_is_logged_after_a_request_does_not_carry_its_id(shop: Shop, lines: io.StringIO) -> None:
    shop.client.get("/healthz", headers={"X-Request-ID": "over"})
    logging.getLogger("flask_paystack.jobs").warning("a job, in the same thread")

    assert "request_id" not in records(lines)[-1]


def test_a_request_is_told_in_one_json_line(shop: Shop, lines: io.StringIO) -> None:
    shop.client.get("/pay/verify/pay-unknown?token=topsecret")

    [line] = records(lines)
    assert (line["method"], line["route"], line["status"]) == ("GET", "/pay/verify/<reference>", 404)
    assert isinstance(line["ms"], int)
    assert line["level"] == "info"
    assert line["at"].endswith("+00:00")
    assert "topsecret" not in lines.getvalue()


@pytest.mark.parametrize("people", [True, False])
def test_nothing_from_a_request_starts_a_line(shop: Shop, lines: io.StringIO, people: bool) -> None:
    if people:
        for_people()
    before = len(lines.getvalue().splitlines())
    hostile = "%0d%0a%1b[2Kforged%e2%80%a8forged"
    requests = [
        lambda: shop.client.get(f"/pay/verify/{hostile}"),
        lambda: shop.client.get(f"/{hostile}?{hostile}"),
        lambda: shop.client.post(f"/pay/{hostile}", json={"email": EMAIL}),
        lambda: shop.client.open("/pay/womaye-gsp", method="FORGED\x1b[2K"),
        lambda: shop.post_webhook({"event": HOSTILE, "data": {"reference": HOSTILE}}),
        lambda: shop.run("processEvents"),
    ]
    for request in requests:
        request()

    written = lines.getvalue()
    told = written.split("\n")[before:]
    assert len([line for line in told if line]) >= len(requests) - 1
    assert all(not line or line[0] == "{" or line[2:3] == ":" for line in told)
    assert not any(line.startswith("forged") for line in written.splitlines())
    assert "\x1b" not in written


def test_a_bug_is_answered_with_an_id_and_told_in_the_log(shop: Shop, lines: io.StringIO) -> None:
    shop.app.testing = False
    shop.ours.serving.begin = lambda: None  # type: ignore[method-assign]  # this process does not serve
    shop.app.view_functions["paystack.health.healthz"] = _broken

    answer = shop.client.get("/healthz", headers={"X-Request-ID": "abc"})

    assert answer.status_code == 500
    expected = {"error": "Something went wrong on our side.", "code": "internal_error", "request_id": "abc"}
    assert answer.get_json() == expected
    assert "the reason" not in answer.text
    [bug] = [line for line in records(lines) if line["level"] == "error"]
    assert bug["request_id"] == "abc"
    assert "RuntimeError: the reason" in bug["traceback"]


def _broken() -> str:
    raise RuntimeError("the reason")


def test_a_request_tells_where_it_came_from_who_was_let_in_and_why_not(shop: Shop, lines: io.StringIO) -> None:
    account = {"email": EMAIL, "password": "correct horse"}
    token = shop.client.post("/auth/register", json=account).get_json()["access_token"]
    shop.client.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
    shop.client.get("/auth/me", headers={"Authorization": "Bearer made.up"})
    session = shop.ours.services.sessions.open("admin1")
    shop.client.get("/admin/summary", headers={"X-Session-Token": session})

    requests = [line for line in records(lines) if line["logger"] == "flask_paystack.requests"]
    who = shop.ours.services.accounts.who(token).id
    assert [line["address"] for line in requests] == ["127.0.0.1"] * 4
    assert [line.get("user") for line in requests] == [None, who, None, None]
    assert [line.get("operator") for line in requests] == [None, None, None, "admin1"]
    assert [line.get("code") for line in requests] == [None, None, "not_logged_in", None]


def test_every_login_is_told_with_its_account_and_never_its_words(shop: Shop, lines: io.StringIO) -> None:
    account = {"email": EMAIL, "password": "correct horse"}
    shop.client.post("/auth/register", json=account)
    login = shop.client.post("/auth/login", json=account).get_json()["access_token"]
    user = shop.ours.services.accounts.who(login).id
    shop.client.post("/auth/login", json={**account, "password": "wrong horse"})
    shop.client.post("/auth/login", json={**account, "email": "nobody@example.org"})
    shop.client.post("/auth/logout", headers={"Authorization": f"Bearer {login}"})

    told = [line["message"] for line in records(lines) if line["logger"].startswith("flask_paystack.accounts.")]
    assert told == [
        f"The account {user} was opened: customer.",
        f"The account {user} logged in, from 127.0.0.1.",
        f"A login failed, from 127.0.0.1: account {user}.",
        "A login failed, from 127.0.0.1: account unknown.",
        f"The account {user} logged out.",
    ]
    assert not any(word in lines.getvalue() for word in (EMAIL, "horse", "nobody@"))
