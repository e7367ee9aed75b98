"""Every store of records, over one database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from flask_paystack.clock import Clock
from flask_paystack.records.accounts import AccountRecords
from flask_paystack.records.auto_retries import AutoRetryRecords
from flask_paystack.records.cursors import CursorRecords
from flask_paystack.records.database import Database
from flask_paystack.records.disputes import DisputeRecords
from flask_paystack.records.durability import database_at
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.idempotency import IdempotencyRecords
from flask_paystack.records.incidents import IncidentRecords
from flask_paystack.records.jobs import JobRecords
from flask_paystack.records.logins import LoginRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.numbers import NumberRecords
from flask_paystack.records.payments import PaymentRecords
from flask_paystack.records.record_keys import RecordKeyRecords
from flask_paystack.records.refunds import RefundRecords
from flask_paystack.records.sealed_bodies import ClearBodies
from flask_paystack.records.second_factors import SecondFactorRecords
from flask_paystack.records.webhooks import WebhookRecords
from flask_paystack.sealing import Seal

IDEMPOTENCY_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True)
class Records:
    """One store a subject."""

    database: Database
    keys: RecordKeyRecords
    seal: Seal
    payments: PaymentRecords
    refunds: RefundRecords
    disputes: DisputeRecords
    accounts: AccountRecords
    logins: LoginRecords
    second_factors: SecondFactorRecords
    webhooks: WebhookRecords
    clear_bodies: ClearBodies
    messages: MessageRecords
    handovers: HandoverRecords
    idempotency: IdempotencyRecords
    auto_retries: AutoRetryRecords
    jobs: JobRecords
    cursors: CursorRecords
    incidents: IncidentRecords
    numbers: NumberRecords

    @classmethod
    def open(
        cls, url: str, clock: Clock, lease: timedelta, secrets: Sequence[str], also_open: Sequence[str] = ()
    ) -> Self:
        """The stores in the database at ``url``, which is connected to when it is first used.

        Args:
            lease: how long a request may hold an idempotency key before it counts as lost.
            secrets: seal what must not lie in clear, newest first; ``also_open`` are those that did so before.

        Raises:
            SettingsError: no driver could use the address.
        """
        database = database_at(url)
        keys = RecordKeyRecords(database, clock, secrets, also_open)
        seal = Seal(keys)
        return cls(
            database=database,
            keys=keys,
            seal=seal,
            payments=PaymentRecords(database, clock),
            refunds=RefundRecords(database, clock),
            disputes=DisputeRecords(database, clock),
            accounts=AccountRecords(database, clock),
            logins=LoginRecords(database, clock),
            second_factors=SecondFactorRecords(database, clock, seal),
            webhooks=WebhookRecords(database, clock, seal),
            clear_bodies=ClearBodies(database, seal),
            messages=MessageRecords(database, clock),
            handovers=HandoverRecords(database, clock),
            idempotency=IdempotencyRecords(database, clock, IDEMPOTENCY_LIFETIME, lease),
            auto_retries=AutoRetryRecords(database, clock),
            jobs=JobRecords(database, clock),
            cursors=CursorRecords(database),
            incidents=IncidentRecords(database, clock),
            numbers=NumberRecords(database, clock),
        )
