"""Payments as rows, and rows as payments."""

from typing import Any

from sqlalchemy import Row

from flask_paystack.payments.model import Payment, Status


def columns_of(payment: Payment) -> dict[str, Any]:
    """The values of a payment's row."""
    values = dict(vars(payment))
    values["order_id"] = values.pop("order")
    values["metadata"] = dict(payment.metadata)
    return values


def payment_of(row: Row[Any]) -> Payment:
    """The payment that a row holds."""
    values = dict(row._mapping)
    values["order"] = values.pop("order_id")
    values["status"] = Status(values["status"])
    return Payment(**values)
