"""Everything the simulated Paystack remembers, behind one lock."""

import itertools
import secrets
import string
import threading
from collections.abc import Iterator
from datetime import datetime

from paystack_simulator.cards import Card
from paystack_simulator.model import Authorization, Customer, Integration, Transaction

_LOWER = string.ascii_lowercase + string.digits
_MIXED = string.ascii_letters + string.digits


def random_text(length: int, alphabet: str = _LOWER) -> str:
    """``length`` characters nobody can guess."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


class World:
    """The integrations and what is theirs. Hold ``lock`` to read or change any of it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.integrations: dict[str, Integration] = {}
        self.retired_keys: set[str] = set()
        """Keys that open nothing any more, since others took their place."""
        self.by_access_code: dict[str, Transaction] = {}
        self.card_signatures: dict[str, str] = {}
        # Ids do not fit in 32 bits at Paystack either (CONTRACT §3.1).
        self.transaction_ids = itertools.count(5_100_000_001)
        self.customer_ids = itertools.count(9001)
        self.integration_ids = itertools.count(100_001)
        self.refund_ids = itertools.count(7_700_001)
        self.dispute_ids = itertools.count(358_001)
        self.evidence_ids = itertools.count(21_001)

    def integration(self, secret_key: str) -> Integration:
        """The integration this secret key opens; every test key opens one of its own."""
        with self.lock:
            if secret_key not in self.integrations:
                self.integrations[secret_key] = Integration(next(self.integration_ids), secret_key)
            return self.integrations[secret_key]

    def rotate_key(self, old: str, new: str) -> None:
        """Give an integration another secret key. The old one opens nothing any more.

        Raises KeyError without such an integration, or when ``new`` is taken.
        """
        with self.lock:
            if new in self.integrations or new in self.retired_keys:
                raise KeyError(new)
            integration = self.integrations.pop(old)
            self.retired_keys.add(old)
            integration.secret_key = new
            self.integrations[new] = integration

    def customer(self, integration: Integration, email: str, now: datetime) -> Customer:
        """The integration's customer with this address, made on first sight."""
        key = email.lower()
        if key not in integration.customers:
            code = "CUS_" + random_text(15)
            integration.customers[key] = Customer(next(self.customer_ids), email, code, now, now)
        return integration.customers[key]

    def add_transaction(self, transaction: Transaction) -> None:
        """Remember a new transaction under its reference, id and access code."""
        integration = transaction.integration
        integration.transactions[transaction.reference] = transaction
        integration.transactions_by_id[transaction.id] = transaction
        self.by_access_code[transaction.access_code] = transaction

    def add_authorization(self, transaction: Transaction, card: Card) -> Authorization:
        """A new authorization for this use of the card; its signature stays the same per card (CONTRACT §4.1)."""
        signature = self.card_signatures.setdefault(card.number, "SIG_" + random_text(20, _MIXED))
        code = "AUTH_" + random_text(10)
        authorization = Authorization(code, transaction.customer.email, card, signature, card.reusable)
        transaction.integration.authorizations[code] = authorization
        return authorization

    def new_reference(self) -> str:
        """A reference of Paystack's own making (CONTRACT §2)."""
        return random_text(10, _LOWER)

    def new_access_code(self) -> str:
        """The unguessable last part of a checkout address (CONTRACT §2)."""
        return random_text(15)

    def all_transactions(self) -> Iterator[Transaction]:
        """Every transaction of every integration, oldest first within each."""
        for integration in self.integrations.values():
            yield from integration.transactions.values()

    def find(self, reference: str) -> Transaction | None:
        """The first transaction with this reference in any integration."""
        for integration in self.integrations.values():
            if reference in integration.transactions:
                return integration.transactions[reference]
        return None
