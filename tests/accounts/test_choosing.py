"""Passwords that are guessed first are not taken, at registering and at resetting; anything else is."""

import pytest

from flask_paystack.accounts.choosing import _common, is_common, names_itself
from tests.shop import Shop

EMAIL = "wanjiru.kamau@example.org"
BAD = ["password", "Password", "1234567890", "qwertyuiop", "iloveyou1", "Paystack2026!", "flask-paystack", "wanjiru.kamau7",
       "WanjiruKamau", EMAIL, "example.org", "example1"]  # fmt: skip
GOOD = [
    "correct horse",
    "paystack paid the rent",
    "wanjiru keeps bees",
    "ぱすわーどぱすわーど",
    "94857203311",
    "        .",
]


def test_there_are_more_than_the_commonest_three_thousand() -> None:
    assert len(_common()) > 3000
    assert all(len(each) >= 8 and each == each.lower() for each in _common())


@pytest.mark.parametrize("password", BAD)
def test_what_is_guessed_first_is_not_taken(shop: Shop, password: str) -> None:
    answer = shop.client.post("/auth/register", json={"email": EMAIL, "password": password})

    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")
    assert answer.get_json()["fields"]["password"].endswith("choose another.")


@pytest.mark.parametrize("password", GOOD)
def test_anything_else_is(password: str) -> None:
    assert not is_common(password)
    assert not names_itself(password, EMAIL)


def test_nor_when_a_new_one_is_chosen(shop: Shop) -> None:
    shop.client.post("/auth/register", json={"email": EMAIL, "password": GOOD[0]})
    accounts = shop.ours.services.accounts
    user = accounts.who(
        shop.client.post("/auth/login", json={"email": EMAIL, "password": GOOD[0]}).get_json()["access_token"]
    )
    token = accounts.password_reset_token(user.id)

    refused = shop.client.post("/auth/reset", json={"token": token, "password": "Password"})
    taken = shop.client.post("/auth/reset", json={"token": token, "password": GOOD[1]})

    assert (refused.status_code, taken.status_code) == (400, 204)
