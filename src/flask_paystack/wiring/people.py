"""The parts that know who somebody is, and whether they may come in."""

from datetime import timedelta
from functools import cached_property
from urllib.parse import urlsplit

from flask_paystack.accounts.checking import PasswordCheck
from flask_paystack.accounts.logins import Logins
from flask_paystack.accounts.second_factors import SecondFactors
from flask_paystack.accounts.service import RESET_LIFETIME, Accounts
from flask_paystack.admin_keys.service import AdminKeys
from flask_paystack.links import OurLinks
from flask_paystack.mail.sender import Sender
from flask_paystack.sessions.service import Sessions
from flask_paystack.web.limits import Limits
from flask_paystack.wiring.payments import PaymentParts

KEY_MAIL_TIMEOUT = 5
"""Seconds that a request for an access key may wait for the mail server."""


class PeopleParts(PaymentParts):
    """Accounts, access keys, sessions, limits, and links that let somebody in."""

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
            is_required=self.settings.require_second_factor,
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
    def limits(self) -> Limits:
        return Limits(self.settings, self.store)
