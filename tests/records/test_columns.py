"""What goes into a column comes out the same, on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from flask_paystack.payments.model import Entry
from flask_paystack.records.payments import PaymentRecords
from tests.clock import START
from tests.records import OPENED, found, kinds, payment

LAGOS = timezone(timedelta(hours=1))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 3, 1, 10, 0, 0, 1, UTC),
        datetime(2026, 3, 1, 10, 0, 0, 999999, UTC),
        datetime(2026, 3, 29, 1, 30, 0, 123456, LAGOS),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC),
    ],
    ids=str,
)
def test_an_instant_keeps_its_microseconds_and_is_in_utc(payments: PaymentRecords, instant: datetime) -> None:
    payments.open(payment(paid_at=instant), OPENED)
    paid_at = found(payments).paid_at
    assert paid_at == instant
    assert paid_at is not None
    assert paid_at.tzinfo is UTC


def test_an_instant_without_a_timezone_is_refused(payments: PaymentRecords) -> None:
    naive = datetime(2026, 3, 1)  # noqa: DTZ001 -- that is the fault
    with pytest.raises(StatementError, match="without a timezone"):
        payments.open(payment(paid_at=naive), OPENED)
    assert payments.get("pay-1") is None


@given(metadata=st.dictionaries(st.text(st.characters(exclude_categories=[]), max_size=8), JSON, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_survives_nul_and_lone_surrogates_included(payments: PaymentRecords, metadata: dict[str, Any]) -> None:
    number = len(kinds(payments, "counter"))
    if number == 0:
        payments.open(payment("counter"), OPENED)
        number = 1
    payments.note("counter", Entry("test", "counted", "One more.", metadata))
    payments.open(payment(f"pay-{number}", metadata=metadata), OPENED)

    assert found(payments, f"pay-{number}").metadata == metadata
    assert payments.list_timeline("counter")[-1].facts == metadata


@pytest.mark.parametrize("id", ["9007199254740993", "9223372036854775808", "18446744073709551615"])
def test_paystacks_64_bit_ids_survive_as_text(payments: PaymentRecords, id: str) -> None:  # noqa: A002
    payments.open(payment(paystack_id=id), OPENED)
    assert found(payments).paystack_id == id


def test_an_amount_of_up_to_63_bits_survives(payments: PaymentRecords) -> None:
    payments.open(payment(amount=2**63 - 1, paid_amount=2**63 - 1), OPENED)
    assert (found(payments).amount, found(payments).paid_amount) == (2**63 - 1, 2**63 - 1)


def test_words_from_outside_may_hold_any_characters_and_be_of_any_length(payments: PaymentRecords) -> None:
    """What a gateway says is not ours to choose, and must not keep a payment from settling."""
    payments.open(payment(), OPENED)
    entry = Entry("webhook \x00" + "1" * 100, "k" * 100, "Adá \ud800 🔑\x00", {})
    payments.note("pay-1", entry, {"message": "no\x00\udfff", "answer": "\x00", "channel": "c" * 100})

    kept = found(payments)
    assert (kept.message, kept.answer, kept.channel) == ("no\ufffd\ufffd", "\ufffd", "c" * 64)
    line = payments.list_timeline("pay-1")[-1]
    assert line.sentence == "Adá \ufffd 🔑\ufffd"
    assert line.actor.startswith("webhook \ufffd1")
    assert len(line.actor) == 80
    assert line.at == START


@pytest.mark.parametrize("reference", ["\x00", "pay-1\x00", "\ud800", "", "p" * 100_000], ids=repr)
def test_no_reference_is_too_odd_to_be_unknown(payments: PaymentRecords, reference: str) -> None:
    payments.open(payment(), OPENED)
    assert payments.get(reference) is None
    assert payments.list_timeline(reference) == []
    assert not payments.claim_question(reference, timedelta(seconds=3), timedelta(seconds=60))


def test_words_are_kept_without_the_authorization_codes_they_quote(payments: PaymentRecords) -> None:
    payments.open(payment(message="the bank knows no AUTH_8dfhjjdt"), OPENED)

    assert found(payments).message == "the bank knows no AUTH_***"
