"""Disputes: opened by the cardholder's bank, reminded of, answered, and accepted at the deadline (CONTRACT §8)."""

from datetime import datetime, timedelta
from typing import Any

from paystack_simulator import dispute_payloads, errors, parsing
from paystack_simulator.agenda import Agenda
from paystack_simulator.clock import MovableClock
from paystack_simulator.errors import Refused
from paystack_simulator.model import Dispute, DisputeStatus, Evidence, Integration, Resolution, Transaction
from paystack_simulator.refunds import status_after_refunds
from paystack_simulator.settings import Settings
from paystack_simulator.webhooks import Webhooks
from paystack_simulator.world import World

Fields = dict[str, Any]


class Disputes:
    """The disputes of every integration. Callers hold the world's lock."""

    def __init__(
        self, world: World, webhooks: Webhooks, clock: MovableClock, settings: Settings, agenda: Agenda
    ) -> None:
        self._world = world
        self._webhooks = webhooks
        self._clock = clock
        self._settings = settings
        self._agenda = agenda

    def open(self, transaction: Transaction, amount: int | None, category: str, message: str) -> Dispute:
        """What a cardholder's bank does: ask for a payment's money back, all of it unless an amount is named.

        Raises ValueError for a transaction that holds no money, or less than that.
        """
        if not transaction.paid or transaction.charged_back:
            raise ValueError(f"There is no money of {transaction.reference} to dispute.")
        if amount is not None and amount > transaction.amount:
            raise ValueError(f"No more than {transaction.amount} of {transaction.reference} can be disputed.")
        now = self._clock.now()
        dispute = Dispute(
            id=next(self._world.dispute_ids),
            transaction=transaction,
            refund_amount=amount or transaction.amount,
            category=category,
            created_at=now,
            updated_at=now,
            due_at=now + timedelta(seconds=self._settings.dispute_deadline),
            message=message,
        )
        dispute.history.append((DisputeStatus.PENDING, transaction.customer.email, now))
        transaction.integration.disputes[dispute.id] = dispute
        self._tell("create", dispute, now)
        self._agenda.plan(dispute.due_at, lambda at: self._accept_unanswered(dispute, at))
        self._plan_reminder(dispute, now)
        return dispute

    def update(self, dispute: Dispute, fields: Fields) -> None:
        """Change what is offered back. Raises Refused."""
        dispute.refund_amount = self._amount(dispute, fields)
        dispute.attachments = parsing.text(fields, "uploaded_filename") or dispute.attachments
        dispute.updated_at = self._clock.now()

    def add_evidence(self, dispute: Dispute, fields: Fields) -> Evidence:
        """Keep what shows that value was delivered. Raises Refused."""
        needed = {name: parsing.text(fields, name) or "" for name in _EVIDENCE}
        for name, value in needed.items():
            if not value:
                raise Refused(errors.required(name))
        dispute.evidence = Evidence(
            id=next(self._world.evidence_ids),
            created_at=self._clock.now(),
            delivery_address=parsing.text(fields, "delivery_address"),
            delivery_date=parsing.text(fields, "delivery_date"),
            **needed,
        )
        return dispute.evidence

    def resolve(self, dispute: Dispute, fields: Fields) -> None:
        """The merchant's answer. What the bank makes of a ``declined`` is not documented; here it ends the dispute too.

        Raises Refused.
        """
        if not dispute.open:
            raise Refused(errors.DISPUTE_RESOLVED)
        for name in ("message", "uploaded_filename"):
            if not parsing.text(fields, name):
                raise Refused(errors.required(name))
        resolution = parsing.text(fields, "resolution")
        if resolution not in {Resolution.ACCEPTED, Resolution.DECLINED}:
            raise Refused(errors.INVALID_RESOLUTION)
        dispute.refund_amount = self._amount(dispute, fields)
        dispute.note = parsing.text(fields, "message")
        dispute.attachments = parsing.text(fields, "uploaded_filename")
        self._close(dispute, Resolution(resolution), self._clock.now())

    def _amount(self, dispute: Dispute, fields: Fields) -> int:
        if parsing.is_missing(fields.get("refund_amount")):
            raise Refused(errors.required("refund_amount"))
        amount = parsing.amount({"amount": fields["refund_amount"]})
        if amount > dispute.transaction.amount:
            raise Refused(errors.REFUND_ABOVE_TRANSACTION)
        return amount

    def _accept_unanswered(self, dispute: Dispute, at: datetime) -> None:
        if dispute.open:
            self._close(dispute, Resolution.AUTO_ACCEPTED, at)

    def _close(self, dispute: Dispute, resolution: Resolution, at: datetime) -> None:
        """An accepted dispute turns the transaction ``reversed`` (CONTRACT §8)."""
        dispute.status = DisputeStatus.RESOLVED
        dispute.resolution = resolution
        dispute.resolved_at = dispute.updated_at = at
        dispute.history.append((DisputeStatus.RESOLVED, "owner@example.com", at))
        transaction = dispute.transaction
        transaction.charged_back = resolution is not Resolution.DECLINED
        transaction.status = status_after_refunds(transaction)
        self._tell("resolve", dispute, at)

    def _plan_reminder(self, dispute: Dispute, at: datetime) -> None:
        next_at = at + timedelta(seconds=self._settings.dispute_reminder)
        if next_at < dispute.due_at:
            self._agenda.plan(next_at, lambda due_at: self._remind(dispute, due_at))

    def _remind(self, dispute: Dispute, at: datetime) -> None:
        if dispute.open:
            self._tell("remind", dispute, at)
            self._plan_reminder(dispute, at)

    def _tell(self, what: str, dispute: Dispute, at: datetime) -> None:
        transaction = dispute.transaction
        data = dispute_payloads.event(dispute)
        event = f"charge.dispute.{what}"
        self._webhooks.record(transaction.integration, event, data, transaction.reference, dispute.id, at)

    def list_matching(self, integration: Integration, arguments: dict[str, str]) -> list[Dispute]:
        """The disputes a list's filters let through, newest first. Raises Refused for a bad date."""
        since, until = parsing.date(arguments, "from"), parsing.date(arguments, "to")
        status, wanted = arguments.get("status"), arguments.get("transaction")
        return [
            dispute
            for dispute in reversed(integration.disputes.values())
            if (not status or dispute.status == status)
            and (not wanted or str(dispute.transaction.id) == wanted)
            and (since is None or dispute.created_at >= since)
            and (until is None or dispute.created_at <= until)
        ]


_EVIDENCE = ("customer_email", "customer_name", "customer_phone", "service_details")
