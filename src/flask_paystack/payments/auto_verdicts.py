"""What is right for a failed payment now: charge the saved card, wait, or stop."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask_paystack.clock import Clock
from flask_paystack.payments.model import Payment, Status
from flask_paystack.payments.reasons import Reason, reason_of
from flask_paystack.payments.saved_cards import SavedCards
from flask_paystack.payments.service import Payments
from flask_paystack.records.auto_retries import AutoRetry
from flask_paystack.records.payments import PaymentRecords

UNPAID = {Status.PENDING, Status.FAILED, Status.ABANDONED}
UNDER_WAY = {"ongoing", "pending", "processing", "queued"}
"""Paystack's words for somebody being at it. ``abandoned`` is nobody (CONTRACT §3.2)."""
A_WHILE = timedelta(minutes=10)
CARD_LIMIT = "cannot be fulfilled until"
"""A card that failed ten times is limited to one try in 24 hours (CONTRACT §4.2)."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stop:
    """Nothing is tried any more."""

    why: str
    tell: bool = False
    """Whether the customer is mailed that we could not, with the link."""


@dataclass(frozen=True)
class Wait:
    """Look again later."""

    until: datetime
    why: str | None = None


@dataclass(frozen=True)
class Charge:
    """Charge the saved card now."""

    failed: Payment
    email: str
    """As it was written when the card was saved; the code belongs to it."""
    code: str = field(repr=False)


Verdict = Stop | Wait | Charge


class Judge:
    """Judges a plan. Asks Paystack where it must know, and changes nothing but what that teaches.

    Args:
        after: seconds after the failure at which the card is tried; as many tries, and no more, are made in an order.
        undisturbed: how long a payment that the customer opened anew is left alone.
    """

    def __init__(
        self,
        records: PaymentRecords,
        payments: Payments,
        cards: SavedCards,
        clock: Clock,
        after: Sequence[int],
        undisturbed: timedelta,
    ) -> None:
        self._records = records
        self._payments = payments
        self._cards = cards
        self._clock = clock
        self._after = after
        self._undisturbed = undisturbed

    def judge(self, retry: AutoRetry) -> Verdict:
        """What to do now.

        Raises:
            AskedJustNow, Unavailable, Rejected: Paystack's word is needed, and not to be had now.
        """
        attempts = self._records.list_attempts(retry.product, retry.order)
        failed = self._payments.get(retry.reference)
        last = self._payments.get(retry.last_reference) if retry.last_reference else None
        early = self._of_money(attempts) or (self._of_last(last) if last else None) or self._of_time(retry, last)
        if early is not None and not (isinstance(early, Stop) and early.tell):
            return early
        # Nobody is charged, nor told that we failed, without Paystack's word of this moment.
        return self._of_verifying(attempts) or early or self._of_card(retry, failed)

    def _of_money(self, attempts: Sequence[Payment]) -> Stop | None:
        """Money came for the order, or was given back: it is never charged again by us."""
        for each in attempts:
            if each.status not in UNPAID:
                return Stop(f"{each.reference} of this order is {each.status.value}")
        return None

    def _of_last(self, last: Payment) -> Verdict | None:
        """The try before must be over, and its reason one that passes."""
        if last.status is Status.PENDING:
            last = self._payments.ask_now(last, "automatic retry")
            if last.status not in UNPAID:
                return Stop(f"{last.reference} of this order is {last.status.value}")
        if last.status is Status.PENDING:
            if last.authorization_url:
                return Stop(f"the bank asks the customer to confirm {last.reference}")
            if not last.never_existed(self._clock.now()):
                return Wait(self._clock.now() + A_WHILE, f"{last.reference} is not decided yet")
        if last.answer == "unknown":
            return None
        reason = reason_of(last)
        if reason is not Reason.LATER:
            return Stop(f"for “{last.message or 'no reason'}” the rule is “{reason.value}”", tell=True)
        return None

    def _of_time(self, retry: AutoRetry, last: Payment | None) -> Verdict | None:
        """When the next try is due, if one is left. Tries missed while we slept are not made up for in a row."""
        number = retry.tries
        if number >= len(self._after):
            return Stop(f"all {number} tries are spent", tell=True)
        due_at = retry.failed_at + timedelta(seconds=self._after[number])
        if last is not None:
            gap = timedelta(seconds=self._after[number] - (self._after[number - 1] if number else 0))
            is_limited = CARD_LIMIT in (last.message or "")
            due_at = max(due_at, last.created_at + (max(gap, DAY) if is_limited else gap))
        if self._clock.now() < due_at:
            return Wait(due_at, f"the next try is due at {due_at:%Y-%m-%d %H:%M} UTC")
        return None

    def _of_verifying(self, attempts: Sequence[Payment]) -> Verdict | None:
        """Every payment of the order must be known to be unpaid, by Paystack's word of this moment."""
        now = self._clock.now()
        for each in attempts:
            if (
                each.retry_of is None
                and each.is_open
                and each.created_at > max(now - self._undisturbed, attempts[0].created_at)
            ):
                return Wait(each.created_at + self._undisturbed, f"the customer has just opened {each.reference}")
        for each in attempts:
            if each.refused:
                continue
            found = self._payments.ask_now(each, "automatic retry")
            if found.status not in UNPAID:
                return Stop(f"{found.reference} of this order is {found.status.value}")
            is_new_and_unknown = found.answer == "unknown" and not found.never_existed(now)
            if is_new_and_unknown or (found.answer or "").partition("|")[0] in UNDER_WAY:
                return Wait(now + A_WHILE, f"{found.reference} may still be paid")
            if found.retry_of is None and reason_of(found) is Reason.NEVER:
                return Stop(f"for “{found.message}” the rule is “{Reason.NEVER.value}”")
        return None

    def _of_card(self, retry: AutoRetry, failed: Payment) -> Verdict:
        card = self._payments.get(retry.card_reference)
        if (card.user_id, card.email.lower()) != (failed.user_id, failed.email.lower()) or not failed.save_card:
            return Stop("the card is not this customer's, or there is no consent", tell=True)
        code = self._cards.code(card.reference)
        if code is None:
            return Stop(f"Paystack says that the card of {card.reference} cannot be charged again", tell=True)
        return Charge(failed, card.email, code)
