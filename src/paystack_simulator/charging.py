"""What happens when somebody pays: the card, its hidden steps, success and decline (CONTRACT §3.2, §4.2, §10)."""

from collections.abc import Callable
from datetime import date, datetime

from paystack_simulator import cards, payloads, payment_faults
from paystack_simulator.cards import Card, Decline, Step
from paystack_simulator.clock import MovableClock
from paystack_simulator.faults import PAYMENT, Faults
from paystack_simulator.model import LogEntry, Overrides, Status, Transaction
from paystack_simulator.settings import Settings
from paystack_simulator.webhooks import Webhooks
from paystack_simulator.world import World

APPROVED = "approve"
"""What a customer presses on the bank's page, or does on the phone."""

_AWAITING = {Step.PIN: Status.ABANDONED}
"""Verify still says ``abandoned`` while a PIN is awaited, and ``ongoing`` for the later steps (CONTRACT §3.2)."""


def charge_event_metadata(settings: Settings) -> object:
    """What a webhook says when no metadata was sent (CONTRACT §6.2)."""
    return 0 if settings.empty_metadata == "varied" else settings.empty_metadata


class Charging:
    """The bank's side of a payment. Callers hold the world's lock, so an event is taken in with the change it tells of."""

    def __init__(
        self, world: World, webhooks: Webhooks, clock: MovableClock, settings: Settings, faults: Faults
    ) -> None:
        self._faults = faults
        self._world = world
        self._webhooks = webhooks
        self._clock = clock
        self._settings = settings

    def start(
        self, transaction: Transaction, card: Card | None, ip_address: str | None = None, refuse: Decline | None = None
    ) -> None:
        """Try a card on an unpaid transaction. None stands for a card that is not in the table; ``refuse`` declines any."""
        if not self.payable(transaction):
            return
        now = self._clock.now()
        transaction.ip_address = ip_address
        transaction.attempts += 1
        transaction.card = card
        transaction.authentication = None
        transaction.note("input", "Filled these fields: card number, card expiry, card cvv", now)
        transaction.note("action", "Attempted to pay", now)
        if card is None or refuse is not None:
            self._decline(transaction, refuse or cards.NOT_A_TEST_CARD, now)
        elif card.steps:
            transaction.steps = list(card.steps)
            self._ask(transaction, now)
        elif card.decline is not None:
            self._decline(transaction, card.decline, now)
        else:
            self.succeed(transaction, card)

    def answer(self, transaction: Transaction, value: str) -> None:
        """The customer's answer to the step being asked. A wrong PIN or token kills the transaction (CONTRACT §4.3, §10)."""
        card = transaction.card
        if not transaction.steps or card is None:
            return
        step = transaction.steps.pop(0)
        now = self._clock.now()
        refused = _refusal(card, step, value.strip())
        if step is Step.BANK and refused is not None:
            # Nothing is documented about a 3DS page left or refused; the payer may try another card.
            self._decline(transaction, refused, now)
        elif refused is not None:
            self.fail(transaction, refused, now)
        elif transaction.steps:
            self._ask(transaction, now)
        elif card.decline is not None:
            self.fail(transaction, card.decline, now)
        else:
            self.succeed(transaction, card)

    def payable(self, transaction: Transaction) -> bool:
        """Whether the checkout session is still open (CONTRACT §1, ``Session timeout exceeded``)."""
        age = (self._clock.now() - transaction.created_at).total_seconds()
        own = transaction.integration.session_timeout
        expired = 0 < (self._settings.session_timeout if own is None else own) <= age
        return transaction.status in {Status.ABANDONED, Status.ONGOING} and not expired

    def give_up_attempt(self, transaction: Transaction) -> None:
        """The customer leaves the step being asked, to choose another card."""
        if transaction.status in {Status.ABANDONED, Status.ONGOING}:
            transaction.steps = []
            transaction.status = Status.ABANDONED

    def succeed(self, transaction: Transaction, card: Card) -> None:
        """Take the money and tell the merchant with ``charge.success`` (CONTRACT §6.2)."""
        now = self._clock.now()
        overrides = self._reported(transaction)
        transaction.steps = []
        transaction.status = Status.SUCCESS
        transaction.gateway_response = "Successful"
        transaction.response_code = "00"
        transaction.paid_at = now
        transaction.requested_amount = overrides.requested_amount or transaction.requested_amount
        transaction.amount = overrides.amount or transaction.requested_amount
        transaction.currency = overrides.currency or transaction.currency
        transaction.fees = payment_faults.fees(transaction.amount, transaction.currency)
        if transaction.authorization is None:
            transaction.authorization = self._world.add_authorization(transaction, card)
        transaction.note("success", f"Successfully paid with {transaction.channel}", now)
        data = payloads.charge_success(transaction, charge_event_metadata(self._settings))
        self._webhooks.record(transaction.integration, "charge.success", data, transaction.reference, transaction.id)

    def _reported(self, transaction: Transaction) -> Overrides:
        """What this payment says of itself: the overrides of the transaction, else those of a fault."""
        mode = self._faults.take(PAYMENT)
        if mode is None or transaction.overrides != Overrides():
            return transaction.overrides
        return payment_faults.CHANGES[mode](transaction, self._settings.currencies)

    def fail(self, transaction: Transaction, decline: Decline, now: datetime) -> None:
        """End the transaction: this reference cannot be paid any more. No event tells of it (CONTRACT §6.3)."""
        self._decline(transaction, decline, now)
        transaction.status = Status.FAILED

    def _decline(self, transaction: Transaction, decline: Decline, now: datetime) -> None:
        """A decline leaves ``abandoned`` with the bank's reason; another card may be tried (CONTRACT §3.2, §5)."""
        transaction.steps = []
        transaction.status = Status.ABANDONED
        transaction.gateway_response = decline.reason
        transaction.response_code = decline.response_code
        transaction.errors += 1
        transaction.note("error", f"Error: {decline.reason}", now)

    def _ask(self, transaction: Transaction, now: datetime) -> None:
        step = transaction.steps[0]
        transaction.status = _AWAITING.get(step, Status.ONGOING)
        transaction.authentication = "3DS" if step is Step.BANK else step.value
        transaction.note("auth", f"Authentication Required: {transaction.authentication}", now)


def last_error(transaction: Transaction) -> LogEntry | None:
    """The decline the customer has just met, or None if something else came after it."""
    last = transaction.history[-1] if transaction.history else None
    return last if last is not None and last.type == "error" else None


def _refusal(card: Card, step: Step, value: str) -> Decline | None:
    """Why an answer is wrong, or None if it is right."""
    given_well, refusal = _JUDGED[step]
    return None if given_well(card, value) else refusal


_JUDGED: dict[Step, tuple[Callable[[Card, str], bool], Decline]] = {
    Step.PIN: (lambda card, value: value == card.pin, cards.INCORRECT_PIN),
    Step.OTP: (lambda card, value: value == card.otp, cards.WRONG_TOKEN),
    Step.PHONE: (lambda _, value: sum(map(str.isdigit, value)) >= 10, cards.PHONE_TOO_SHORT),
    Step.BIRTHDAY: (lambda _, value: _is_date(value), cards.WRONG_BIRTHDAY),
    Step.ADDRESS: (lambda _, value: bool(value), cards.WRONG_ADDRESS),
    Step.BANK: (lambda _, value: value == APPROVED, cards.BANK_REFUSED),
    Step.OFFLINE: (lambda _, value: value == APPROVED, cards.NOT_CONFIRMED),
}


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
