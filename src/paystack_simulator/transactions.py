"""Opening transactions, charging authorizations, finding them again (CONTRACT §2, §3, §4.2)."""

import base64
import binascii
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from paystack_simulator import cards, errors, parsing
from paystack_simulator.agenda import Agenda
from paystack_simulator.cards import Decline
from paystack_simulator.charging import Charging
from paystack_simulator.clock import MovableClock
from paystack_simulator.errors import Refused
from paystack_simulator.model import Authorization, Integration, Status, Transaction
from paystack_simulator.settings import Settings
from paystack_simulator.world import World

Fields = dict[str, Any]
Row = TypeVar("Row")

BANK_TAKES = timedelta(minutes=10)
"""How long a charge that the bank takes its time over stays ``processing`` (CONTRACT §4.2)."""


class Transactions:
    """The transactions of every integration. Callers hold the world's lock."""

    def __init__(
        self, world: World, charging: Charging, clock: MovableClock, settings: Settings, agenda: Agenda
    ) -> None:
        self._world = world
        self._charging = charging
        self._clock = clock
        self._settings = settings
        self._agenda = agenda

    def initialize(self, integration: Integration, fields: Fields) -> Transaction:
        """A new transaction, ``abandoned`` until it is paid (CONTRACT §2). Raises Refused."""
        return self.open(integration, fields, "transaction_initialize")

    def charge_authorization(
        self,
        integration: Integration,
        fields: Fields,
        *,
        paused: bool = False,
        processing: bool = False,
        refuse: Decline | None = None,
    ) -> Transaction:
        """Charge a card again; a refused request does not burn the reference (CONTRACT §2, §4.2). Raises Refused.

        ``paused`` leaves the payment for the customer to confirm at the bank; ``processing`` lets it succeed ten minutes
        later, as a direct debit does; ``refuse`` declines it.
        """
        authorization = _authorization(integration, fields)
        transaction = self.open(integration, fields, "charge_authorization")
        self._charge(transaction, authorization, paused=paused, processing=processing, refuse=refuse)
        return transaction

    def partial_debit(self, integration: Integration, fields: Fields, *, refuse: Decline | None = None) -> Transaction:
        """Take what the account holds of the amount, if it is ``at_least`` so much (CONTRACT §4.2). Raises Refused."""
        authorization = _authorization(integration, fields)
        if parsing.is_missing(fields.get("currency")):
            raise Refused(errors.CURRENCY_REQUIRED)
        least = fields.get("at_least")
        least = 0 if parsing.is_missing(least) else parsing.amount({"amount": least})
        transaction = self.open(integration, fields, "partial_debit")
        held = transaction.amount if authorization.balance is None else authorization.balance
        if held <= 0 or held < least:
            refuse = refuse or cards.INSUFFICIENT_FUNDS
        elif held < transaction.amount:
            transaction.overrides.amount = held
        self._charge(transaction, authorization, refuse=refuse)
        return transaction

    def _charge(
        self,
        transaction: Transaction,
        authorization: Authorization,
        *,
        paused: bool = False,
        processing: bool = False,
        refuse: Decline | None,
    ) -> None:
        transaction.authorization = authorization
        if authorization.declines is not None:
            refuse = Decline(authorization.declines, "05")
        now = self._clock.now()
        transaction.attempts += 1
        transaction.card = authorization.card
        transaction.note("action", "Attempted to pay with an authorization", now)
        if paused:
            transaction.steps = [cards.Step.BANK]
        elif refuse is not None:
            self._charging.fail(transaction, refuse, now)
        elif processing:
            transaction.status = Status.PROCESSING
            self._agenda.plan(now + BANK_TAKES, lambda _at: self._charging.succeed(transaction, authorization.card))
        else:
            self._charging.succeed(transaction, authorization.card)

    def open(self, integration: Integration, fields: Fields, entry_point: str) -> Transaction:
        """A new transaction under the caller's reference or one of our making. Raises Refused."""
        email = parsing.email(fields)
        amount = parsing.amount(fields)
        currency = parsing.currency(fields, self._settings.currencies)
        reference = parsing.reference(fields)
        metadata = parsing.metadata(fields)
        if reference is not None and reference in integration.transactions:
            raise Refused(errors.DUPLICATE_REFERENCE)
        transaction = Transaction(
            id=next(self._world.transaction_ids),
            integration=integration,
            reference=reference or self._world.new_reference(),
            access_code=self._world.new_access_code(),
            amount=amount,
            requested_amount=amount,
            currency=currency,
            customer=self._world.customer(integration, email, self._clock.now()),
            created_at=self._clock.now(),
            metadata=metadata,
            callback_url=parsing.text(fields, "callback_url"),
            label=parsing.text(fields, "label"),
            entry_point=entry_point,
        )
        self._world.add_transaction(transaction)
        return transaction

    def list_matching(self, integration: Integration, arguments: dict[str, str]) -> list[Transaction]:
        """The transactions a list's filters let through, newest first (CONTRACT §3.4). Raises Refused for a bad date."""
        tests = _filters(arguments)
        newest_first = reversed(integration.transactions.values())
        return [transaction for transaction in newest_first if all(test(transaction) for test in tests)]


def _authorization(integration: Integration, fields: Fields) -> Authorization:
    """The authorization a caller may charge: known, in use, and of the same e-mail address (CONTRACT §4.1)."""
    code = fields.get("authorization_code")
    if not code:
        raise Refused(errors.AUTHORIZATION_REQUIRED)
    found = integration.authorizations.get(str(code))
    if found is None:
        raise Refused(errors.INVALID_AUTHORIZATION)
    if not (found.active and found.reusable) or parsing.email(fields).lower() != found.email.lower():
        raise Refused(errors.AUTHORIZATION_MISMATCH)
    return found


def totals(rows: list[Transaction]) -> dict[str, Any]:
    """Sums over paid transactions; no transfers are simulated, so none are pending (CONTRACT §3.4)."""
    paid = [transaction for transaction in rows if transaction.paid]
    by_currency: dict[str, int] = {}
    for transaction in paid:
        by_currency[transaction.currency] = by_currency.get(transaction.currency, 0) + transaction.amount
    return {
        "total_transactions": len(paid),
        "total_volume": sum(by_currency.values()),
        "total_volume_by_currency": [
            {"currency": name, "amount": amount} for name, amount in sorted(by_currency.items())
        ],
        "pending_transfers": 0,
        "pending_transfers_by_currency": [],
    }


def _filters(arguments: dict[str, str]) -> list[Callable[[Transaction], bool]]:
    tests: list[Callable[[Transaction], bool]] = []
    since, until = parsing.date(arguments, "from"), parsing.date(arguments, "to")
    if since is not None:
        tests.append(lambda transaction: transaction.created_at >= since)
    if until is not None:
        tests.append(lambda transaction: transaction.created_at <= until)
    # A customer code silently finds nothing: only the numeric id does (CONTRACT §3.4).
    readers: dict[str, Callable[[Transaction], str]] = {
        "status": lambda transaction: transaction.status.value,
        "customer": lambda transaction: str(transaction.customer.id),
        "amount": lambda transaction: str(transaction.amount),
        "channel": lambda transaction: transaction.channel,
    }
    for name, read in readers.items():
        if wanted := arguments.get(name):
            tests.append(lambda transaction, read=read, wanted=wanted: read(transaction) == wanted)  # type: ignore[misc]
    return tests


def page(rows: list[Row], arguments: dict[str, str]) -> tuple[list[Row], dict[str, Any]]:
    """One page by number, and its ``meta`` (CONTRACT §3.4). 50 rows unless ``perPage`` says otherwise."""
    size = parsing.count(arguments, "perPage", 50)
    number = parsing.count(arguments, "page", 1)
    skipped = (number - 1) * size
    meta = {
        "total": len(rows),
        "skipped": skipped,
        "perPage": size,
        "page": number,
        "pageCount": math.ceil(len(rows) / size),
    }
    return rows[skipped : skipped + size], meta


def cursor_page(rows: list[Transaction], arguments: dict[str, str]) -> tuple[list[Transaction], dict[str, Any]]:
    """One page by cursor, and its ``meta`` (CONTRACT §3.4). The cursors are opaque to the caller."""
    size = parsing.count(arguments, "perPage", 50)
    if after := _cursor_id(arguments.get("next")):
        rows = [transaction for transaction in rows if transaction.id < after]
        chosen = rows[:size]
    elif before := _cursor_id(arguments.get("previous")):
        newer = [transaction for transaction in rows if transaction.id > before]
        chosen = newer[-size:]
    else:
        chosen = rows[:size]
    last_of_all = rows[-1].id if rows else 0
    meta = {
        "next": _cursor(chosen[-1].id) if chosen and chosen[-1].id > last_of_all else None,
        "previous": _cursor(chosen[0].id) if chosen and (arguments.get("next") or arguments.get("previous")) else None,
        "perPage": size,
    }
    return chosen, meta


def _cursor(transaction_id: int) -> str:
    return base64.urlsafe_b64encode(f"transaction:{transaction_id}".encode()).decode()


def _cursor_id(cursor: str | None) -> int | None:
    try:
        text = base64.urlsafe_b64decode(cursor or "").decode()
        return int(text.removeprefix("transaction:"))
    except (binascii.Error, ValueError):
        return None
