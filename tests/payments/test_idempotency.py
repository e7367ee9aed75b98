"""``Idempotency-Key`` on ``POST /pay``."""

import threading
from typing import Any

import pytest
import requests

from paystack_simulator import SimulatorAdapter
from tests.race import race
from tests.shop import EMAIL, PAYSTACK, Shop

KEY = {"Idempotency-Key": "key-1"}
DAY = 24 * 3600


def test_the_same_key_and_body_get_the_same_answer_and_open_nothing(shop: Shop) -> None:
    first = shop.pay(headers=KEY)
    again = shop.pay(headers=KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert len(list(shop.simulator.world.all_transactions())) == 1


def test_the_order_of_fields_does_not_matter(shop: Shop) -> None:
    bodies = [f'{{"email": "{EMAIL}", "amount": 20000}}', f'{{"amount":20000,"email":"{EMAIL}"}}']
    answers = [
        shop.client.post("/pay/donation", data=body, content_type="application/json", headers=KEY) for body in bodies
    ]

    assert answers[0].get_json() == answers[1].get_json()


@pytest.mark.parametrize(
    "change", [{"amount": 20001}, {"email": "ben@example.org"}, {"order": "a"}, {"metadata": {"a": 1}}]
)
def test_the_same_key_with_another_body_is_refused(shop: Shop, change: dict[str, Any]) -> None:
    shop.pay("donation", headers=KEY, amount=20000)

    answer = shop.pay("donation", headers=KEY, **{"amount": 20000, **change})

    assert answer.status_code == 422
    assert answer.get_json()["code"] == "idempotency_key_reused"


def test_a_key_belongs_to_its_route(shop: Shop) -> None:
    shop.pay(headers=KEY)

    assert shop.pay("donation", headers=KEY, amount=20000).status_code == 201


def token(shop: Shop, email: str) -> dict[str, str]:
    answer = shop.client.post("/auth/register", json={"email": email, "password": "a long enough password"})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}


def test_a_key_belongs_to_its_user(shop: Shop) -> None:
    ada, ben = token(shop, EMAIL), token(shop, "ben@example.org")

    references = [shop.pay(headers=KEY | who).get_json()["reference"] for who in ({}, ada, ben)]

    assert len(set(references)) == 3
    assert shop.pay(headers=KEY | ada).get_json()["reference"] == references[1]


def test_a_key_is_remembered_for_a_day(shop: Shop) -> None:
    first = shop.pay(headers=KEY).get_json()
    shop.advance(DAY - 1)
    assert shop.pay(headers=KEY).get_json() == first
    shop.advance(1)

    assert shop.pay(headers=KEY).get_json()["reference"] != first["reference"]
    shop.advance(DAY)
    assert shop.run("removeExpiredIdempotencyKeys") == [1]


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "a" * 256, "a\tb", "\x7f"])
def test_a_key_is_visible_ascii(shop: Shop, key: str) -> None:
    answer = shop.pay(headers={"Idempotency-Key": key.encode().decode("latin-1")})

    assert answer.status_code == 400
    assert set(answer.get_json()["fields"]) == {"Idempotency-Key"}


@pytest.mark.parametrize("key", ["a", "a" * 255, "!~", "8e03978e-40d5-43e8-bc93-6894a57f9324"])
def test_any_visible_ascii_will_do(shop: Shop, key: str) -> None:
    assert shop.pay(headers={"Idempotency-Key": key}).status_code == 201


def test_after_a_timeout_the_same_key_opens_a_new_reference_in_the_same_order(shop: Shop) -> None:
    """The old one stays watched: Paystack may have opened it, and it may be paid."""
    shop.simulator.faults.add("initialize", "timeout-after-commit")
    silent = shop.pay(headers=KEY)
    assert silent.status_code == 503
    old = silent.get_json()["reference"]

    answer = shop.pay(headers=KEY)

    assert answer.status_code == 201
    assert answer.get_json()["reference"] != old
    assert answer.get_json()["order"] == silent.get_json()["order"] == old
    watched = shop.ours.records.payments.get(old)
    assert watched is not None
    assert watched.next_check_at is not None
    shop.advance(4)
    shop.customer_pays(old)
    assert shop.verify(old)["status"] == "success"
    assert shop.pay(headers=KEY).get_json() == answer.get_json()  # what was answered stays answered
    assert shop.pay(order="unrelated").status_code == 201


def test_a_second_timeout_stays_in_the_order_of_the_first(shop: Shop) -> None:
    shop.simulator.faults.add("initialize", "hang", times=2)
    orders = [shop.pay(headers=KEY).get_json()["order"] for _ in range(2)]
    orders.append(shop.pay(headers=KEY).get_json()["order"])

    assert len(set(orders)) == 1


@pytest.mark.parametrize("fault", ["401", "hang"])
def test_only_a_201_is_replayed(shop: Shop, fault: str) -> None:
    shop.simulator.faults.add("initialize", fault)
    assert shop.pay(headers=KEY).status_code in {502, 503}

    assert shop.pay(headers=KEY).status_code == 201


def test_a_refused_body_does_not_burn_the_key(shop: Shop) -> None:
    assert shop.pay("donation", headers=KEY, amount=1).status_code == 400
    assert shop.pay("donation", headers=KEY, amount=1).status_code == 400
    assert shop.pay("donation", headers={"Idempotency-Key": "key-2"}, amount=20000).status_code == 201


def test_a_running_twin_is_refused_and_told_when_to_come_again(shop: Shop) -> None:
    """The first is held at Paystack until the second was answered."""
    reached, answered = threading.Event(), threading.Event()

    class Held(SimulatorAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            reached.set()
            assert answered.wait(20)
            return super().send(request, *args, **kwargs)

    shop.session.mount(PAYSTACK, Held(shop.paystack))
    first: list[int] = []
    thread = threading.Thread(target=lambda: first.append(shop.pay(headers=KEY).status_code))
    thread.start()
    assert reached.wait(20)

    twin = shop.app.test_client().post("/pay/womaye-gsp", json={"email": EMAIL}, headers=KEY)
    answered.set()
    thread.join(20)

    assert twin.status_code == 409
    assert twin.get_json()["code"] == "idempotency_key_running"
    assert twin.headers["Retry-After"] == "1"
    assert first == [201]


def test_of_many_at_once_one_opens_and_all_agree(shop: Shop) -> None:
    """FAULTS R15: each of the others is told to wait, or gets the one answer."""
    for number in range(8):
        headers = {"Idempotency-Key": f"round-{number}"}
        before = len(list(shop.simulator.world.all_transactions()))

        answers = race(
            8,
            lambda headers=headers: shop.app.test_client().post(  # type: ignore[misc]
                "/pay/womaye-gsp", json={"email": EMAIL}, headers=headers
            ),
        )

        assert {each.status_code for each in answers} <= {201, 409}
        assert len({each.get_json()["reference"] for each in answers if each.status_code == 201}) == 1
        assert len(list(shop.simulator.world.all_transactions())) == before + 1
