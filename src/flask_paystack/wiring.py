"""Every part, made of its concrete class and handed what it needs. No other file knows them all."""

import threading
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import requests
from blinker import NamedSignal
from flask import Flask

from flask_paystack import signals
from flask_paystack.accounts.checking import PasswordCheck
from flask_paystack.accounts.logins import Logins
from flask_paystack.accounts.second_factors import SecondFactors
from flask_paystack.accounts.service import RESET_LIFETIME, Accounts
from flask_paystack.admin_keys.service import AdminKeys
from flask_paystack.background import Background
from flask_paystack.clock import Clock
from flask_paystack.console.service import Console
from flask_paystack.errors import SettingsError
from flask_paystack.expiring import ExpiringStore, open_store
from flask_paystack.handover.model import Handover
from flask_paystack.handover.receivers import Receivers, UrlReceiver
from flask_paystack.handover.service import HandoverService
from flask_paystack.health import numbers
from flask_paystack.health.alarms import NAMES, Alarms
from flask_paystack.health.service import DEAD_AFTER, Health
from flask_paystack.jobs import HAND_OVER, PROCESS_EVENTS, SEND_MESSAGES, Job, queues, rounds, sweeps
from flask_paystack.links import OurLinks
from flask_paystack.mail.notices import handover_failing
from flask_paystack.mail.outbox import Outbox
from flask_paystack.mail.sender import Sender
from flask_paystack.payments import facts
from flask_paystack.payments.auto_plans import AutoPlans
from flask_paystack.payments.auto_retries import AutoRetries
from flask_paystack.payments.auto_verdicts import Judge
from flask_paystack.payments.disputes import Disputes
from flask_paystack.payments.failures import FailureNotices
from flask_paystack.payments.model import Payment
from flask_paystack.payments.opening import Opener
from flask_paystack.payments.poller import Poller
from flask_paystack.payments.products import load_products
from flask_paystack.payments.refunds import Refunds
from flask_paystack.payments.retries import Retries
from flask_paystack.payments.retry_tokens import RetryTokens
from flask_paystack.payments.saved_cards import SavedCards
from flask_paystack.payments.service import Payments
from flask_paystack.payments.settling import Settling
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.records.stores import Records
from flask_paystack.serving import Serving
from flask_paystack.sessions.service import Sessions
from flask_paystack.settings import Settings
from flask_paystack.web.limits import Limits
from flask_paystack.web.services import Services
from flask_paystack.webhooks.catch_up import CatchUp
from flask_paystack.webhooks.doubts import Doubts
from flask_paystack.webhooks.leftovers import Leftovers
from flask_paystack.webhooks.service import Webhooks
from flask_paystack.webhooks.signature import verifier

WORK_LEASE = timedelta(seconds=60)
POLLS_A_SECOND = 5
SEALING_PAUSE = 0.05
"""Seconds between two batches of events that lay in clear."""
KEY_MAIL_TIMEOUT = 5
"""Seconds that a request for an access key may wait for the mail server."""


class Wiring:
    """Every part, made when it is first asked for and handed what it needs.

    Raises:
        SettingsError, StorageUnavailable: the store or the database cannot be used.
    """

    def __init__(
        self,
        app: Flask,
        settings: Settings,
        clock: Clock,
        session: requests.Session | None,
        receivers: Receivers,
        url_prefix: str,
    ) -> None:
        self.app = app
        self.settings = settings
        self.clock = clock
        self.session = session
        self.receivers = receivers
        self.url_prefix = url_prefix
        self.operators = tuple(settings.admin_emails.values())
        self.question_lease = timedelta(seconds=settings.paystack_timeout + 5)
        self.products = load_products(settings.products_file)
        self.records = Records.open(
            settings.database_url,
            clock,
            self.question_lease,
            settings.sealing_secrets,
            also_open=settings.jwt_secret,
        )

    @cached_property
    def store(self) -> ExpiringStore:
        try:
            return open_store(self.settings.store_url, self.clock)
        except ValueError as error:
            raise SettingsError([f"STORE_URL: {error}"]) from None

    @cached_property
    def paystack(self) -> PaystackClient:
        return PaystackClient(
            self.settings.paystack_secret_key,
            self.clock,
            self.settings.paystack_base_url,
            self.settings.paystack_timeout,
            self.settings.paystack_concurrency,
            self.session,
        )

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
            pace=lambda: threading.Event().wait(1 / POLLS_A_SECOND),
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

    @cached_property
    def webhooks(self) -> Webhooks:
        return Webhooks(
            self.records.webhooks,
            self.records.payments,
            self.payments,
            self.settling,
            self.refunds,
            self.disputes,
            self.clock,
            verifier(self.settings.paystack_signature_scheme, self.settings.paystack_secret_key, self.clock),
            self.settings.domain,
            WORK_LEASE,
            self.operators,
            kept=lambda: self.background.wake(PROCESS_EVENTS),
            doubts=self.doubts,
        )

    @cached_property
    def doubts(self) -> Doubts:
        return Doubts(self.store)

    @cached_property
    def alarms(self) -> Alarms:
        return Alarms(
            self.records.numbers,
            self.records.incidents,
            self.doubts,
            self.clock,
            timedelta(seconds=self.settings.alarm_no_webhook_after),
            timedelta(seconds=self.settings.alarm_event_waits),
            self.settings.alarm_refused_signatures,
            self.operators,
            queued=self.wake_queues,
        )

    @cached_property
    def catch_up(self) -> CatchUp:
        return CatchUp(
            self.paystack,
            self.records.webhooks,
            self.records.payments,
            self.payments,
            self.records.cursors,
            self.records.messages,
            self.clock,
            self.settings.domain,
            self.operators,
            pace=lambda: threading.Event().wait(1 / POLLS_A_SECOND),
            kept=self.wake_everything,
        )

    @cached_property
    def password_check(self) -> PasswordCheck:
        return PasswordCheck(self.records.accounts, self.store)

    @cached_property
    def second_factors(self) -> SecondFactors:
        return SecondFactors(
            self.records.second_factors,
            self.password_check,
            self.store,
            self.clock,
            urlsplit(self.settings.link_base).hostname or "Flask-Paystack",
            queued=self.wake_queues,
        )

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(
            self.records.accounts,
            self.records.logins,
            self.password_check,
            self.second_factors,
            self.store,
            self.clock,
            self.settings.jwt_secret,
            timedelta(seconds=self.settings.jwt_ttl),
            queued=self.wake_queues,
        )

    @cached_property
    def logins(self) -> Logins:
        return Logins(self.records.logins, self.password_check)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.store, self.settings.admin_emails)

    @cached_property
    def links(self) -> OurLinks:
        reset_ttl = int(RESET_LIFETIME.total_seconds())
        return OurLinks(
            self.settings, self.url_prefix, self.retry_tokens, self.accounts.password_reset_token, reset_ttl
        )

    @cached_property
    def admin_keys(self) -> AdminKeys:
        hurried = {"mail_timeout": min(KEY_MAIL_TIMEOUT, self.settings.mail_timeout)}
        return AdminKeys(
            self.settings.admin_emails,
            self.store,
            self.sessions,
            Sender(self.settings.model_copy(update=hurried), self.clock),
            self.links,
            self.settings.jwt_secret,
            self.clock,
        )

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.records.messages, Sender(self.settings, self.clock), self.links, self.clock)

    @cached_property
    def handovers(self) -> HandoverService:
        if self.settings.notify_url and self.settings.notify_secret:
            self.receivers.add(UrlReceiver(self.settings.notify_url, self.settings.notify_secret, self.clock))
        return HandoverService(
            self.records.handovers, self.records.payments, self.receivers, facts.full, self.clock, self._alarm
        )

    @cached_property
    def console(self) -> Console:
        return Console(
            self.payments,
            self.settling,
            self.refunds,
            self.retries,
            self.records.payments,
            self.records.refunds,
            self.records.disputes,
            self.records.webhooks,
            self.records.messages,
            self.records.handovers,
            self.records.numbers,
            self.records.incidents,
            wake=self.wake_everything,
        )

    @cached_property
    def limits(self) -> Limits:
        return Limits(self.settings, self.store)

    @cached_property
    def jobs(self) -> list[Job]:
        counters = [
            *self.accounts.counters,
            *self.second_factors.counters,
            *self.admin_keys.counters,
            *self.limits.counters,
            *self.doubts.counters,
        ]
        shortest = min(self.settings.poll_every, self.settings.failure_notice_after)
        return [
            *sweeps(self.admin_keys, self.sessions, counters, local=not self.store.shared),
            *queues(self.webhooks, self.outbox, self.handovers),
            *rounds(
                self.poller,
                self.failure_notices,
                self.auto_retries,
                self.refunds,
                self.disputes,
                self.catch_up,
                Leftovers(
                    self.records.clear_bodies,
                    self.records.webhooks,
                    self.clock,
                    pace=lambda: threading.Event().wait(SEALING_PAUSE),
                ),
                self.alarms,
                self.records.idempotency,
                self.accounts,
                shortest=shortest,
                catch_up_every=self.settings.catch_up_every,
            ),
        ]

    @cached_property
    def background(self) -> Background:
        return Background(self.jobs, self.records.jobs, self.clock, self.app.app_context)

    @cached_property
    def serving(self) -> Serving:
        database = self.records.database
        lock = Path(f"{database.path}.serving") if database.path else Path("instance/flask-paystack.serving")
        return Serving(self.settings, self.background, lock, self.store.doubts)

    @cached_property
    def services(self) -> Services:
        beating = [job.name for job in self.jobs if not job.local and job.period <= DEAD_AFTER / 2]
        return Services(
            settings=self.settings,
            limits=self.limits,
            health=Health(
                self.store, self.records.database, self.records.jobs, self.records.incidents, self.clock, beating
            ),
            metrics=numbers.registry(
                self.records.numbers, self.records.jobs, self.records.incidents, NAMES, self.clock
            ),
            payments=self.payments,
            webhooks=self.webhooks,
            catch_up=self.catch_up,
            accounts=self.accounts,
            logins=self.logins,
            second_factors=self.second_factors,
            admin_keys=self.admin_keys,
            sessions=self.sessions,
            retries=self.retries,
            console=self.console,
        )

    def wake_queues(self) -> None:
        """Something was queued for customers, operators or the merchant's code."""
        self.background.wake(SEND_MESSAGES)
        self.background.wake(HAND_OVER)

    def wake_everything(self) -> None:
        """Something was queued, whatever it is."""
        self.background.wake(PROCESS_EVENTS)
        self.wake_queues()

    def _announce(self, signal: NamedSignal, payment: Payment) -> None:
        signal.send(self.app, payment=payment)

    def _alarm(self, handover: Handover, error: str) -> None:
        mails = [handover_failing(to, handover.reference, error, handover.created_at) for to in self.operators]
        self.records.messages.add(*mails)
        self.background.wake(SEND_MESSAGES)
