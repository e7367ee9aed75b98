"""Charging without the hosted page: ``POST /charge`` and its follow-ups (CONTRACT §4.3)."""

from collections.abc import Callable
from typing import Any

from paystack_simulator import cards, errors, parsing
from paystack_simulator.cards import Card, Decline, Step
from paystack_simulator.charging import Charging
from paystack_simulator.clock import MovableClock
from paystack_simulator.errors import Refused
from paystack_simulator.model import Integration, Status, Transaction
from paystack_simulator.transactions import Transactions

Fields = dict[str, Any]
Instrument = tuple[Card | None, Decline | None]
"""What is paid with, None where nobody knows it, and why it is refused whatever it is."""

SUBMITTED = {
    Step.PIN: ("pin",),
    Step.OTP: ("otp",),
    Step.PHONE: ("phone",),
    Step.BIRTHDAY: ("birthday",),
    Step.ADDRESS: ("address", "city", "state", "zip_code"),
}
"""What a follow-up has to send for each step; the first of it is the answer."""

ENTRY_POINT = "charge"


class Charges:
    """Charges of every integration. Callers hold the world's lock."""

    def __init__(self, transactions: Transactions, charging: Charging, clock: MovableClock) -> None:
        self._transactions = transactions
        self._charging = charging
        self._clock = clock

    def create(self, integration: Integration, fields: Fields) -> Transaction:
        """Charge whatever channel the body names. Raises Refused."""
        if fields.get("authorization_code"):
            return self._transactions.charge_authorization(integration, fields)
        channel = next((name for name in _READERS if not parsing.is_missing(fields.get(name))), None)
        if channel is None:
            raise Refused(errors.CHARGE_CHANNEL_REQUIRED)
        details = fields[channel] if isinstance(fields[channel], dict) else {}
        card, refuse = _READERS[channel](details)
        refuse = refuse or self._expired(details)
        transaction = self._transactions.open(integration, fields, ENTRY_POINT)
        if refuse is cards.PHONE_TOO_SHORT:
            transaction.card = card
            self._charging.fail(transaction, refuse, self._clock.now())
            return transaction
        self._charging.start(transaction, card, refuse=refuse)
        given = {Step.PIN: fields.get("pin"), Step.BIRTHDAY: fields.get("birthday"), Step.OTP: details.get("token")}
        while transaction.steps and isinstance(value := given.pop(transaction.steps[0], None), str):
            self._charging.answer(transaction, value)
        return transaction

    def _expired(self, details: Fields) -> Decline | None:
        month, year = (str(details.get(name, "")) for name in ("expiry_month", "expiry_year"))
        if not (month.isascii() and month.isdigit() and year.isascii() and year.isdigit()) or len(month + year) > 6:
            return None
        now = self._clock.now()
        return cards.EXPIRED_CARD if (int(year) % 100 + 2000, int(month)) < (now.year, now.month) else None

    def find(self, integration: Integration, reference: object) -> Transaction:
        """A charge by its reference. Raises Refused."""
        found = integration.transactions.get(str(reference))
        if found is None:
            raise Refused(errors.CHARGE_REFERENCE_INVALID)
        return found

    def submit(self, integration: Integration, step: Step, fields: Fields) -> Transaction:
        """The customer's answer to a step. A charge that failed stays failed, whatever the answer. Raises Refused."""
        transaction = self.find(integration, fields.get("reference"))
        for name in SUBMITTED[step]:
            if not isinstance(fields.get(name), str | int) or parsing.is_missing(fields[name]):
                raise Refused(errors.required(name))
        if transaction.status is Status.FAILED:
            return transaction
        if not transaction.steps or transaction.steps[0] is not step or not self._charging.payable(transaction):
            raise Refused(errors.CHARGE_NOT_AWAITING)
        self._charging.answer(transaction, parsing.text_of(fields[SUBMITTED[step][0]]))
        return transaction


def _card(details: Fields) -> Instrument:
    card = cards.get_card(str(details.get("number", "")))
    cvv = str(details.get("cvv", ""))
    return card, cards.NOT_A_TEST_CARD if card and cvv and cvv != card.cvv else None


def _bank(details: Fields) -> Instrument:
    if str(details.get("code")) == "50211":
        return cards.get_card("kuda"), None
    known = (str(details.get("code")), str(details.get("account_number"))) == ("057", "0000000000")
    return (cards.get_card("bank") if known else None), None


def _mobile_money(details: Fields) -> Instrument:
    digits = "".join(filter(str.isdigit, str(details.get("phone", ""))))
    name = {"0551234987": "mtn", "0700000000": "orange"}.get(digits, "mobile-money")
    return cards.get_card(name), cards.PHONE_TOO_SHORT if len(digits) < 10 else None


def _named(name: str) -> Callable[[Fields], Instrument]:
    return lambda _: (cards.get_card(name), None)


_READERS: dict[str, Callable[[Fields], Instrument]] = {
    "card": _card,
    "bank": _bank,
    "mobile_money": _mobile_money,
    "ussd": _named("ussd"),
    "qr": _named("qr"),
    "eft": _named("eft"),
    "bank_transfer": _named("bank-transfer"),
}
