"""The rules of a payment: its legal steps, and which money is the expected money."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from flask_paystack.payments.model import (
    FINAL,
    LEGAL_STEPS,
    Payment,
    Status,
    is_legal,
    is_order,
    is_our_reference,
    mismatches,
    new_reference,
)
from flask_paystack.paystack.model import Transaction
from tests.clock import START

STEPS = """
pending: success failed abandoned quarantined reversal-pending reversed
failed: success quarantined reversal-pending reversed
abandoned: success failed quarantined reversal-pending reversed
quarantined: success reversal-pending reversed
success: reversal-pending reversed
reversal-pending: success quarantined reversed
reversed:
"""
"""The table once more, in words: whoever changes one changes both."""

ALLOWED = {line.split(":")[0]: line.split(":")[1].split() for line in STEPS.strip().splitlines()}


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
def test_a_step_is_legal_exactly_where_the_table_says(before: Status, after: Status) -> None:
    assert is_legal(before, after) == (after.value in ALLOWED[before.value])
    assert (after in LEGAL_STEPS[before]) == (after.value in ALLOWED[before.value])


def test_no_way_leads_from_a_success_back_to_a_failure() -> None:
    reachable = {Status.SUCCESS}
    while more := {after for before in reachable for after in LEGAL_STEPS[before]} - reachable:
        reachable |= more

    assert reachable.isdisjoint({Status.FAILED, Status.ABANDONED, Status.PENDING})


def test_final_is_what_paystack_is_not_asked_about() -> None:
    assert {"success", "reversal-pending", "reversed"} == FINAL


PAYMENT = Payment(
    reference="pay-1",
    order="pay-1",
    product="womaye-gsp",
    email="ada@example.com",
    amount=500000,
    currency="NGN",
    status=Status.PENDING,
    created_at=START,
    updated_at=START,
)
PAID = Transaction("pay-1", "success", "test", 500000, 500000, "NGN")


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, 500000),
        ({"requested_amount": None}, 500000),
        ({"amount": 40333, "requested_amount": 30050}, 30050),  # the customer bore the fees (CONTRACT §3.1)
        ({"amount": 500001}, 500000),
    ],
)
def test_settlement_table_the_expected_money(changes: dict[str, Any], due: int) -> None:
    assert mismatches(replace(PAYMENT, amount=due), replace(PAID, **changes), "test") == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": 499999, "requested_amount": None}, "499999"),  # underpaid
        ({"amount": 499999}, "Only 499999"),  # a partial debit
        ({"amount": 499999, "requested_amount": 499999}, "asked for"),
        ({"amount": 500001, "requested_amount": None}, "500001"),  # overpaid, and nothing says why
        ({"amount": 500000, "requested_amount": 500001}, "asked for"),
        ({"amount": 600000, "requested_amount": 600000}, "asked for"),
        ({"amount": 500000, "requested_amount": 100}, "asked for"),
        ({"amount": 0, "requested_amount": None}, "0 subunits"),
        ({"amount": None}, "no amount"),
        ({"amount": None, "requested_amount": None}, "no amount"),
        ({"currency": "GHS"}, "GHS"),  # 5000 of what
        ({"currency": None}, "no currency"),
        ({"currency": "ngn"}, "ngn"),
        ({"domain": "live"}, "live"),
        ({"domain": None}, "unnamed"),
        ({"reference": "pay-2"}, "pay-2"),
        ({"reference": "PAY-1"}, "PAY-1"),
    ],
)
def test_settlement_table_any_other_money(changes: dict[str, Any], words: str) -> None:
    found = mismatches(PAYMENT, replace(PAID, **changes), "test")

    assert len(found) == 1
    assert words in found[0]
    assert found[0].endswith(".")


def test_every_mismatch_is_told() -> None:
    wrong = replace(PAID, reference="pay-2", domain="live", currency="USD", amount=1, requested_amount=None)

    assert len(mismatches(PAYMENT, wrong, "test")) == 4


def test_a_live_key_expects_live_money() -> None:
    assert mismatches(PAYMENT, replace(PAID, domain="live"), "live") == []
    assert mismatches(PAYMENT, PAID, "live") != []


def test_references_are_new_each_time_and_known_as_ours() -> None:
    made = {new_reference() for _ in range(1000)}

    assert len(made) == 1000
    assert all(map(is_our_reference, made))


@pytest.mark.parametrize("order", ["1", "ord-1042_a.1", "a" * 64, "..", "-"])
def test_an_order_is_letters_digits_and_three_signs(order: str) -> None:
    assert is_order(order)


@pytest.mark.parametrize("order", ["", "a" * 65, "a b", "a/b", "é", "१", "a\n", "a=b", "pay-" + "0af1" * 8])
def test_anything_else_is_no_order(order: str) -> None:
    assert not is_order(order)
