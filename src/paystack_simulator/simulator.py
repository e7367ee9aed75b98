"""The simulator as one object: its parts, its time, and how a test or a server makes it work."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import requests
from flask import current_app

from paystack_simulator import cards
from paystack_simulator.agenda import Agenda
from paystack_simulator.charges import Charges
from paystack_simulator.charging import APPROVED, Charging
from paystack_simulator.clock import Clock, MovableClock
from paystack_simulator.deliveries import Delivery
from paystack_simulator.disputes import Disputes
from paystack_simulator.faults import Faults
from paystack_simulator.model import Transaction
from paystack_simulator.refunds import Refunds
from paystack_simulator.settings import Settings
from paystack_simulator.transactions import Transactions
from paystack_simulator.webhooks import Webhooks
from paystack_simulator.world import World

logger = logging.getLogger(__name__)

_COURIERS = 8
_LOOK_EVERY = 0.5


class Simulator:
    """An offline Paystack without its HTTP. Nothing moves by itself until ``start_couriers``, or a call, makes it."""

    def __init__(
        self,
        settings: Settings | None = None,
        clock: Clock | None = None,
        webhook_session: requests.Session | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.clock = MovableClock(clock)
        self.world = World()
        self.faults = Faults(self.settings)
        self.agenda = Agenda(self.clock)
        self.webhooks = Webhooks(self.clock, self.settings, self.faults, webhook_session)
        self.charging = Charging(self.world, self.webhooks, self.clock, self.settings, self.faults)
        self.transactions = Transactions(self.world, self.charging, self.clock, self.settings, self.agenda)
        self.charges = Charges(self.transactions, self.charging, self.clock)
        self.refunds = Refunds(self.world, self.webhooks, self.clock, self.settings, self.faults, self.agenda)
        self.disputes = Disputes(self.world, self.webhooks, self.clock, self.settings, self.agenda)
        self.released = threading.Event()
        """Set when a server stops, so that nobody is kept hanging."""
        self._stopping = threading.Event()
        self._couriers: threading.Thread | None = None

    def pay(
        self,
        reference: str,
        card: str | None = None,
        *,
        pin: str | None = None,
        phone: str | None = None,
        otp: str | None = None,
        birthday: str | None = None,
        address: str | None = None,
        bank: str | None = None,
        offline: str | None = None,
        ip_address: str = "127.0.0.1",
    ) -> Transaction:
        """Play a customer who pays with a test card, by its name or number, and types what it asks for.

        Without a card the attempt under way goes on, or the card that pays at once is tried. The answers are the right ones
        unless given. Raises KeyError for an unknown reference.
        """
        with self.world.lock:
            transaction = self.world.find(reference)
            if transaction is None:
                raise KeyError(reference)
            given = {
                cards.Step.PIN: pin,
                cards.Step.PHONE: phone,
                cards.Step.OTP: otp,
                cards.Step.BIRTHDAY: birthday,
                cards.Step.ADDRESS: address,
                cards.Step.BANK: bank,
                cards.Step.OFFLINE: offline,
            }
            if card is not None or not transaction.steps:
                self.charging.start(transaction, cards.get_card(card or "success"), ip_address)
            while transaction.steps and transaction.card is not None:
                step = transaction.steps[0]
                answer = given[step]
                self.charging.answer(transaction, right_answer(transaction.card, step) if answer is None else answer)
            return transaction

    def advance(self, seconds: float) -> None:
        """Move the clock forward, and let happen what comes due. Raises ValueError."""
        self.clock.advance(seconds)
        self.settle_due()
        self.webhooks.wake()

    def settle_due(self) -> None:
        """Take the steps of refunds and disputes that have come due."""
        with self.world.lock:
            self.agenda.advance()

    def deliver_due(self) -> int:
        """Make every attempt that is due, one after the other in this thread; says how many there were."""
        made = 0
        while (delivery := self._next_delivery()) is not None:
            self.webhooks.attempt(delivery)
            made += 1
        return made

    def deliver_first(self, reference: str) -> None:
        """Return only when the merchant has been sent what is due about this payment, couriers or not."""
        self.deliver_due()
        self.webhooks.wait_until_attempted(reference)

    def _next_delivery(self) -> Delivery | None:
        self.settle_due()
        return self.webhooks.claim_due()

    def start_couriers(self) -> None:
        """Deliver what comes due from now on, in the background, up to eight at a time."""
        if self._couriers is None:
            self._stopping.clear()
            self.released.clear()
            self._couriers = threading.Thread(target=self._deliver_for_ever, name="simulator-couriers", daemon=True)
            self._couriers.start()

    def stop_couriers(self) -> None:
        """Stop delivering, after the attempts under way, and release whoever is kept hanging."""
        self._stopping.set()
        self.released.set()
        self.webhooks.wake()
        if self._couriers is not None:
            self._couriers.join()
            self._couriers = None

    def _deliver_for_ever(self) -> None:
        with ThreadPoolExecutor(_COURIERS, "simulator-courier") as pool:
            while not self._stopping.is_set():
                delivery = self._next_delivery()
                if delivery is None:
                    self.webhooks.wait_for_work(_LOOK_EVERY, self._stopping.is_set)
                else:
                    pool.submit(self._attempt, delivery)

    def _attempt(self, delivery: Delivery) -> None:
        try:
            self.webhooks.attempt(delivery)
        except Exception:
            # The other deliveries go on.
            logger.exception("Delivery %d broke off", delivery.id)


def right_answer(card: cards.Card, step: cards.Step) -> str:
    """What the test card's holder should type (CONTRACT §10)."""
    return {
        cards.Step.PIN: card.pin,
        cards.Step.OTP: card.otp,
        cards.Step.PHONE: "08012345678",
        cards.Step.BIRTHDAY: "1990-01-31",
        cards.Step.ADDRESS: "140 N 2ND ST",
        cards.Step.BANK: APPROVED,
        cards.Step.OFFLINE: APPROVED,
    }[step]


def simulator() -> Simulator:
    """The simulator of the application that serves this request."""
    found: Simulator = current_app.extensions["simulator"]
    return found
