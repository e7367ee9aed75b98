"""The routes of access keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from flask_paystack.accounts.model import Role
from tests.admin_keys import mailed_key, other_than
from tests.servers import free_port
from tests.shop import Shop
from tests.smtp import Mailbox

PASSWORD = "correct horse battery staple"
REFUSED = {"error": "Invalid access code", "code": "invalid_access_code"}


@pytest.fixture
def shop(tmp_path: Path, mailbox: Mailbox) -> Iterator[Shop]:
    with Shop(tmp_path, mail_server="127.0.0.1", mail_port=mailbox.port) as opened:
        yield opened


def ask(shop: Shop, admin: object = "admin1", token: str | None = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return shop.client.post("/admin-keys/request", json={"permission_from": admin}, headers=headers)


def verify(shop: Shop, id: object, key: object) -> TestResponse:  # noqa: A002
    return shop.client.post("/admin-keys/verify", json={"id": id, "key": key})


def logged_in(shop: Shop, role: Role) -> str:
    """The access token of somebody with that role."""
    accounts = shop.ours.services.accounts
    accounts.create(f"{role}@example.com", PASSWORD, role)
    return accounts.login(f"{role}@example.com", PASSWORD, "192.0.2.1").token


def test_a_key_is_asked_for_mailed_and_traded_for_a_session(shop: Shop, mailbox: Mailbox) -> None:
    asked = ask(shop)
    told = asked.get_json()
    assert (asked.status_code, told["expires_in"], sorted(told)) == (202, 50, ["expires_in", "id", "message"])
    assert mailed_key(mailbox) not in asked.text

    traded = verify(shop, told["id"], mailed_key(mailbox))
    session = traded.get_json()
    assert (traded.status_code, session["expires_in"], sorted(session)) == (201, 600, ["expires_in", "session_token"])

    checked = shop.client.post("/check-session", json={"session_token": session["session_token"]})
    assert checked.get_json() == {"message": "success"}


def test_an_unknown_admin_is_told_so_exactly(shop: Shop) -> None:
    answer = ask(shop, "admin9")

    assert (answer.status_code, answer.get_json()) == (400, {"error": "Invalid admin", "code": "invalid_admin"})


def test_wrong_spent_expired_unknown_and_malformed_read_the_same(shop: Shop, mailbox: Mailbox) -> None:
    issued, key = ask(shop).get_json()["id"], mailed_key(mailbox)
    wrong = verify(shop, issued, other_than(key, 0))
    verify(shop, issued, key)
    spent = verify(shop, issued, key)
    old, old_key = ask(shop).get_json()["id"], mailed_key(mailbox)
    shop.advance(50)
    answers = [wrong, spent, verify(shop, old, old_key), verify(shop, "unknown", key), verify(shop, issued, "abc")]

    assert [(answer.status_code, answer.get_json()) for answer in answers] == [(400, REFUSED)] * 5


@pytest.mark.parametrize("body", [{}, {"id": "x"}, {"id": 1, "key": "123456"}, {"id": "x", "key": 123456}, [], 0])
def test_what_is_no_attempt_is_refused_with_a_sentence(shop: Shop, body: object) -> None:
    answer = shop.client.post("/admin-keys/verify", json=body)
    told = answer.get_json()

    assert answer.status_code == 400
    if isinstance(body, dict):
        assert {name: told[name] for name in REFUSED} == REFUSED
        assert told["fields"]
    else:
        assert told["code"] == "invalid_request"


@pytest.mark.parametrize("body", [{}, {"permission_from": 1}, {"permission_from": None}, {"permission_from": ""}])
def test_a_request_that_names_no_admin_reads_as_one_that_names_a_wrong_one(shop: Shop, body: object) -> None:
    answer = shop.client.post("/admin-keys/request", json=body)
    told = answer.get_json()

    assert (answer.status_code, told["error"], told["code"]) == (400, "Invalid admin", "invalid_admin")


def test_a_mail_server_that_is_away_is_told(shop: Shop, tmp_path: Path) -> None:
    with shop.second(mail_port=free_port()) as cut_off:
        answer = ask(cut_off)

    assert (answer.status_code, answer.get_json()["code"]) == (503, "mail_unavailable")
    assert sorted(answer.get_json()) == ["code", "error"]
    assert answer.headers["Retry-After"]


def test_strangers_have_a_budget_that_is_not_an_operators(shop: Shop, mailbox: Mailbox) -> None:
    customer, operator = logged_in(shop, Role.CUSTOMER), logged_in(shop, Role.OPERATOR)
    for token in (None, customer, None, customer, None):
        assert ask(shop, token=token).status_code == 202

    for token in (None, customer):
        refused = ask(shop, token=token)
        assert (refused.status_code, refused.get_json()["code"]) == (429, "too_many_requests")
        assert refused.get_json()["retry_after"] == int(refused.headers["Retry-After"]) == 3600

    allowed = ask(shop, token=operator)
    assert allowed.status_code == 202
    assert verify(shop, allowed.get_json()["id"], mailed_key(mailbox)).status_code == 201


def test_the_machine_has_no_budget(shop: Shop) -> None:
    for _ in range(7):
        assert ask(shop, token=shop.ours.services.admin_keys.machine_token()).status_code == 202


def test_a_token_that_does_not_hold_is_refused(shop: Shop, mailbox: Mailbox) -> None:
    for token in ("", "made up", "é"):
        answer = ask(shop, token=token)
        assert (answer.status_code, answer.get_json()["code"]) == (401, "not_logged_in")

    assert mailbox.received == []


def test_where_a_login_is_needed_operators_and_the_machine_alone_ask(shop: Shop, mailbox: Mailbox) -> None:
    customer, operator = logged_in(shop, Role.CUSTOMER), logged_in(shop, Role.OPERATOR)
    with shop.second(admin_keys_need_login=True) as strict:
        for token, code in ((None, "not_logged_in"), ("made up", "not_logged_in"), (customer, "operator_needed")):
            for admin in ("admin1", "admin9"):
                refused = ask(strict, admin, token)
                assert (refused.status_code, refused.get_json()["code"]) == (401, code)
        assert mailbox.received == []

        asked = ask(strict, token=operator)
        assert asked.status_code == 202
        assert verify(strict, asked.get_json()["id"], mailed_key(mailbox)).status_code == 201
        assert ask(strict, "admin9", operator).status_code == 400
        assert ask(strict, token=strict.ours.services.admin_keys.machine_token()).status_code == 202


def test_both_routes_share_a_limit(tmp_path: Path, mailbox: Mailbox) -> None:
    with Shop(tmp_path, mail_port=mailbox.port, rate_limits="on", limit_keys="4/min") as shop:
        tries = [ask(shop, "admin9"), verify(shop, "x", "123456"), ask(shop, "admin9"), verify(shop, "x", "123456")]
        assert [answer.status_code for answer in tries] == [400] * 4
        assert ask(shop, "admin9").status_code == 429
        assert verify(shop, "x", "123456").status_code == 429
