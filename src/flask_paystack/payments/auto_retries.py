"""Trying failed payments again by ourselves, with a card whose customer agreed to it.

A try is a payment of its own in the same order. It is recorded before Paystack hears of it, and nothing is sent twice: a
charge without an answer is asked about until Paystack knows it or it is old, before any other is made.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from flask_paystack.clock import Clock
from flask_paystack.errors import LeaseLost
from flask_paystack.mail.notices import auto_retry_ended, confirmation_needed
from flask_paystack.payments.auto_plans import ACTOR
from flask_paystack.payments.auto_verdicts import Charge, Judge, Stop, Wait
from flask_paystack.payments.model import Entry, Payment, Status, new_reference
from flask_paystack.payments.products import Product
from flask_paystack.payments.service import AskedJustNow
from flask_paystack.payments.settling import Settling
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.paystack.errors import Rejected, Unavailable
from flask_paystack.records.auto_retries import AutoRetry, AutoRetryRecords
from flask_paystack.records.leases import Claim
from flask_paystack.records.payments import PaymentRecords

log = logging.getLogger(__name__)

PASS = 20
"""Seconds after which one pass begins nothing more: a slow Paystack must not keep a job from ending."""
SOON = timedelta(seconds=10)
WITHOUT_PAYSTACK = timedelta(minutes=5)


class AutoRetries:
    """Works through the plans that are due.

    Args:
        lease: how long one plan may be in one process's hands.
        call: how long a call to Paystack may take before it counts as lost.
        first_check: how long after a try the poller asks about it first.
        queued: called after a commit that queued mail.
    """

    def __init__(
        self,
        records: PaymentRecords,
        plans: AutoRetryRecords,
        judge: Judge,
        paystack: PaystackClient,
        settling: Settling,
        products: Mapping[str, Product],
        clock: Clock,
        lease: timedelta,
        call: timedelta,
        first_check: timedelta,
        queued: Callable[[], None],
    ) -> None:
        self._records = records
        self._plans = plans
        self._judge = judge
        self._paystack = paystack
        self._settling = settling
        self._products = products
        self._clock = clock
        self._lease = lease
        self._call = call
        self._first_check = first_check
        self._queued = queued

    def try_due(self, limit: int = 50) -> int:
        """Look at no more than ``limit`` plans that are due; how many cards were charged or refused."""
        until = self._clock.monotonic() + PASS
        tried = 0
        for _ in range(limit):
            claimed = self._plans.claim(self._lease) if self._clock.monotonic() < until else None
            if claimed is None:
                break
            try:
                tried += self._work(*claimed)
            except LeaseLost as error:
                log.warning("%s", error)
        return tried

    def _work(self, claim: Claim, retry: AutoRetry) -> bool:
        """Do what is right for one plan now; whether a card was charged."""
        now = self._clock.now()
        try:
            verdict = self._judge.judge(retry)
        except AskedJustNow:
            verdict = Wait(now + SOON)
        except Unavailable:
            verdict = Wait(now + WITHOUT_PAYSTACK, "Paystack does not answer, and nothing is charged on a guess")
        except Rejected as error:
            verdict = Wait(now + WITHOUT_PAYSTACK, f"Paystack refuses to tell what became of it: {error.message}")
        match verdict:
            case Stop():
                self._stop(claim, retry, verdict)
                return False
            case Wait():
                self._wait(claim, retry, verdict)
                return False
            case Charge():
                return self._charge(claim, retry, verdict)

    def _stop(self, claim: Claim, retry: AutoRetry, stop: Stop) -> None:
        failed = self._records.get(retry.reference)
        mails = []
        if stop.tell and failed is not None:
            last = self._records.get(retry.last_reference) if retry.last_reference else None
            told = replace(failed, message=last.message) if last and last.message else failed
            mails = [auto_retry_ended(told, self._name_of(failed))]
        sentence = f"No further try: {stop.why}." + (" The customer is mailed the link." if mails else "")
        self._plans.finish(claim, retry.reference, Entry(ACTOR, "ended", sentence), mails)
        log.info("no further try of %s", retry.reference, extra={"reference": retry.reference})
        if mails:
            self._queued()

    def _wait(self, claim: Claim, retry: AutoRetry, wait: Wait) -> None:
        """Look again later. A reason is told once, however often it is met in a row."""
        is_news = wait.why is not None and wait.why != retry.put_off_for
        entry = Entry(ACTOR, "put off", f"Not tried now: {wait.why}.") if is_news else None
        self._plans.put_off(
            claim, wait.until, wait.why or retry.put_off_for, (retry.reference, entry) if entry else None
        )

    def _charge(self, claim: Claim, retry: AutoRetry, charge: Charge) -> bool:
        failed, now = charge.failed, self._clock.now()
        payment = Payment(
            reference=new_reference(),
            order=failed.order,
            product=failed.product,
            email=charge.email,
            amount=failed.amount,
            currency=failed.currency,
            status=Status.PENDING,
            created_at=now,
            updated_at=now,
            metadata=failed.metadata,
            callback_url=failed.callback_url,
            user_id=failed.user_id,
            retry_of=failed.reference,
            asked_at=now,
            asking_until=now + self._call,
            next_check_at=now + self._first_check,
        )
        number = retry.tries + 1
        opened = Entry(
            ACTOR, "opened", f"Try {number} of {failed.reference}: {failed.due} from the customer's saved card."
        )
        told = Entry(ACTOR, "tried", f"Try {number}: the saved card is charged, as {payment.reference}.")
        if not self._plans.begin(claim, payment, opened, told):
            self._plans.put_off(claim, now, None)  # paid in this very moment; the next look ends it
            return False
        try:
            answer = self._paystack.charge_authorization(
                payment.reference, charge.email, payment.amount, payment.currency, charge.code, payment.metadata
            )
        except Rejected as error:
            self._refused(payment, error.message.replace(charge.code, "the card"), error.code)
        except Unavailable as error:
            # Its words may not be trusted to leave out what we sent, so only their kind is kept.
            sentence = (
                "Paystack did not answer whether the card was charged: it is asked before anything else is tried."
            )
            self._records.note(payment.reference, Entry("paystack", "no answer", sentence), {"asking_until": None})
            log.warning("%s: no answer (%s)", payment.reference, type(error).__name__)
        else:
            if answer.transaction is None:
                page = {"authorization_url": answer.authorization_url, "access_code": answer.access_code}
                self._ask_customer(claim, retry, payment, page)
                return True
            self._settling.take_in(payment, answer.transaction, ACTOR)
        self._plans.put_off(claim, self._clock.now() + SOON, None)
        return True

    def _refused(self, payment: Payment, why: str, code: str | None) -> None:
        changes = {"message": why, "refused": True, "asking_until": None, "next_check_at": None}
        entry = Entry("paystack", "refused", f"Paystack refused to charge the card: {why}", {"code": code})
        self._records.step(payment.reference, Status.FAILED, changes, entry)
        log.warning("refused %s: %s", payment.reference, why, extra={"reference": payment.reference})

    def _ask_customer(self, claim: Claim, retry: AutoRetry, payment: Payment, page: Mapping[str, str | None]) -> None:
        """The bank wants the customer to confirm: that is theirs to do, and no further try of ours."""
        mail = confirmation_needed(payment, self._name_of(payment))
        entry = Entry("paystack", "paused", "The bank asks the customer to confirm; the customer is mailed the link.")
        self._records.note(payment.reference, entry, {**page, "asking_until": None}, queued=[mail])
        ended = Entry(ACTOR, "ended", f"No further try: the bank asks the customer to confirm {payment.reference}.")
        self._plans.finish(claim, retry.reference, ended)
        self._queued()

    def _name_of(self, payment: Payment) -> str:
        product = self._products.get(payment.product)
        return product.name if product else payment.product
