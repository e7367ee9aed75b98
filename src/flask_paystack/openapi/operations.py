"""The table of operations: a row for every route that customers, frontends and machines call."""

from collections.abc import Mapping
from typing import Any

from flask_paystack import errors
from flask_paystack.admin_keys.views import KeyForm, KeyRequest
from flask_paystack.openapi import answers, examples
from flask_paystack.openapi.account_operations import ACCOUNTS
from flask_paystack.openapi.console_operations import CONSOLE
from flask_paystack.openapi.operation import HTML, TEXT, Operation, Reply, empty
from flask_paystack.openapi.parameters import IDEMPOTENCY_KEY, PAGES
from flask_paystack.payments.forms import PayForm
from flask_paystack.payments.pages import WITHDRAWN
from flask_paystack.sessions.views import SessionForm

OPENED = Reply(201, "Opened: send the customer to the page.", {"opened": examples.OPENED}, answers.OpenedPayment)
UNVERIFIED = Reply(
    503,
    "Paystack gave no answer: the payment as we know it.",
    {"paystack_unavailable": examples.UNVERIFIED},
    answers.UnverifiedPayment,
    headers=["Retry-After"],
)


def _told(sentence: str) -> dict[str, Any]:
    return {"told": {"message": sentence}}


PAYMENTS = {
    "pay.pay": Operation(
        "openPayment",
        [OPENED],
        PayForm,
        {"fixed price": examples.ASK_FIXED, "chosen amount": examples.ASK_CHOSEN},
        parameters=[IDEMPOTENCY_KEY],
        failures=[
            errors.NotFound,
            errors.AlreadyPaid,
            errors.OrderOpen,
            errors.IdempotencyKeyRunning,
            errors.IdempotencyKeyReused,
            errors.PaystackRejected,
            errors.PaystackUnavailable,
        ],
    ),
    "pay.verify": Operation(
        "verifyPayment",
        [
            Reply(200, "The payment.", {"paid": examples.PAYMENT, "not yet": examples.PENDING}, model=answers.Payment),
            UNVERIFIED,
        ],
        failures=[errors.NotFound, errors.PaystackRejected],
    ),
    "retry.look": Operation(
        "showRetryPage",
        [Reply(200, "A page with a button.", {"page": examples.PAGE}, media=HTML)],
        pages=[errors.InvalidLink, errors.StorageUnavailable],
    ),
    "retry.retry": Operation(
        "retryPayment",
        [OPENED, empty(303, "To Paystack's page, where a form asked.", "Location")],
        failures=(
            retry_refusals := [
                errors.InvalidLink,
                errors.AlreadyPaid,
                errors.OrderOpen,
                errors.NotAllowed,
                errors.PaystackRejected,
                errors.PaystackUnavailable,
            ]
        ),
        pages=[*retry_refusals, errors.StorageUnavailable],
    ),
    "retry.withdraw": Operation(
        "withdrawConsent",
        [
            Reply(200, "No card of this customer's is charged again.", _told(WITHDRAWN), answers.Told),
            Reply(200, "The same, where people ask.", {"page": examples.PAGE}, media=HTML),
        ],
        failures=[errors.InvalidLink],
        pages=[errors.InvalidLink, errors.StorageUnavailable],
    ),
    "payments.list_mine": Operation(
        "listMyPayments",
        [Reply(200, "A page of them.", {"page": examples.PAYMENTS}, answers.Payments)],
        parameters=PAGES,
    ),
    "webhook.webhook": Operation(
        "receiveWebhook",
        [Reply(200, "The bytes are on disk.", {"kept": "Webhook received successfully"}, media=TEXT)],
        raw_body="The bytes that Paystack signed; those that cannot be read are kept too.",
        bodies={"charge.success": examples.PAYSTACK_EVENT},
        failures=[errors.InvalidSignature],
    ),
}

KEYS_AND_SESSIONS = {
    "admin_keys.request_key": Operation(
        "requestAccessKey",
        [
            Reply(
                202,
                "The key was mailed.",
                {
                    "mailed": {
                        "id": examples.KEY_ID,
                        "expires_in": 50,
                        "message": "The admin was mailed a key that works for 50 seconds: ask them for it.",
                    }
                },
                answers.IssuedKey,
            )
        ],
        KeyRequest,
        {"admin1": {"permission_from": "admin1"}},
        failures=[errors.OperatorNeeded, errors.InvalidAdmin, errors.MailUnavailable],
    ),
    "admin_keys.verify_key": Operation(
        "openSession",
        [
            Reply(
                201,
                "A session token.",
                {"opened": {"session_token": examples.SESSION_TOKEN, "expires_in": 600}},
                answers.OpenedSession,
            )
        ],
        KeyForm,
        {"key": {"id": examples.KEY_ID, "key": "042917"}},
        failures=[errors.InvalidAccessKey],
    ),
    "sessions.check_session": Operation(
        "checkSession",
        [Reply(200, "It is valid.", _told("success"), answers.Told)],
        SessionForm,
        {"token": {"session_token": examples.SESSION_TOKEN}},
        failures=[errors.NoSuchSession],
    ),
    "sessions.end_session": Operation("endSession", [empty(204, "The session is over.")]),
}

MACHINES = {
    "openapi.document": Operation(
        "describeApi",
        [
            Reply(200, "The document.", {"beginning": {"openapi": "3.1.0"}}, headers=["ETag"]),
            empty(304, "It is the one you have.", "ETag"),
        ],
    ),
    "health.healthz": Operation("isAlive", [Reply(200, "Alive.", {"alive": {"status": "alive"}}, answers.Alive)]),
    "health.readyz": Operation(
        "isReady",
        [
            Reply(200, "Able to work.", {"ready": examples.READY}, answers.Ready),
            Reply(503, "Something is missing.", {"not ready": examples.NOT_READY}, answers.NotReady),
        ],
    ),
    "health.metrics": Operation(
        "readMetrics", [Reply(200, "In Prometheus' text format.", {"start": examples.METRICS}, media=TEXT)]
    ),
}

OPERATIONS: Mapping[str, Operation] = {**PAYMENTS, **ACCOUNTS, **KEYS_AND_SESSIONS, **CONSOLE, **MACHINES}
"""By endpoint: blueprint and view. A test holds that these are all the routes there are."""

UNDOCUMENTED = {
    "pay.static": "The stylesheet of our one page.",
    "retry.static": "The same.",
}
"""Routes that are no part of the API, and why."""
