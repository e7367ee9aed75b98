"""Finding payments, understanding why they are as they are, and deciding about them."""

import re
from typing import Any

import pytest

from flask_paystack.payments.model import Status
from tests.console.conftest import Operator, failed, paid_twice, underpaid, work_off
from tests.payments.listening import Listening
from tests.race import race
from tests.shop import Shop


def references(operator: Operator, **query: Any) -> list[str]:
    """What a list shows, over all its pages."""
    found: list[str] = []
    after: str | None = None
    while True:
        answer = operator.get("/payments", **query, **({"after": after} if after else {}))
        assert answer.status_code == 200, answer.text
        found += [each["reference"] for each in answer.get_json()["payments"]]
        after = answer.get_json()["next"]
        if after is None:
            return found


def test_payments_are_listed_newest_first_in_pages(shop: Shop, operator: Operator) -> None:
    opened = []
    for number in range(7):
        opened.append(shop.open_payment(order=f"ord-{number}"))
        if number % 2:
            shop.advance(1)  # and two share an instant
    for limit in (1, 2, 3, 100):
        shown = references(operator, limit=limit)
        assert len(shown) == 7
        assert set(shown) == set(opened)
        ages = [operator.show(each)["created_at"] for each in shown]
        assert ages == sorted(ages, reverse=True)
    first = operator.get("/payments", limit=3).get_json()
    newest = shop.open_payment()  # what arrives meanwhile moves nothing
    rest = operator.get("/payments", limit=100, after=first["next"]).get_json()["payments"]
    assert newest not in [each["reference"] for each in rest]
    assert len(rest) == 4


def test_payments_are_found_by_what_is_known_of_them(shop: Shop, operator: Operator) -> None:
    early = shop.open_payment(order="ord-1", email="bob@example.org")
    shop.advance(3600)
    bad = failed(shop, order="ord-2")
    shop.advance(3600)
    good = shop.settled_payment(order="ord-3")
    operator = Operator(shop)  # the session of before is over
    began = operator.show(early)["created_at"]

    assert references(operator) == [good, bad, early]
    assert references(operator, status="success") == [good]
    assert references(operator, status="failed") == [bad]
    assert references(operator, status="reversed") == []
    assert references(operator, order="ord-2") == [bad]
    assert references(operator, order="ord-9") == []
    assert references(operator, order="\x00") == []
    assert references(operator, email="bob@example.org") == [early]
    assert references(operator, email="bob@EXAMPLE.org") == [early]
    assert references(operator, email="eve@example.org") == []
    assert references(operator, **{"from": began, "to": operator.show(bad)["created_at"]}) == [early]
    assert references(operator, **{"from": operator.show(bad)["created_at"]}) == [good, bad]
    # As a browser's address line sends "+00:00" where nobody escaped it.
    plus_lost = operator.show(bad)["created_at"].replace("Z", " 00:00")
    assert references(operator, **{"from": plus_lost}) == [good, bad]
    assert references(operator, to=began) == []
    assert references(operator, status="success", email="bob@example.org") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "paid"}, "status"),
        ({"status": "SUCCESS"}, "status"),
        ({"email": "not an address"}, "email"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-13-01"}, "to"),
        ({"to": "0001-01-01T00:00:00+14:00"}, "to"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"after": "x"}, "after"),
        ({"after": "W10"}, "after"),
        ({"after": "bnVsbA"}, "after"),
        ({"after": "ключ"}, "after"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_so(operator: Operator, query: dict[str, str], field: str) -> None:
    answer = operator.get("/payments", **query)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")
    assert list(answer.get_json()["fields"]) == [field]


def test_a_payment_is_shown_whole(shop: Shop, operator: Operator) -> None:
    reference = shop.settled_payment(order="ord-1", metadata={"seat": "12"})
    shown = operator.show(reference)
    assert shown["reference"] == reference
    assert (shown["status"], shown["amount"], shown["paid_amount"], shown["currency"]) == (
        "success",
        500000,
        500000,
        "NGN",
    )
    assert (shown["order"], shown["email"], shown["metadata"]) == ("ord-1", "ada@example.org", {"seat": "12"})
    assert shown["handover"]["state"] == "waiting"
    assert shown["refunds"] == []
    assert [re.sub(r"\d+", "1", each["actor"]) for each in shown["timeline"]] == ["customer", "paystack", "webhook 1"]
    assert all(each["at"].endswith("Z") for each in shown["timeline"])


def test_the_timeline_says_why_a_payment_is_quarantined(shop: Shop, operator: Operator) -> None:
    reference = underpaid(shop)
    shown = operator.show(reference)
    assert shown["status"] == "quarantined"
    assert shown["timeline"][-1]["kind"] == "quarantined"
    assert "Only 499900 of 500000 subunits due were paid." in shown["timeline"][-1]["sentence"]
    assert shown["timeline"][-1]["facts"]["amount"] == 499900


def test_the_timeline_says_why_a_payment_failed_and_what_was_done(shop: Shop, operator: Operator) -> None:
    reference = failed(shop, order="ord-1")
    operator.act(reference, "retry")
    assert operator.story(reference) == [
        "customer: Opened ₦5,000.00 for Womaye GSP.",
        "paystack: Paystack opened a checkout page.",
        "verify: Paystack says that it failed: Incorrect PIN",
        "admin1: The customer is mailed a link to try again.",
    ]


def test_an_operators_question_is_asked_now_and_stands_in_the_timeline(shop: Shop, operator: Operator) -> None:
    shop.simulator.settings.webhooks = "dropped"
    reference = shop.open_payment()
    shop.customer_pays(reference)
    shop.advance(3)
    assert operator.act(reference, "verify")["status"] == "success"
    assert operator.story(reference)[-1].startswith("admin1: Paid ₦5,000.00 by card: settled")
    listening = Listening(shop)
    assert operator.is_refused(reference, "verify") == "A payment that is success is not asked about again."
    assert listening.calls == []


def test_an_operator_learns_that_paystack_is_silent(shop: Shop, operator: Operator) -> None:
    reference = shop.open_payment()
    shop.advance(3)
    shop.simulator.faults.add("verify", "hang", times=3)
    answer = operator.post(f"/payments/{reference}/verify")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "paystack_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_quarantined_money_is_accepted_by_a_person_once(shop: Shop, operator: Operator) -> None:
    reference = underpaid(shop, order="ord-1")
    assert shop.verify(reference)["message"] == "Only 499900 of 500000 subunits due were paid."
    shown = operator.act(reference, "accept")
    assert (shown["status"], shown["paid_amount"], shown["handover"]["state"]) == ("success", 499900, "waiting")
    assert shop.verify(reference)["message"] is None
    assert (
        operator.story(reference)[-1] == "admin1: admin1 accepted it as it is: settled, receipt and hand-over queued."
    )
    sentence = "Only a quarantined payment is accepted, and this one is success."
    assert operator.is_refused(reference, "accept") == sentence
    receipts = [each for each in shop.ours.records.messages.list_page(None, 100).items if each.kind == "receipt"]
    assert [each.reference for each in receipts] == [reference]
    assert shop.pay(order="ord-1").get_json()["code"] == "already_paid"


def test_of_many_who_accept_at_once_one_does(shop: Shop, operator: Operator) -> None:
    for _ in range(3):
        path = f"/admin/payments/{underpaid(shop)}/accept"
        answers = race(
            6,
            lambda path=path: shop.app.test_client().post(path, headers=operator.headers).status_code,  # type: ignore[misc]
        )
        assert sorted(answers) == [200] + [409] * 5


def test_the_second_money_of_an_order_is_refunded_and_never_accepted(shop: Shop, operator: Operator) -> None:
    """R16: one order, two paid payments."""
    first, second = paid_twice(shop, "ord-1")
    assert (operator.show(first)["status"], operator.show(second)["status"]) == ("success", "quarantined")
    assert references(operator, status="quarantined") == [second]
    sentence = operator.is_refused(second, "accept")
    assert sentence == "Another payment of this order has settled: refund this one."
    messages = operator.get("/messages", reference=second).get_json()["messages"]
    assert sorted((each["kind"], each["recipient"]) for each in messages) == [
        ("order_paid_twice", "ada@example.org"),
        ("order_paid_twice", "ben@example.org"),
    ]
    assert operator.act(second, "refund")["status"] == "reversal-pending"
    for _ in range(2):
        shop.advance(60)
        work_off(shop)
    assert operator.show(second)["status"] == "reversed"
    assert operator.show(first)["status"] == "success"


def test_where_the_first_was_given_back_the_second_may_be_accepted(shop: Shop, operator: Operator) -> None:
    first, second = paid_twice(shop, "ord-1")
    operator.act(first, "refund")
    assert operator.is_refused(second, "accept") == "Another payment of this order has settled: refund this one."
    for _ in range(2):
        shop.advance(60)
        work_off(shop)
    assert operator.act(second, "accept")["status"] == "success"


@pytest.mark.parametrize("status", ["pending", "failed", "success"])
def test_only_quarantined_money_is_accepted(shop: Shop, operator: Operator, status: str) -> None:
    make = {"pending": shop.open_payment, "failed": lambda: failed(shop), "success": shop.settled_payment}
    reference = make[status]()
    assert operator.is_refused(reference, "accept") == (
        f"Only a quarantined payment is accepted, and this one is {status}."
    )


def test_a_customer_is_invited_to_try_again_as_often_as_an_operator_says(shop: Shop, operator: Operator) -> None:
    reference = failed(shop)
    for _ in range(2):
        shop.advance(1)
        operator.act(reference, "retry")
    mails = operator.get("/messages", reference=reference).get_json()["messages"]
    assert [(each["kind"], each["recipient"]) for each in mails] == [("payment_failed", "ada@example.org")] * 2


def test_nobody_is_invited_to_pay_what_is_paid(shop: Shop, operator: Operator) -> None:
    settled, odd, old = shop.settled_payment(), underpaid(shop), failed(shop, order="ord-1")
    assert operator.is_refused(settled, "retry") == "A payment that is success is not tried again."
    assert operator.is_refused(odd, "retry") == "A payment that is quarantined is not tried again."
    new = shop.settled_payment(order="ord-1")
    assert operator.is_refused(old, "retry") == f"Its order is paid, by {new}: there is nothing to try again."
    other = failed(shop, order="ord-2")
    underpaid(shop, order="ord-2")
    assert operator.is_refused(other, "retry").startswith("Another payment of its order is quarantined")
    assert shop.ours.records.payments.get(other).status is Status.FAILED  # type: ignore[union-attr]
