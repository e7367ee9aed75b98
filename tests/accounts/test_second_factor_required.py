"""With ``REQUIRE_SECOND_FACTOR`` a token of an account without one is good for setting one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from werkzeug.test import TestResponse

from flask_paystack.accounts.model import Role
from tests.accounts import PASSWORD
from tests.shop import Shop
from tests.smtp import running_smtp

ADA = {"email": "ada@example.com", "password": PASSWORD}
OLU = {"email": "olu@example.com", "password": PASSWORD}
GUARDED = (
    ("GET", "/payments"),
    ("GET", "/auth/sessions"),
    ("POST", "/auth/sessions/end"),
    ("POST", "/auth/password"),
    ("POST", "/auth/totp/remove"),
    ("POST", "/pay/womaye-gsp"),
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_smtp() as mailbox, Shop(tmp_path, mail_port=mailbox.port, require_second_factor="on") as opened:
        yield opened


def ask(shop: Shop, method: str, path: str, token: str | None = None, **body: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return shop.client.open(path, method=method, json=body if method == "POST" else None, headers=headers)


def refusals(shop: Shop, token: str) -> set[tuple[int, str]]:
    answers = [ask(shop, method, path, token) for method, path in GUARDED]
    return {(answer.status_code, answer.get_json().get("code")) for answer in answers}


def set_factor(shop: Shop, token: str) -> pyotp.TOTP:
    made = ask(shop, "POST", "/auth/totp", token, password=PASSWORD).get_json()
    totp = pyotp.TOTP(made["secret"])
    assert ask(shop, "POST", "/auth/totp/confirm", token, code=totp.at(shop.clock.now())).status_code == 200
    return totp


def test_without_the_required_factor_a_token_only_sets_one(shop: Shop) -> None:
    token = ask(shop, "POST", "/auth/register", **ADA).get_json()["access_token"]

    assert refusals(shop, token) == {(401, "second_factor_needed")}
    assert ask(shop, "GET", "/auth/me", token).get_json()["second_factor"] is False

    set_factor(shop, token)
    assert ask(shop, "GET", "/payments", token).get_json() == {"payments": [], "next": None}
    assert ask(shop, "POST", "/pay/womaye-gsp", token).status_code == 201
    assert (401, "second_factor_needed") not in refusals(shop, token)


def test_without_it_somebody_still_logs_in_and_out(shop: Shop) -> None:
    token = ask(shop, "POST", "/auth/register", **ADA).get_json()["access_token"]

    assert ask(shop, "POST", "/auth/login", **ADA).status_code == 200
    assert ask(shop, "POST", "/auth/logout", token).status_code == 204
    assert ask(shop, "GET", "/auth/me", token).get_json()["code"] == "not_logged_in"


def test_an_operator_needs_it_for_a_key(shop: Shop) -> None:
    shop.ours.services.accounts.create(OLU["email"], PASSWORD, Role.OPERATOR)
    token = ask(shop, "POST", "/auth/login", **OLU).get_json()["access_token"]
    wanted = {"permission_from": "admin1"}

    refused = ask(shop, "POST", "/admin-keys/request", token, **wanted)
    assert (refused.status_code, refused.get_json()["code"]) == (401, "second_factor_needed")

    set_factor(shop, token)
    assert ask(shop, "POST", "/admin-keys/request", token, **wanted).status_code == 202


def test_nobody_is_asked_who_does_not_log_in(shop: Shop) -> None:
    assert ask(shop, "POST", "/pay/womaye-gsp", email="guest@example.com").status_code == 201


def test_where_it_is_not_required_a_password_is_enough(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        token = ask(shop, "POST", "/auth/register", **ADA).get_json()["access_token"]

        assert ask(shop, "GET", "/payments", token).status_code == 200
