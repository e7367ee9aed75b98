"""The routes of accounts."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from werkzeug.test import TestResponse

from tests.accounts import OLD_SECRET, PASSWORD
from tests.shop import FRONTEND, JWT_SECRET, Shop
from tests.smtp import running_smtp

ADA = {"email": "ada@example.com", "password": PASSWORD}
NEW_PASSWORD = "a new and better one"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path) as opened:
        yield opened


def post(shop: Shop, route: str, **body: Any) -> TestResponse:
    return shop.client.post(f"/auth/{route}", json=body)


def me(shop: Shop, token: str) -> TestResponse:
    return shop.client.get("/auth/me", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def token(shop: Shop) -> str:
    """Ada's access token."""
    return str(post(shop, "register", **ADA).get_json()["access_token"])


def reset_token(shop: Shop, token: str) -> str:
    accounts = shop.ours.services.accounts
    return accounts.password_reset_token(accounts.who(token).id)


def test_registering_answers_like_logging_in(shop: Shop) -> None:
    registered, logged_in = post(shop, "register", **ADA), post(shop, "login", **ADA)

    assert (registered.status_code, logged_in.status_code) == (201, 200)
    for answer in (registered, logged_in):
        told = answer.get_json()
        assert me(shop, told.pop("access_token")).status_code == 200
        assert told == {"token_type": "Bearer", "expires_in": 3600}


@pytest.mark.parametrize("password", ["x", "wrong", "not the password", "a" * 256])
def test_a_wrong_password_of_any_length_is_wrong(shop: Shop, token: str, password: str) -> None:
    for email in ("ada@example.com", "nobody@example.com"):
        answer = post(shop, "login", email=email, password=password)
        assert (answer.status_code, answer.get_json()["code"]) == (401, "wrong_credentials")


def test_me_tells_who_is_logged_in(shop: Shop, token: str) -> None:
    answer = me(shop, token)

    told = {
        "email": "ada@example.com",
        "role": "customer",
        "created_at": "2026-03-01T10:00:00.000Z",
        "second_factor": False,
    }
    assert (answer.status_code, answer.get_json()) == (200, told)


def test_a_taken_email_is_a_conflict(shop: Shop, token: str) -> None:
    answer = post(shop, "register", email="ADA@example.com", password="another password")

    assert (answer.status_code, answer.get_json()["code"]) == (409, "email_taken")


def test_a_stranger_and_a_wrong_password_get_the_same_answer(shop: Shop, token: str) -> None:
    wrong = post(shop, "login", email="ada@example.com", password="not the password")
    stranger = post(shop, "login", email="bob@example.com", password="not the password")

    assert (wrong.status_code, wrong.get_json()["code"]) == (401, "wrong_credentials")
    assert told_alike(wrong, stranger)


def test_forgetting_answers_alike_for_member_and_stranger(shop: Shop, token: str) -> None:
    member, stranger = post(shop, "forgot", email="ada@example.com"), post(shop, "forgot", email="bob@example.com")
    again = post(shop, "forgot", email="ada@example.com")

    assert member.status_code == 202
    assert told_alike(member, stranger)
    assert told_alike(member, again)


def told_alike(one: TestResponse, other: TestResponse) -> bool:
    """Whether two answers differ in nothing but their request's id."""
    for answer in (one, other):
        answer.headers.pop("X-Request-ID", None)
    return (one.status_code, one.data, list(one.headers)) == (other.status_code, other.data, list(other.headers))


def test_a_new_password_is_chosen_once_and_ends_earlier_tokens(shop: Shop, token: str) -> None:
    mailed = reset_token(shop, token)

    chosen = post(shop, "reset", token=mailed, password=NEW_PASSWORD)
    assert (chosen.status_code, chosen.data) == (204, b"")
    assert me(shop, token).status_code == 401
    assert post(shop, "login", **ADA).status_code == 401
    assert post(shop, "login", email=ADA["email"], password=NEW_PASSWORD).status_code == 200

    again = post(shop, "reset", token=mailed, password="yet another password")
    assert (again.status_code, again.get_json()["code"]) == (404, "invalid_link")


def test_a_password_is_changed_by_who_knows_it(shop: Shop, token: str) -> None:
    """The answer is login's, and every earlier token dies."""
    bearer = {"Authorization": f"Bearer {token}"}
    wrong = {"password": "not the password", "new_password": NEW_PASSWORD}

    refused = shop.client.post("/auth/password", json=wrong, headers=bearer)
    assert (refused.status_code, refused.get_json()["code"]) == (401, "wrong_credentials")
    unfit = shop.client.post("/auth/password", json={"password": PASSWORD, "new_password": "password"}, headers=bearer)
    assert (unfit.status_code, list(unfit.get_json()["fields"])) == (400, ["new_password"])
    assert me(shop, token).status_code == 200

    changed = shop.client.post("/auth/password", json={**wrong, "password": PASSWORD}, headers=bearer)
    assert changed.status_code == 200
    told = changed.get_json()
    assert me(shop, told.pop("access_token")).status_code == 200
    assert told == {"token_type": "Bearer", "expires_in": 3600}
    assert me(shop, token).status_code == 401


def test_a_user_sees_what_is_logged_in_and_ends_the_rest(shop: Shop, token: str) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    other = post(shop, "login", **ADA).get_json()["access_token"]

    answer = shop.client.get("/auth/sessions", headers={**bearer, "User-Agent": "me"})
    assert answer.status_code == 200
    sessions = answer.get_json()["sessions"]
    assert sorted(session["current"] for session in sessions) == [False, True]
    assert {name for session in sessions for name in session} == {
        "id", "created_at", "expires_at", "address", "user_agent", "current",
    }  # fmt: skip
    (theirs,) = [session["id"] for session in sessions if not session["current"]]

    def end(**body: Any) -> TestResponse:
        return shop.client.post("/auth/sessions/end", json={"password": PASSWORD, **body}, headers=bearer)

    for refused, status, code in (
        (end(password="not the password", id=theirs), 401, "wrong_credentials"),
        (end(id="nobody's"), 404, "not_found"),
    ):
        assert (refused.status_code, refused.get_json()["code"]) == (status, code)
    assert me(shop, other).status_code == 200
    assert end(id=theirs).status_code == 204
    assert me(shop, other).status_code == 401

    more = post(shop, "login", **ADA).get_json()["access_token"]
    assert end().status_code == 204
    assert (me(shop, token).status_code, me(shop, more).status_code) == (200, 401)


def test_session_contract_a_login_ends_the_token_that_it_comes_with(shop: Shop, token: str) -> None:
    again = shop.client.post("/auth/login", json=ADA, headers={"Authorization": f"Bearer {token}"})

    assert again.status_code == 200
    assert me(shop, token).status_code == 401
    assert me(shop, again.get_json()["access_token"]).status_code == 200


@pytest.mark.parametrize("header", ["Bearer x", "Basic YTpi", "Bearer", "", "Bearer é"])
def test_a_bad_token_changes_nothing_about_a_login(shop: Shop, token: str, header: str) -> None:
    for body in (ADA, {**ADA, "password": "not the password"}, {**ADA, "email": "bob@example.com"}):
        plain, beside = (
            post(shop, "login", **body),
            shop.client.post("/auth/login", json=body, headers={"Authorization": header}),
        )
        assert plain.status_code == beside.status_code
        assert plain.status_code == 200 or told_alike(plain, beside)


def test_a_second_factor_is_set_asked_for_and_removed(shop: Shop, token: str) -> None:
    def ask(route: str, **body: Any) -> TestResponse:
        return shop.client.post(f"/auth/totp{route}", json=body, headers={"Authorization": f"Bearer {token}"})

    def told(answer: TestResponse) -> tuple[int, str]:
        return answer.status_code, answer.get_json()["code"]

    made = ask("", password=PASSWORD).get_json()
    assert made["otpauth_uri"] == (
        f"otpauth://totp/backend.test:ada%40example.com?secret={made['secret']}&issuer=backend.test"
    )
    totp = pyotp.TOTP(made["secret"])
    assert me(shop, token).get_json()["second_factor"] is False
    assert told(ask("/confirm", code="no code")) == (401, "wrong_code")
    codes = ask("/confirm", code=totp.at(shop.clock.now())).get_json()["recovery_codes"]
    assert len(set(codes)) == 10
    assert me(shop, token).get_json()["second_factor"] is True
    assert told(ask("", password=PASSWORD)) == (409, "second_factor_in_force")

    assert told(post(shop, "login", **ADA)) == (401, "second_factor_needed")
    assert told(post(shop, "login", **ADA, code="no code")) == (401, "wrong_code")
    shop.advance(30)
    assert post(shop, "login", **ADA, code=totp.at(shop.clock.now())).status_code == 200
    assert post(shop, "login", **ADA, code=codes[0]).status_code == 200

    assert told(ask("/remove", password="not the password", code=codes[1])) == (401, "wrong_credentials")
    assert ask("/remove", password=PASSWORD, code=codes[1]).status_code == 204
    assert told(ask("/remove", password=PASSWORD, code=codes[2])) == (404, "not_found")
    assert told(ask("/confirm", code="123456")) == (404, "not_found")
    assert post(shop, "login", **ADA).status_code == 200


@pytest.mark.parametrize("made_up", ["", "x", "a.b.c", "é", "\0", "a" * 60_000])
def test_a_made_up_reset_token_is_refused(shop: Shop, made_up: str) -> None:
    answer = post(shop, "reset", token=made_up, password=NEW_PASSWORD)

    assert (answer.status_code, answer.get_json()["code"]) == (404, "invalid_link")


def test_logging_out_ends_the_token_on_every_server(shop: Shop, token: str) -> None:
    with shop.second() as other:
        assert me(other, token).status_code == 200

        answer = shop.client.post("/auth/logout", headers={"Authorization": f"Bearer {token}"})

        assert (answer.status_code, answer.data) == (204, b"")
        assert me(shop, token).status_code == 401
        assert me(other, token).status_code == 401


@pytest.mark.parametrize(
    "value", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Bearer é", "Bearer " + "x" * 100_000]
)
def test_without_a_token_that_holds_nobody_comes_in(shop: Shop, value: str | None) -> None:
    for method, route in (("GET", "/auth/me"), ("POST", "/auth/logout")):
        answer = shop.client.open(route, method=method, headers={} if value is None else {"Authorization": value})

        assert (answer.status_code, answer.get_json()["code"]) == (401, "not_logged_in")


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        ("register", {"email": "ada@example.com", "password": "7 chars"}, "password"),
        ("register", {"email": "ada@example.com", "password": "a" * 257}, "password"),
        ("register", {"email": "ada@example.com", "password": 12345678}, "password"),
        ("register", {"email": "no address", "password": PASSWORD}, "email"),
        ("register", {"email": "a@b\r\nBcc: c@d.com", "password": PASSWORD}, "email"),
        ("register", {**ADA, "role": "operator"}, "role"),
        ("login", {"email": "ada@example.com"}, "password"),
        ("login", {"email": None, "password": PASSWORD}, "email"),
        ("forgot", {}, "email"),
        ("forgot", {"email": ["ada@example.com"]}, "email"),
        ("reset", {"token": "x", "password": "short"}, "password"),
        ("reset", {"password": PASSWORD}, "token"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(
    shop: Shop, route: str, body: dict[str, Any], field: str
) -> None:
    answer = post(shop, route, **body)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")
    assert list(answer.get_json()["fields"]) == [field]


def test_the_nine_routes_share_a_limit(tmp_path: Path) -> None:
    with Shop(tmp_path, rate_limits="on", limit_login="4/min") as shop:
        answers = [
            post(shop, "register", **ADA),
            post(shop, "login", **ADA),
            post(shop, "forgot", email="bob@example.com"),
            post(shop, "reset", token="x", password=PASSWORD),
        ]
        assert 429 not in [answer.status_code for answer in answers]
        more = ("password", "sessions/end", "totp", "totp/confirm", "totp/remove")
        for route in ("register", "login", "forgot", "reset", *more):
            assert post(shop, route).status_code == 429


def test_secrets_rotate_without_logging_anybody_out(shop: Shop, token: str) -> None:
    with shop.second(jwt_secret=f"{OLD_SECRET},{JWT_SECRET}") as rotating:
        assert me(rotating, token).status_code == 200
        newer = post(rotating, "login", **ADA).get_json()["access_token"]
    with shop.second(jwt_secret=OLD_SECRET) as rotated:
        assert me(rotated, newer).status_code == 200
        assert me(rotated, token).status_code == 401


def test_what_was_forgotten_is_mailed_as_a_link_that_works(tmp_path: Path) -> None:
    """The outbox holds no token: it is made when the letter is sent."""
    with running_smtp() as mailbox, Shop(tmp_path, mail_server="127.0.0.1", mail_port=mailbox.port) as shop:
        post(shop, "register", **ADA)
        post(shop, "forgot", email="ada@example.com")
        (message,) = shop.ours.records.messages.list_page(None, 10).items
        assert sorted(message.context) == ["email", "user_id"]

        shop.run("sendMessages")

        letter = mailbox.received[0].get_body(("plain",))
        assert letter is not None
        (link,) = re.findall(rf"^{FRONTEND}\S*", letter.get_content(), re.MULTILINE)
        (mailed,) = parse_qs(urlsplit(link).query)["reset_token"]
        assert post(shop, "reset", token=mailed, password=NEW_PASSWORD).status_code == 204
        assert post(shop, "login", email=ADA["email"], password=NEW_PASSWORD).status_code == 200
