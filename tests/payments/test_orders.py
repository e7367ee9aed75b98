"""An order is paid once, by one of its payments."""

import pytest

from tests.shop import Shop


def test_the_same_wish_gets_the_open_payment_again(shop: Shop) -> None:
    first = shop.pay(order="ord-1")
    again = shop.pay(order="ord-1", email="ADA@example.org")

    assert again.status_code == 201
    assert again.get_json() == first.get_json()


@pytest.mark.parametrize("change", [{"email": "ben@example.org"}, {"amount": 20001}])
def test_another_wish_for_an_open_order_is_a_conflict(shop: Shop, change: dict[str, str]) -> None:
    shop.open_payment("donation", order="ord-1", amount=20000)

    answer = shop.pay("donation", **{"order": "ord-1", "amount": 20000, **change})

    assert answer.status_code == 409
    assert answer.get_json()["code"] == "order_open"
    assert answer.get_json()["order"] == "ord-1"


def test_a_paid_order_is_paid(shop: Shop) -> None:
    shop.settled_payment(order="ord-1")

    answer = shop.pay(order="ord-1")

    assert answer.status_code == 409
    assert answer.get_json()["code"] == "already_paid"
    assert answer.get_json()["order"] == "ord-1"


def test_an_order_is_scoped_to_its_product(shop: Shop) -> None:
    shop.settled_payment(order="ord-1")

    assert shop.pay("donation", order="ord-1", amount=10000).status_code == 201


def test_a_failed_payment_leaves_its_order_open_to_another(shop: Shop) -> None:
    shop.simulator.faults.add("initialize", "401")
    assert shop.pay(order="ord-1").status_code == 502

    answer = shop.pay(order="ord-1")

    assert answer.status_code == 201
    assert answer.get_json()["order"] == "ord-1"


def test_two_payments_of_one_order_both_paid_settle_once_and_call_a_person(shop: Shop) -> None:
    """Paystack was silent about the first, so the customer got a second page, and paid both (FAULTS R16)."""
    shop.simulator.faults.add("initialize", "timeout-after-commit")
    first = shop.pay(order="ord-1").get_json()["reference"]
    second = shop.open_payment(order="ord-1")
    assert first != second

    shop.customer_pays(first)
    shop.customer_pays(second)
    shop.deliver_webhooks()
    shop.run("processEvents")

    statuses = sorted(shop.verify(each)["status"] for each in (first, second))
    assert statuses == ["quarantined", "success"]
    kinds = [each.kind for each in shop.ours.records.messages.list_page(None, 50).items]
    assert kinds.count("order_paid_twice") == 2  # one for each operator
    assert kinds.count("receipt") == 1
    assert len(shop.ours.records.handovers.list_page(None, 50).items) == 1
