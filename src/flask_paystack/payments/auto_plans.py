"""Whether a failed payment is tried again by us, and when first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask_paystack.clock import Clock
from flask_paystack.payments.model import Entry, Payment
from flask_paystack.payments.reasons import Reason, reason_of
from flask_paystack.payments.saved_cards import SavedCards
from flask_paystack.paystack.errors import Rejected
from flask_paystack.records.auto_retries import AutoRetryRecords, Plan

ACTOR = "automatic retry"


@dataclass(frozen=True)
class Decision:
    """A plan, or none, and the line of the timeline that says why. Neither where we never try by ourselves."""

    plan: Plan | None = None
    entry: Entry | None = None


class AutoPlans:
    """Decides, when a customer is told of a failure.

    Args:
        after: seconds after the failure at which a card is tried; empty where it never is.
    """

    def __init__(self, plans: AutoRetryRecords, cards: SavedCards, clock: Clock, after: Sequence[int]) -> None:
        self._plans = plans
        self._cards = cards
        self._clock = clock
        self._after = after

    def decide(self, payment: Payment) -> Decision:
        """Whether ``payment``, whose failure stands, is tried again. Changes nothing.

        Raises:
            AskedJustNow, Unavailable: nobody knows yet whether its customer's card can be charged.
        """
        if not self._after or payment.declined_at is None:
            return Decision()
        why_not = self._why_not(payment)
        if why_not is None:
            card = self._cards.paid_with(payment)
            if card is None:
                why_not = "no earlier payment of this user, e-mail and currency left a card with consent"
            elif not self._is_chargeable(card.reference):
                why_not = f"Paystack says that the card of {card.reference} cannot be charged again"
            else:
                return self._planned(payment, card.reference)
        return Decision(None, Entry(ACTOR, "not planned", f"We do not try it again by ourselves: {why_not}."))

    def _why_not(self, payment: Payment) -> str | None:
        if not payment.save_card:
            return "the customer did not agree to it"
        if payment.user_id is None:
            return "it was not opened by somebody logged in, so nobody knows whose card may pay for it"
        reason = reason_of(payment)
        if reason is not Reason.LATER:
            return f"for “{payment.message}” the rule is “{reason.value}”"
        if self._plans.is_planned(payment.product, payment.order):
            return "the tries of its order were planned already"
        return None

    def _is_chargeable(self, reference: str) -> bool:
        try:
            return self._cards.code(reference) is not None
        except Rejected:
            return False

    def _planned(self, payment: Payment, card_reference: str) -> Decision:
        now = self._clock.now()
        failed_at = payment.declined_at or now
        due_at = max(now, failed_at + timedelta(seconds=self._after[0]))
        plan = Plan(payment.reference, card_reference, failed_at, due_at)
        sentence = (
            f"We try it again with the card that paid {card_reference}, at most {len(self._after)} times, "
            f"first at {due_at:%Y-%m-%d %H:%M} UTC: “{payment.message}” may pass, and the customer agreed."
        )
        return Decision(plan, Entry(ACTOR, "planned", sentence))
