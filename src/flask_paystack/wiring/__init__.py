"""Every part, made of its concrete class and handed what it needs. No other room knows them all."""

import threading
from functools import cached_property
from pathlib import Path

from flask_paystack.background import Background
from flask_paystack.console.service import Console
from flask_paystack.health import numbers
from flask_paystack.health.alarms import NAMES
from flask_paystack.health.service import DEAD_AFTER, Health
from flask_paystack.jobs import Job, queues, rounds, sweeps
from flask_paystack.serving import Serving
from flask_paystack.web.services import Services
from flask_paystack.webhooks.leftovers import Leftovers
from flask_paystack.wiring.exchange import ExchangeParts

SEALING_PAUSE = 0.05
"""Seconds between two batches of events that lay in clear."""


class Wiring(ExchangeParts):
    """Every part, made when it is first asked for and handed what it needs.

    Raises:
        SettingsError, StorageUnavailable: the store or the database cannot be used.
    """

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
