"""More controls: applications that look at something, and then act on what they saw a moment before."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from flask_paystack.app import FlaskPaystack
from flask_paystack.cli.start import application
from flask_paystack.jobs import MINUTE
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Entry, Status
from flask_paystack.records import messages, timeline
from flask_paystack.records.database import insert_or_nothing
from flask_paystack.records.jobs import JobRecords, Turn
from flask_paystack.records.leases import new_work
from flask_paystack.records.payments import Changes, Outcome
from flask_paystack.records.schema import handovers, jobs, payments
from flask_paystack.records.webhooks import Finished, finish_event
from flask_paystack.web.services import EXTENSION


def check_then_insert() -> Flask:
    """Reads whether a payment has settled, and settles it in a transaction that does not look again."""
    app = application()
    ours: FlaskPaystack = app.extensions[EXTENSION]
    records = ours.records.payments

    def settle(
        reference: str, changes: Changes, entry: Entry, receipt: Message, finished: Finished | None = None
    ) -> Outcome:
        payment = records.get(reference)
        if payment is None or payment.settled_at is not None:
            return Outcome.NOT_LEGAL
        now = records.now()
        with ours.records.database.writing() as connection:
            found = payments.c.reference == reference
            connection.execute(
                payments.update().where(found).values(status=Status.SUCCESS, settled_at=now, updated_at=now, **changes)
            )
            timeline.write(connection, reference, entry, now)
            messages.queue(connection, [receipt], now)
            told = {"id": f"evt_{reference}", "reference": reference, "created_at": now, "accepted_by": []}
            connection.execute(insert_or_nothing(connection, handovers).values(**told, **new_work(now)))
            if finished is not None:
                finish_event(connection, finished, now)
        return Outcome.TAKEN

    records.settle = settle  # type: ignore[method-assign]
    return app


def no_lease() -> Flask:
    """Runs every job when its own timer says, whoever else does, and notes the turn."""

    def take_turn(self: JobRecords, name: str, period: timedelta, lease: timedelta = MINUTE) -> Turn:
        now = self.now()
        with self._database.writing() as connection:
            connection.execute(insert_or_nothing(connection, jobs).values(name=name, fence=0))
            mine = update(jobs).where(jobs.c.name == name).values(lease_until=now + lease, fence=jobs.c.fence + 1)
            fence = connection.execute(mine.returning(jobs.c.fence)).scalar_one()
        return Turn(name, fence, now + period)

    JobRecords.take_turn = take_turn  # type: ignore[method-assign]
    return application()
