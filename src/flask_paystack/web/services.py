"""What views may ask: the services, wired by ``app.py``, found on the current app."""

from dataclasses import dataclass

from flask import current_app
from prometheus_client import CollectorRegistry

from flask_paystack.accounts.logins import Logins
from flask_paystack.accounts.second_factors import SecondFactors
from flask_paystack.accounts.service import Accounts
from flask_paystack.admin_keys.service import AdminKeys
from flask_paystack.console.service import Console
from flask_paystack.health.service import Health
from flask_paystack.payments.retries import Retries
from flask_paystack.payments.service import Payments
from flask_paystack.sessions.service import Sessions
from flask_paystack.settings import Settings
from flask_paystack.web.limits import Limits
from flask_paystack.webhooks.catch_up import CatchUp
from flask_paystack.webhooks.service import Webhooks

EXTENSION = "flask_paystack"


@dataclass(frozen=True)
class Services:
    """Everything a view may ask."""

    settings: Settings
    limits: Limits
    health: Health
    metrics: CollectorRegistry
    payments: Payments
    webhooks: Webhooks
    catch_up: CatchUp
    accounts: Accounts
    logins: Logins
    second_factors: SecondFactors
    admin_keys: AdminKeys
    sessions: Sessions
    retries: Retries
    console: Console


def services() -> Services:
    """The services of the app that handles this request."""
    found: Services = current_app.extensions[EXTENSION].services
    return found
