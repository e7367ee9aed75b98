"""Counts and sums over the records."""

from datetime import datetime

from sqlalchemy import Column, func, select

from flask_paystack.records import leases
from flask_paystack.records.database import Database
from flask_paystack.records.schema import handovers, messages, payments, webhook_events


class NumberRecords:
    """What the records amount to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> dict[str, dict[str, int]]:
        """How many rows of each table are in each state."""
        columns: dict[str, Column[str]] = {
            "payments": payments.c.status,
            "webhook_events": webhook_events.c.state,
            "messages": messages.c.state,
            "handovers": handovers.c.state,
        }
        with self._database.reading() as connection:
            return {
                name: dict(connection.execute(select(column, func.count()).group_by(column)).all())
                for name, column in columns.items()
            }

    def settled_sums(self) -> dict[str, int]:
        """What settled payments amount to, in subunits, by currency; reversed ones left out."""
        query = (
            select(payments.c.currency, func.sum(payments.c.amount))
            .where(payments.c.status == "success")
            .group_by(payments.c.currency)
        )
        with self._database.reading() as connection:
            return {currency: int(total) for currency, total in connection.execute(query)}

    def oldest_waiting_event(self) -> datetime | None:
        """When the webhook event came that has waited longest for its processing."""
        oldest = select(func.min(webhook_events.c.received_at)).where(webhook_events.c.state == leases.WAITING)
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(oldest).scalar_one()
        return found

    def last_webhook(self) -> datetime | None:
        """When Paystack last delivered anything."""
        last = select(func.max(webhook_events.c.last_delivery_at))
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(last).scalar_one()
        return found
