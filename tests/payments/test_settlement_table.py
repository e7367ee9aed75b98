"""The whole table of what settles (FAULTS R24, CONTRACT §3.3): 500000 kobo are due. The controls are rules that look right."""

from collections.abc import Callable
from itertools import product

import pytest

from flask_paystack.payments.model import Payment, Status, mismatches
from flask_paystack.paystack.model import Transaction
from tests.clock import START

DUE = 500000
LESS, MORE = 499999, 510283

SETTLES = """
paid    asked-for   settles
due     due         yes
due     nothing     yes
more    due         yes
more    nothing     no
less    due         no
less    nothing     no
less    less        no
due     less        no
more    less        no
less    more        no
due     more        no
more    more        no
nothing due         no
nothing nothing     no
nothing less        no
nothing more        no
"""
"""In test naira from our own reference. With any other currency, domain or reference, nothing settles."""

WORDS = {"due": DUE, "less": LESS, "more": MORE, "nothing": None}
TABLE = {(paid, asked): word == "yes" for paid, asked, word in map(str.split, SETTLES.strip().splitlines()[1:])}
CURRENCIES = ("NGN", "GHS", "USD", "ngn", None)
DOMAINS = ("test", "live", None)
REFERENCES = ("pay-1", "pay-2")

PAYMENT = Payment(
    reference="pay-1",
    order="pay-1",
    product="womaye-gsp",
    email="ada@example.com",
    amount=DUE,
    currency="NGN",
    status=Status.PENDING,
    created_at=START,
    updated_at=START,
)
Rule = Callable[[Payment, Transaction], bool]


def cases() -> list[tuple[Transaction, bool]]:
    """Every row, with every currency, domain and reference; and whether it settles."""
    found = []
    for (paid, asked), currency, domain, reference in product(TABLE, CURRENCIES, DOMAINS, REFERENCES):
        told = Transaction(reference, "success", domain, WORDS[paid], WORDS[asked], currency)
        ours = (currency, domain, reference) == ("NGN", "test", "pay-1")
        found.append((told, ours and TABLE[paid, asked]))
    return found


def wrong_rows(rule: Rule) -> list[Transaction]:
    """The transactions of which ``rule`` says something else than the table."""
    return [told for told, settles in cases() if rule(PAYMENT, told) is not settles]


def our_rule(payment: Payment, told: Transaction) -> bool:
    return mismatches(payment, told, "test") == []


def test_settlement_table_is_whole() -> None:
    assert set(TABLE) == set(product(WORDS, WORDS))
    assert len(cases()) == 16 * 5 * 3 * 2
    assert sum(settles for _, settles in cases()) == 3


def test_settlement_table_holds_in_every_row() -> None:
    assert wrong_rows(our_rule) == []


def anything_paid(payment: Payment, told: Transaction) -> bool:
    return told.amount is not None


def enough_paid(payment: Payment, told: Transaction) -> bool:
    return our_rule(payment, told) or (_about_us(payment, told) and (told.amount or 0) >= payment.amount)


def exactly_paid(payment: Payment, told: Transaction) -> bool:
    return _about_us(payment, told) and told.amount == payment.amount


def asked_for_alone(payment: Payment, told: Transaction) -> bool:
    return _about_us(payment, told) and (told.requested_amount or told.amount) == payment.amount


def any_currency(payment: Payment, told: Transaction) -> bool:
    return mismatches(payment, Transaction(**{**vars(told), "currency": payment.currency}), "test") == []


def any_domain(payment: Payment, told: Transaction) -> bool:
    return mismatches(payment, Transaction(**{**vars(told), "domain": "test"}), "test") == []


def any_reference(payment: Payment, told: Transaction) -> bool:
    return mismatches(payment, Transaction(**{**vars(told), "reference": payment.reference}), "test") == []


def _about_us(payment: Payment, told: Transaction) -> bool:
    return (told.reference, told.domain, told.currency) == (payment.reference, "test", payment.currency)


@pytest.mark.parametrize(
    "rule",
    [anything_paid, enough_paid, exactly_paid, asked_for_alone, any_currency, any_domain, any_reference],
    ids=lambda rule: rule.__name__,
)
def test_settlement_table_control_another_rule_is_noticed(rule: Rule) -> None:
    assert wrong_rows(rule)
