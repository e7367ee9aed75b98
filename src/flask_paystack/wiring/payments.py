"""The parts that open, settle, ask about, retry and refund payments."""

from datetime import timedelta
from functools import cached_property

from blinker import NamedSignal

from flask_paystack import signals
from flask_paystack.payments.auto_plans import AutoPlans
from flask_paystack.payments.auto_retries import AutoRetries
from flask_paystack.payments.auto_verdicts import Judge
from flask_paystack.payments.disputes import Disputes
from flask_paystack.payments.failures import FailureNotices
from flask_paystack.payments.model import Payment
from flask_paystack.payments.opening import Opener
from flask_paystack.payments.poller import Poller
from flask_paystack.payments.refunds import Refunds
from flask_paystack.payments.retries import Retries
from flask_paystack.payments.retry_tokens import RetryTokens
from flask_paystack.payments.saved_cards import SavedCards
from flask_paystack.payments.service import Payments
from flask_paystack.payments.settling import Settling
from flask_paystack.wiring.engines import Engines

WORK_LEASE = timedelta(seconds=60)


class PaymentParts(Engines):
    """What money is done with."""

    @cached_property
    def settling(self) -> Settling:
        return Settling(
            self.records.payments,
            self.products,
            self.settings.domain,
            self.operators,
            settled=lambda payment: self._announce(signals.payment_settled, payment),
            failed=lambda payment: self._announce(signals.payment_failed, payment),
            queued=self.wake_queues,
        )

    @cached_property
    def opener(self) -> Opener:
        return Opener(
            self.records.payments,
            self.paystack,
            self.products,
            self.clock,
            self.question_lease,
            timedelta(seconds=self.settings.poll_every),
            self.settings.frontend_url,
            self.settings.allowed_origins,
        )

    @cached_property
    def payments(self) -> Payments:
        return Payments(
            self.records.payments,
            self.records.idempotency,
            self.paystack,
            self.opener,
            self.settling,
            self.question_lease,
        )

    @cached_property
    def retry_tokens(self) -> RetryTokens:
        return RetryTokens(self.settings.jwt_secret, self.settings.retry_link_ttl, self.clock)

    @cached_property
    def retries(self) -> Retries:
        return Retries(
            self.records.payments,
            self.records.auto_retries,
            self.payments,
            self.opener,
            self.retry_tokens,
            self.products,
            self.wake_queues,
        )

    @cached_property
    def refunds(self) -> Refunds:
        return Refunds(self.records.payments, self.records.refunds, self.paystack, self.clock)

    @cached_property
    def disputes(self) -> Disputes:
        return Disputes(
            self.records.disputes,
            self.payments,
            self.settling,
            self.products,
            self.clock,
            self.operators,
            self.wake_queues,
        )

    @cached_property
    def poller(self) -> Poller:
        return Poller(
            self.records.payments,
            self.payments,
            self.clock,
            self.question_lease,
            timedelta(seconds=self.settings.poll_every),
            timedelta(seconds=self.settings.give_up_after),
            pace=self.pace,
            at_once=self.settings.poll_at_once,
        )

    @cached_property
    def failure_notices(self) -> FailureNotices:
        return FailureNotices(
            self.records.payments,
            self.payments,
            self.products,
            self.clock,
            timedelta(seconds=self.settings.failure_notice_after),
            self.wake_queues,
            AutoPlans(self.records.auto_retries, self.saved_cards, self.clock, self.settings.auto_retry_after),
        )

    @cached_property
    def saved_cards(self) -> SavedCards:
        return SavedCards(self.records.payments, self.payments)

    @cached_property
    def auto_retries(self) -> AutoRetries:
        judge = Judge(
            self.records.payments,
            self.payments,
            self.saved_cards,
            self.clock,
            self.settings.auto_retry_after,
            undisturbed=timedelta(seconds=self.settings.failure_notice_after),
        )
        return AutoRetries(
            self.records.payments,
            self.records.auto_retries,
            judge,
            self.paystack,
            self.settling,
            self.products,
            self.clock,
            WORK_LEASE,
            self.question_lease,
            timedelta(seconds=self.settings.poll_every),
            self.wake_queues,
        )

    def _announce(self, signal: NamedSignal, payment: Payment) -> None:
        signal.send(self.app, payment=payment)
