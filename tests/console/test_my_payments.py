"""``GET /payments``: everybody sees what was opened with their own token. Alice and Bob have accounts; Eve is a stranger."""

from typing import Any

import pytest

from tests.shop import Shop

PASSWORD = "correct horse battery staple"


def login(shop: Shop, name: str) -> dict[str, str]:
    """The headers of somebody who just registered."""
    token = shop.ours.services.accounts.register(f"{name}@example.org", PASSWORD, "192.0.2.1").token
    return {"Authorization": f"Bearer {token}"}


def mine(shop: Shop, headers: dict[str, str], **query: Any) -> dict[str, Any]:
    answer = shop.client.get("/payments", headers=headers, query_string=query)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.get_json()
    return told


def test_everybody_sees_the_payments_of_their_own_token_and_never_by_e_mail(shop: Shop) -> None:
    alice, bob = login(shop, "alice"), login(shop, "bob")
    of_alice = [shop.pay(headers=alice, email=None).get_json()["reference"] for _ in range(2)]
    for_bob = shop.pay(headers=alice, email="bob@example.org").get_json()["reference"]
    shop.pay(email="alice@example.org")  # Eve, without a token, names Alice's address
    of_bob = shop.pay(headers=bob, email="alice@example.org").get_json()["reference"]

    assert {each["reference"] for each in mine(shop, alice)["payments"]} == {*of_alice, for_bob}
    assert [each["reference"] for each in mine(shop, bob)["payments"]] == [of_bob]
    assert not any("email" in each for each in mine(shop, alice)["payments"])


def test_they_come_in_pages_newest_first(shop: Shop) -> None:
    alice, bob = login(shop, "alice"), login(shop, "bob")
    opened = []
    for _ in range(5):
        opened.append(shop.pay(headers=alice).get_json()["reference"])
        shop.pay(headers=bob)
        shop.advance(1)
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = mine(shop, alice, limit=2, **after)
        found += [each["reference"] for each in page["payments"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert found == opened[::-1]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "x"}, {"after": "x"}])
def test_a_page_that_makes_no_sense_is_told_so(shop: Shop, query: dict[str, str]) -> None:
    answer = shop.client.get("/payments", headers=login(shop, "alice"), query_string=query)
    assert (answer.status_code, list(answer.get_json()["fields"])) == (400, list(query))


def test_nobody_sees_anything_without_a_token_that_holds(shop: Shop) -> None:
    session = {"X-Session-Token": shop.ours.services.sessions.open("admin1")}
    for headers in ({}, session, {"Authorization": "Bearer x"}):
        assert shop.client.get("/payments", headers=headers).status_code == 401
    alice = login(shop, "alice")
    shop.advance(3600)
    assert shop.client.get("/payments", headers=alice).status_code == 401
