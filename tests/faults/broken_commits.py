"""Controls for steered servers: what belongs together is committed apart, is no longer one's own, or is known to one alone."""

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, update

from flask_paystack.app import FlaskPaystack
from flask_paystack.errors import IdempotencyKeyReused
from flask_paystack.mail.letters import write_letter
from flask_paystack.mail.model import Message, QueuedMessage
from flask_paystack.mail.sender import Sender
from flask_paystack.payments.model import Entry
from flask_paystack.records import handovers, leases, messages
from flask_paystack.records.idempotency import Begun
from flask_paystack.records.leases import Claim
from flask_paystack.records.payments import Changes, Outcome
from flask_paystack.records.webhooks import Finished


def two_transactions(ours: FlaskPaystack) -> None:
    """Settles in one transaction, and queues the receipt and the hand-over in the next."""
    records = ours.records.payments
    queue_messages, queue_handover, settle_alone = messages.queue, handovers.queue, records.settle
    settling = threading.local()

    def queue(connection: Connection, queued: Iterable[Message], now: datetime) -> None:
        if not getattr(settling, "now", False):
            queue_messages(connection, queued, now)

    def settle(
        reference: str, changes: Changes, entry: Entry, receipt: Message, finished: Finished | None = None
    ) -> Outcome:
        settling.now = True
        try:
            outcome = settle_alone(reference, changes, entry, receipt, finished)
        finally:
            settling.now = False
        if outcome is Outcome.TAKEN:
            now = records.now()
            with ours.records.database.writing() as connection:
                queue_messages(connection, [receipt], now)
                queue_handover(connection, reference, now)
        return outcome

    handovers.queue = lambda *_: None
    messages.queue = queue
    records.settle = settle  # type: ignore[method-assign]


def mail_first(ours: FlaskPaystack) -> None:
    """Mails within the transaction, before its commit, and queues nothing."""
    sender = Sender(ours.settings, ours.wiring.clock)

    def send(connection: Connection, queued: Iterable[Message], now: datetime) -> None:
        for message in queued:
            usual = {"id": 0, "state": "waiting", "attempts": 0, "error": None, "finished_at": None}
            whole: dict[str, Any] = {**vars(message), **usual, "created_at": now, "next_attempt_at": now}
            letter = write_letter(QueuedMessage(**whole), ours.wiring.links)
            sender.send(letter, message.recipient, secrets.token_hex(8))

    messages.queue = send


def no_fence(_: FlaskPaystack) -> None:
    """Ends whatever it once claimed, whoever has it by now."""

    def close(connection: Connection, table: Table, claim: Claim, values: Mapping[str, Any]) -> None:
        connection.execute(update(table).where(table.c.id == claim.id).values(lease_until=None, **values))

    leases._close = close


def keys_in_process(ours: FlaskPaystack) -> None:
    """Keeps idempotency keys in a dict of its own process, and looks there before it does the work."""
    kept: dict[str, tuple[str, Mapping[str, Any]]] = {}
    asked: dict[str, str] = {}
    keys = ours.records.idempotency

    def begin(scope: str, body_digest: str, order: str) -> Begun:
        if scope in kept:
            digest, answer = kept[scope]
            if digest != body_digest:
                raise IdempotencyKeyReused("This Idempotency-Key was sent before with another body.")
            return Begun(order, answer)
        asked[scope] = body_digest
        return Begun(order)

    def answered(scope: str, answer: Mapping[str, Any]) -> None:
        kept[scope] = asked[scope], answer

    keys.begin = begin  # type: ignore[method-assign]
    keys.answered = answered  # type: ignore[method-assign]
    keys.gave_up = lambda _: None  # type: ignore[assignment, method-assign]


CONTROLS: Mapping[str, Callable[[FlaskPaystack], None]] = {
    "two-transactions": two_transactions,
    "mail-first": mail_first,
    "no-fence": no_fence,
    "keys-in-process": keys_in_process,
}
