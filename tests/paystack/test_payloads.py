"""Paystack's JSON, as tolerantly as it varies and no more."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from flask_paystack.paystack import payloads
from flask_paystack.paystack.payloads import Unreadable
from tests.paystack import REFERENCE


def transaction(**changes: Any) -> Any:
    usual = {
        "id": 5100000001,
        "domain": "test",
        "status": "success",
        "reference": REFERENCE,
        "amount": 500000,
        "requested_amount": 500000,
        "currency": "NGN",
        "channel": "card",
        "gateway_response": "Successful",
        "paid_at": "2026-03-01T10:00:05.000Z",
        "log": None,
    }
    return payloads.read_transaction({**usual, **changes})


@pytest.mark.parametrize(
    ("told", "understood"),
    [
        (500000, 500000),
        ("500000", 500000),
        (0, 0),
        ("0", 0),
        (10**17, 10**17),
        (500000.0, None),
        (5000.5, None),
        ("5000.00", None),
        ("5e5", None),
        ("1_000", None),
        (" 5", None),
        ("٥٠٠", None),
        ("-5", None),
        (-5, None),
        (True, None),
        (False, None),
        (None, None),
        ("", None),
        ([500000], None),
        (10**18, None),
        ("9" * 19, None),
        (10**4000, None),
    ],
)
def test_amounts_of_paystacks_are_whole_subunits_as_a_number_or_in_digits(told: Any, understood: int | None) -> None:
    assert transaction(amount=told).amount == understood
    assert transaction(requested_amount=told).requested_amount == understood


@pytest.mark.parametrize(
    ("told", "understood"),
    [
        (2**64 - 1, str(2**64 - 1)),
        (2**63, str(2**63)),
        (0, "0"),
        ("7700001", "7700001"),
        (2**64, None),
        (-1, None),
        (1.0, None),
        (True, None),
        (None, None),
        ("a b", None),
        ("१२", None),
        ("x" * 33, None),
    ],
)
def test_ids_need_64_bits_and_are_kept_as_text(told: Any, understood: str | None) -> None:
    assert transaction(id=told).paystack_id == understood


@pytest.mark.parametrize("metadata", [0, "", None, {}, {"a": 1}, [], "{}", 7.5])
def test_metadata_may_be_anything(metadata: Any) -> None:
    assert transaction(metadata=metadata).reference == REFERENCE


@pytest.mark.parametrize("authorization", [{}, None, "", 0, [], {"authorization_code": "AUTH_1"}])
def test_authorization_is_a_mapping_or_nothing(authorization: Any) -> None:
    assert dict(transaction(authorization=authorization).authorization) == (authorization or {})


def test_every_key_but_reference_and_status_may_be_missing() -> None:
    read = payloads.read_transaction({"reference": "r", "status": "ongoing"})

    assert (read.reference, read.status) == ("r", "ongoing")
    assert (read.domain, read.amount, read.requested_amount, read.currency, read.paid_at) == (None,) * 5


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        7,
        {},
        {"reference": "r"},
        {"status": "success"},
        {"reference": "", "status": "success"},
        {"reference": 7, "status": "success"},
        {"reference": "r", "status": True},
        {"reference": "r", "status": None},
    ],
)
def test_what_names_no_reference_or_status_is_unreadable(data: Any) -> None:
    with pytest.raises(Unreadable):
        payloads.read_transaction(data)


def test_authorization_codes_are_cleaned_from_texts() -> None:
    assert (
        payloads.text("Authorization AUTH_8dfhjjdt-x_1 is not (AUTH_9)") == "Authorization AUTH_*** is not (AUTH_***)"
    )
    assert payloads.text("x" * 296 + "AUTH_8dfhjjdt") == "x" * 296 + "AUTH"


def test_control_characters_and_half_characters_are_cleaned_from_texts() -> None:
    read = transaction(
        gateway_response="Declined\r\nX: 1\x00\x1b[31m\u2028\ud800 end", channel="\x00", message="a" * 9000
    )

    assert read.gateway_response == "Declined  X: 1  [31m   end"
    assert read.channel is None
    assert len(read.message) == 300


@pytest.mark.parametrize(
    ("changes", "declined"),
    [
        ({"status": "success", "gateway_response": "Successful"}, False),
        ({"status": "success", "gateway_response": "Declined"}, False),
        ({"status": "abandoned", "gateway_response": "The transaction was not completed"}, False),
        ({"status": "abandoned", "gateway_response": ""}, False),
        ({"status": "abandoned", "gateway_response": None}, False),
        ({"status": "abandoned", "gateway_response": "Transaction declined. Please use the test card."}, True),
        ({"status": "failed", "gateway_response": "Incorrect PIN"}, True),
        ({"status": "abandoned", "gateway_response": None, "gateway_response_code": "insufficient_funds"}, True),
        ({"status": "abandoned", "gateway_response": None, "gateway_response_code": "approved"}, False),
        ({"status": "abandoned", "gateway_response": None, "gateway_response_code": "unknown"}, False),
        (
            {"status": "abandoned", "gateway_response": "", "log": {"history": [{"type": "error", "message": "x"}]}},
            True,
        ),
        ({"status": "abandoned", "gateway_response": "", "log": {"history": [{"type": "action"}]}}, False),
        ({"status": "abandoned", "gateway_response": "", "log": {"history": "none"}}, False),
        ({"status": "abandoned", "gateway_response": "", "log": []}, False),
    ],
)
def test_a_decline_is_told_from_a_payment_not_yet_made(changes: dict[str, Any], declined: bool) -> None:
    assert transaction(**changes).declined is declined


def test_when_the_customer_was_last_active_comes_from_the_log() -> None:
    """It counts seconds from its start (CONTRACT §3.1). Whoever chooses another card is still paying."""
    history = [
        {"type": "action", "message": "Attempted to pay", "time": 4},
        {"type": "error", "message": "Declined", "time": 6},
        {"type": "error", "message": "Declined again", "time": 65},
        {"type": "action", "message": "Set payment method", "time": 80},
    ]

    read = transaction(status="abandoned", log={"start_time": 1772359200, "history": history})

    assert read.attempted_at == datetime(2026, 3, 1, 10, 1, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "log",
    [
        None,
        {},
        {"start_time": "1772359200", "history": [{"type": "error", "time": 1}]},
        {"start_time": 1772359200, "history": [{"type": "error", "time": None}]},
        {"start_time": 1772359200, "history": [{"type": "error", "time": 10**400}]},
        {"start_time": 10**30, "history": [{"type": "error", "time": 1}]},
        {"start_time": -(10**15), "history": [{"type": "error", "time": 1}]},
        {"start_time": True, "history": [{"type": "error", "time": 1}]},
        {"start_time": 1772359200, "history": [None, 7, "x"]},
    ],
)
def test_a_log_that_makes_no_sense_gives_no_time(log: Any) -> None:
    assert transaction(status="abandoned", log=log).attempted_at is None


@pytest.mark.parametrize(
    ("told", "understood"),
    [
        ("2026-03-01T10:00:05.000Z", datetime(2026, 3, 1, 10, 0, 5, tzinfo=UTC)),
        ("2026-03-01T11:00:05+01:00", datetime(2026, 3, 1, 10, 0, 5, tzinfo=UTC)),
        ("2026-03-01T10:00:05", datetime(2026, 3, 1, 10, 0, 5, tzinfo=UTC)),
        ("0001-01-01T00:00:00+23:59", None),
        ("yesterday", None),
        ("", None),
        (1772359200, None),
        (None, None),
        ({}, None),
    ],
)
def test_instants_are_iso_8601_in_utc(told: Any, understood: datetime | None) -> None:
    assert transaction(paid_at=told).paid_at == understood
    assert transaction(paid_at=None, paidAt=told).paid_at == understood


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"7",
        b'{"event": null}',
        b'{"event": ""}',
        b'{"event": 7}',
        b'{"data": {}}',
        b"{'event': 'x'}",
        b'{"event": "x", "event": "y"}',
        b'{"event": "x", "data": {"amount": NaN}}',
        b'{"event": "x", "data": {"amount": 1e400}}',
        b"[" * 20_000,
        '{"event": "x"}'.encode("utf-16"),
        b'{"event": "\\ud800"}',
        b"\xff\xfe",
    ],
)
def test_a_body_that_names_no_event_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        payloads.read_event(body)


@pytest.mark.parametrize("data", [None, [], [{}], "x", 0])
def test_an_event_whose_data_is_no_object_is_read_without(data: Any) -> None:
    read = payloads.read_event(json.dumps({"event": "subscription.expiring_cards", "data": data}).encode())

    assert (read.name, dict(read.data), payloads.correlation(read)) == ("subscription.expiring_cards", {}, None)


@pytest.mark.parametrize(
    ("data", "reference"),
    [
        ({"reference": "r1"}, "r1"),
        ({"transaction_reference": "r1", "reference": "other"}, "r1"),
        ({"transaction_reference": None, "transaction": {"reference": "r1"}}, "r1"),
        ({"transaction": "r1", "reference": ""}, None),
        ({"transaction": {"reference": 7}}, None),
        ({}, None),
    ],
)
def test_an_event_is_correlated_by_the_keys_it_has(data: dict[str, Any], reference: str | None) -> None:
    assert payloads.correlation(payloads.Event("refund.processed", data)) == reference


def test_a_refund_is_read_with_text_for_numbers() -> None:
    """As ``refund.pending`` has it (CONTRACT §6.2)."""
    read = payloads.read_refund({"id": "7700001", "status": "needs-attention", "amount": "2500", "currency": "NGN"})

    assert (read.paystack_id, read.status, read.amount, read.currency) == ("7700001", "needs-attention", 2500, "NGN")
