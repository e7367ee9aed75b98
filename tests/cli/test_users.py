"""``flask users``."""

import pyotp

from tests.cli import command, printed, refused, told
from tests.shop import Shop

PASSWORD = "a long enough password"


def login(shop: Shop, password: str) -> int:
    return shop.client.post("/auth/login", json={"email": "ada@example.org", "password": password}).status_code


def test_a_password_is_asked_for_twice_and_never_shown(shop: Shop) -> None:
    result = command(shop, "users", "create", "Ada@example.org", typed=f"{PASSWORD}\n{PASSWORD}\n")

    assert result.stdout == "ada@example.org has an account, as customer.\n"
    assert PASSWORD not in result.output
    assert login(shop, PASSWORD) == 200


def test_a_password_comes_on_standard_input(shop: Shop) -> None:
    words = ("users", "create", "ada@example.org", "--operator", "--password-stdin", "--json")
    result = command(shop, *words, typed=f" {PASSWORD} \r\n")

    assert result.exit_code == 0
    assert login(shop, f" {PASSWORD} ") == 200
    assert told(shop, "users", "list")["users"][0]["role"] == "operator"


def test_an_account_that_cannot_be_opened_is_a_sentence(shop: Shop) -> None:
    words = ("users", "create", "ada@example.org", "--password-stdin")

    assert "8 to 256 characters" in command(shop, *words, typed="short\n").stderr
    assert command(shop, *words, typed=PASSWORD).exit_code == 0
    assert "There is an account with this e-mail already." in command(shop, *words, typed=PASSWORD).stderr
    assert "an @-sign" in command(shop, "users", "create", "ada", "--password-stdin", typed=PASSWORD).stderr


def test_users_are_listed_without_their_hashes(shop: Shop) -> None:
    command(shop, "users", "create", "ada@example.org", "--password-stdin", typed=PASSWORD)

    assert printed(shop, "users", "list").splitlines()[1].split() == [
        "ada@example.org",
        "customer",
        "2026-03-01",
        "10:00:00Z",
    ]
    assert set(told(shop, "users", "list")["users"][0]) == {"email", "role", "disabled", "created_at"}


def test_a_page_of_users_that_is_none_is_a_sentence(shop: Shop) -> None:
    assert "not a page" in refused(shop, "users", "list", "--after", "x")


def test_a_disabled_user_is_out_at_once_and_back_when_enabled(shop: Shop) -> None:
    command(shop, "users", "create", "ada@example.org", "--password-stdin", typed=PASSWORD)
    token = shop.client.post("/auth/login", json={"email": "ada@example.org", "password": PASSWORD}).get_json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}

    assert command(shop, "users", "disable", "Ada@example.org").stdout == "ada@example.org is disabled.\n"
    assert (shop.client.get("/auth/me", headers=bearer).status_code, login(shop, PASSWORD)) == (401, 401)
    assert "customer, disabled" in printed(shop, "users", "list")
    assert told(shop, "users", "disable", "ada@example.org")["disabled"] is True

    assert command(shop, "users", "enable", "ada@example.org").stdout == "ada@example.org is enabled.\n"
    assert (shop.client.get("/auth/me", headers=bearer).status_code, login(shop, PASSWORD)) == (401, 200)
    assert "no such account" in refused(shop, "users", "disable", "ben@example.org")


def test_who_lost_the_second_factor_is_let_in_by_the_password_again_and_told(shop: Shop) -> None:
    command(shop, "users", "create", "ada@example.org", "--password-stdin", typed=PASSWORD)
    factors, ada = shop.ours.services.second_factors, shop.ours.services.accounts.named("ada@example.org")
    seed = factors.begin(ada, PASSWORD, "192.0.2.1").secret
    factors.confirm(ada, pyotp.TOTP(seed).at(shop.clock.now()), "192.0.2.1")
    assert login(shop, PASSWORD) == 401

    done = command(shop, "users", "reset-totp", "Ada@example.org")

    assert done.stdout == "ada@example.org logs in by the password alone.\n"
    assert login(shop, PASSWORD) == 200
    letter = shop.ours.records.messages.list_page(None, 1).items[0]
    assert (letter.kind, letter.context["what"]) == ("account_changed", "The second factor was removed")
    assert told(shop, "users", "reset-totp", "ada@example.org")["removed"] is False
    assert "no such account" in refused(shop, "users", "reset-totp", "ben@example.org")
