"""What all parts stand on: settings, time, database, store and Paystack."""

import threading
from abc import ABC, abstractmethod
from datetime import timedelta
from functools import cached_property

import requests
from flask import Flask

from flask_paystack.background import Background
from flask_paystack.clock import Clock
from flask_paystack.errors import SettingsError
from flask_paystack.expiring import ExpiringStore, open_store
from flask_paystack.handover.receivers import Receivers
from flask_paystack.jobs import HAND_OVER, PROCESS_EVENTS, SEND_MESSAGES
from flask_paystack.payments.products import load_products
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.records.stores import Records
from flask_paystack.settings import Settings

POLLS_A_SECOND = 5
"""Most questions that one round of a job asks Paystack."""


class Engines(ABC):
    """Made first, and handed to whatever needs it.

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

    @property
    @abstractmethod
    def background(self) -> Background:
        """What runs the jobs, and is woken where there is work for one."""

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

    def pace(self) -> object:
        """Wait between two questions of one round to Paystack."""
        return threading.Event().wait(1 / POLLS_A_SECOND)

    def wake_queues(self) -> None:
        """Something was queued for customers, operators or the merchant's code."""
        self.background.wake(SEND_MESSAGES)
        self.background.wake(HAND_OVER)

    def wake_everything(self) -> None:
        """Something was queued, whatever it is."""
        self.background.wake(PROCESS_EVENTS)
        self.wake_queues()
