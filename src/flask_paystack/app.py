"""The factory. This file alone knows every concrete class; what it wires is handed down through constructors."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from flask import Flask

from flask_paystack import signals
from flask_paystack.accounts.service import RESET_LIFETIME, Accounts
from flask_paystack.admin_keys.service import AdminKeys
from flask_paystack.background import Background
from flask_paystack.cli.paystack import GROUPS
from flask_paystack.clock import Clock, SystemClock
from flask_paystack.console.service import Console
from flask_paystack.errors import SettingsError
from flask_paystack.expiring import ExpiringStore, open_store
from flask_paystack.handover.model import Handover
from flask_paystack.handover.receivers import Listener, Receivers, UrlReceiver
from flask_paystack.handover.service import HandoverService
from flask_paystack.health import numbers
from flask_paystack.health.service import DEAD_AFTER, Health
from flask_paystack.jobs import HAND_OVER, PROCESS_EVENTS, SEND_MESSAGES, queues, rounds, sweeps
from flask_paystack.links import OurLinks
from flask_paystack.mail.notices import handover_failing
from flask_paystack.mail.outbox import Outbox
from flask_paystack.mail.sender import Sender
from flask_paystack.payments import facts
from flask_paystack.payments.failures import FailureNotices
from flask_paystack.payments.model import Payment
from flask_paystack.payments.opening import Opener
from flask_paystack.payments.poller import Poller
from flask_paystack.payments.products import Product, load_products
from flask_paystack.payments.refunds import Refunds
from flask_paystack.payments.retries import Retries
from flask_paystack.payments.retry_tokens import RetryTokens
from flask_paystack.payments.service import Payments
from flask_paystack.payments.settling import Settling
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.records import upgrades
from flask_paystack.records.accounts import AccountRecords
from flask_paystack.records.database import Database
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.idempotency import IdempotencyRecords
from flask_paystack.records.jobs import JobRecords
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.numbers import NumberRecords
from flask_paystack.records.payments import PaymentRecords
from flask_paystack.records.refunds import RefundRecords
from flask_paystack.records.webhooks import WebhookRecords
from flask_paystack.serving import Serving
from flask_paystack.sessions.service import Sessions
from flask_paystack.settings import Settings
from flask_paystack.web import errors as web_errors
from flask_paystack.web import log, mounting
from flask_paystack.web.limits import Limits
from flask_paystack.web.proxies import TrustedProxies
from flask_paystack.web.services import EXTENSION, Services
from flask_paystack.webhooks.service import Webhooks

IDEMPOTENCY_LIFETIME = timedelta(hours=24)
WORK_LEASE = timedelta(seconds=60)
POLLS_A_SECOND = 5
KEY_MAIL_TIMEOUT = 5
"""Seconds that a request for an access key may wait for the mail server."""


@dataclass(frozen=True)
class Records:
    """Every store of records, over one database."""

    database: Database
    payments: PaymentRecords
    refunds: RefundRecords
    accounts: AccountRecords
    webhooks: WebhookRecords
    messages: MessageRecords
    handovers: HandoverRecords
    idempotency: IdempotencyRecords
    jobs: JobRecords
    numbers: NumberRecords


class FlaskPaystack:
    """Flask-Paystack in an application: ``FlaskPaystack(app)``, or ``init_app`` later.

    Settings come from ``app.config``, under the names of ``.env.example``. The host's configuration, error handlers and
    command line are left alone.

    Args:
        settings: used instead of ``app.config``.
        clock, session: the time, and the session that calls Paystack; tests hand in their own.

    Raises:
        SettingsError: with a sentence for every problem there is.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        url_prefix: str = "",
        settings: Settings | None = None,
        clock: Clock | None = None,
        session: requests.Session | None = None,
        any_schema: bool = False,
    ) -> None:
        self._url_prefix = url_prefix
        self._given = settings
        self._clock = clock or SystemClock()
        self._session = session
        self._any_schema = any_schema
        self._receivers = Receivers()
        if app is not None:
            self.init_app(app)

    def on_settled(self, function: Listener) -> Listener:
        """Have ``function`` told of every settled payment, at least once, until it returns.

        It gets a ``SettledPayment`` whose ``id`` is the same each time: keep it with what you grant. It runs in the process
        that runs the jobs, within the app's context; an exception means "not accepted, tell me again later".
        """
        return self._receivers.on_settled(function)

    def init_app(self, app: Flask) -> None:
        """Read the settings, open what they name, and register the routes."""
        self.settings = self._given or Settings.read(app.config)
        products = load_products(self.settings.products_file)
        self.records = _open_records(self.settings, self._clock)
        if not self._any_schema:
            upgrades.make_ready(self.records.database)
            self.records.database.refuse_if_forgetful()
        self.store = _open_store(self.settings, self._clock)
        self._wire(app, products)
        app.extensions[EXTENSION] = self
        mounting.mount(app, self._url_prefix, self.settings.allowed_origins, self.serving)

    def _wire(self, app: Flask, products: Mapping[str, Product]) -> None:
        settings, records, clock = self.settings, self.records, self._clock
        operators = tuple(settings.admin_emails.values())
        lease = timedelta(seconds=settings.paystack_timeout + 5)
        least = timedelta(seconds=settings.poll_every)
        self.paystack = PaystackClient(
            settings.paystack_secret_key[0],
            clock,
            settings.paystack_base_url,
            settings.paystack_timeout,
            settings.paystack_concurrency,
            self._session,
        )
        settling = Settling(
            records.payments,
            products,
            settings.domain,
            operators,
            settled=lambda payment: _announce(signals.payment_settled, app, payment),
            failed=lambda payment: _announce(signals.payment_failed, app, payment),
            queued=self._wake_queues,
        )
        opener = Opener(
            records.payments,
            self.paystack,
            products,
            clock,
            lease,
            least,
            settings.frontend_url,
            settings.allowed_origins,
        )
        payments = Payments(records.payments, records.idempotency, self.paystack, opener, settling, lease)
        retry_tokens = RetryTokens(settings.jwt_secret, settings.retry_link_ttl, clock)
        retries = Retries(records.payments, opener, retry_tokens, products, self._wake_queues)
        refunds = Refunds(records.payments, records.refunds, self.paystack)
        webhooks = Webhooks(
            records.webhooks,
            records.payments,
            payments,
            settling,
            refunds,
            clock,
            settings.paystack_secret_key,
            WORK_LEASE,
            operators,
            kept=lambda: self.background.wake(PROCESS_EVENTS),
        )
        accounts = Accounts(
            records.accounts,
            self.store,
            clock,
            settings.jwt_secret,
            timedelta(seconds=settings.jwt_ttl),
            queued=self._wake_queues,
        )
        our_links = OurLinks(settings, retry_tokens, accounts.password_reset_token, int(RESET_LIFETIME.total_seconds()))
        sender = Sender(settings, clock)
        sessions = Sessions(self.store, settings.admin_emails)
        hurried = settings.model_copy(update={"mail_timeout": min(KEY_MAIL_TIMEOUT, settings.mail_timeout)})
        admin_keys = AdminKeys(
            settings.admin_emails,
            self.store,
            sessions,
            Sender(hurried, clock),
            our_links,
            settings.jwt_secret,
            clock,
        )
        console = Console(
            payments,
            settling,
            refunds,
            retries,
            records.payments,
            records.refunds,
            records.webhooks,
            records.messages,
            records.handovers,
            records.numbers,
            wake=self._wake_everything,
        )
        limits = Limits(settings, self.store)
        if settings.notify_url and settings.notify_secret:
            self._receivers.add(UrlReceiver(settings.notify_url, settings.notify_secret, clock))
        jobs = [
            *sweeps(
                admin_keys,
                sessions,
                [*accounts.counters, *admin_keys.counters, *limits.counters],
                local=not self.store.shared,
            ),
            *queues(
                webhooks,
                Outbox(records.messages, sender, our_links, clock),
                HandoverService(
                    records.handovers, records.payments, self._receivers, facts.full, clock, self._alarm(operators)
                ),
            ),
            *rounds(
                Poller(
                    records.payments,
                    payments,
                    clock,
                    lease,
                    least,
                    timedelta(seconds=settings.give_up_after),
                    pace=lambda: threading.Event().wait(1 / POLLS_A_SECOND),
                ),
                FailureNotices(
                    records.payments,
                    payments,
                    products,
                    clock,
                    timedelta(seconds=settings.failure_notice_after),
                    self._wake_queues,
                ),
                records.idempotency,
                accounts,
                shortest=min(settings.poll_every, settings.failure_notice_after),
            ),
        ]
        self.background = Background(jobs, records.jobs, clock, app.app_context)
        self.serving = Serving(settings, self.background, _lock_path(records.database))
        expected = [job.name for job in jobs if not job.local and job.period <= DEAD_AFTER / 2]
        self.services = Services(
            settings=settings,
            limits=limits,
            health=Health(self.store, records.database, records.jobs, clock, expected),
            metrics=numbers.registry(records.numbers, records.jobs, clock),
            payments=payments,
            webhooks=webhooks,
            accounts=accounts,
            admin_keys=admin_keys,
            sessions=sessions,
            retries=retries,
            console=console,
        )

    def _wake_queues(self) -> None:
        self.background.wake(SEND_MESSAGES)
        self.background.wake(HAND_OVER)

    def _wake_everything(self) -> None:
        self.background.wake(PROCESS_EVENTS)
        self._wake_queues()

    def _alarm(self, operators: Sequence[str]) -> Callable[[Handover, str], None]:
        def alarm(handover: Handover, error: str) -> None:
            mails = [handover_failing(to, handover.reference, error, handover.created_at) for to in operators]
            self.records.messages.add(*mails)
            self.background.wake(SEND_MESSAGES)

        return alarm

    def close(self) -> None:
        """Stop this process's jobs and let go of every connection."""
        self.serving.end()
        self.paystack.close()
        self.store.close()
        self.records.database.close()


def _announce(signal: Any, app: Flask, payment: Payment) -> None:
    signal.send(app, payment=payment)


def _lock_path(database: Database) -> Path:
    return Path(f"{database.path}.serving") if database.path else Path("instance/flask-paystack.serving")


def _open_records(settings: Settings, clock: Clock) -> Records:
    database = Database(settings.database_url)
    return Records(
        database=database,
        payments=PaymentRecords(database, clock),
        refunds=RefundRecords(database, clock),
        accounts=AccountRecords(database, clock),
        webhooks=WebhookRecords(database, clock),
        messages=MessageRecords(database, clock),
        handovers=HandoverRecords(database, clock),
        idempotency=IdempotencyRecords(
            database, clock, IDEMPOTENCY_LIFETIME, timedelta(seconds=settings.paystack_timeout + 5)
        ),
        jobs=JobRecords(database, clock),
        numbers=NumberRecords(database),
    )


def _open_store(settings: Settings, clock: Clock) -> ExpiringStore:
    try:
        return open_store(settings.store_url, clock)
    except ValueError as error:
        raise SettingsError([f"STORE_URL: {error}"]) from None


def create_app(
    settings: Settings | Mapping[str, Any] | None = None,
    *,
    clock: Clock | None = None,
    session: requests.Session | None = None,
    any_schema: bool = False,
) -> Flask:
    """Flask-Paystack as an application of its own.

    Args:
        settings: ready made, or a mapping of their names in capitals; without them the environment and ``.env`` are read.
        clock, session: the time, and the session that calls Paystack; tests hand in their own.
        any_schema: do not ask whether the database is up to date, since it is about to be brought there.

    Raises:
        SettingsError: with a sentence for every problem there is.
    """
    if settings is None:
        settings = Settings.from_environment()
    elif not isinstance(settings, Settings):
        settings = Settings.read(settings)
    log.start(settings.log_format)
    app = Flask("flask_paystack", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's own provider has it
    ours = FlaskPaystack(settings=settings, clock=clock, session=session, any_schema=any_schema)
    ours.init_app(app)
    for group in GROUPS:
        app.cli.add_command(group)
    web_errors.register(app.errorhandler)
    mounting.hold_everywhere(app)
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    return app
