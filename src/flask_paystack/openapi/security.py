"""How guards are told: which credential a route asks for."""

from collections.abc import Iterator

from flask_paystack.errors import Failure, InvalidSession, NotLoggedIn, SecondFactorNeeded
from flask_paystack.openapi.operation import Schema
from flask_paystack.web.guards import SESSION_HEADER
from flask_paystack.webhooks.signature import HEADER as SIGNATURE_HEADER

ACCESS_TOKEN = "accessToken"  # noqa: S105
SESSION_TOKEN = "sessionToken"  # noqa: S105
SIGNATURE = "paystackSignature"
METRICS_TOKEN = "metricsToken"  # noqa: S105
NOTHING: Schema = {}
"""No credential is fine too."""

SCHEMES: Schema = {
    ACCESS_TOKEN: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of `POST /auth/login`.",
    },
    SESSION_TOKEN: {
        "type": "apiKey",
        "in": "header",
        "name": SESSION_HEADER,
        "description": "The session token of `POST /admin-keys/verify`: ten minutes.",
    },
    SIGNATURE: {
        "type": "apiKey",
        "in": "header",
        "name": SIGNATURE_HEADER,
        "description": "HMAC-SHA512 of the raw body under Paystack's secret key, in hex.",
    },
    METRICS_TOKEN: {"type": "http", "scheme": "bearer", "description": "METRICS_TOKEN, where it is set."},
}

GUARDS: dict[str, list[Schema]] = {
    "JWT": [{ACCESS_TOKEN: []}],
    "JWT, optional unless REQUIRE_LOGIN": [{ACCESS_TOKEN: []}, NOTHING],
    "session token": [{SESSION_TOKEN: []}],
    "x-paystack-signature, over the raw bytes": [{SIGNATURE: []}],
    "METRICS_TOKEN where set, loopback otherwise": [{METRICS_TOKEN: []}, NOTHING],
    "budgets: of strangers, or of the operator whose access token came along": [{ACCESS_TOKEN: []}, NOTHING],
    "attempt cap: five guesses a key": [],
    "signed, expiring token from the failure mail": [],
}
"""By what the views' guards call themselves."""


def security_of(guard: str, *, login_required: bool) -> list[Schema]:
    """What comes in: any one of these; nothing is needed where the list is empty.

    Args:
        login_required: an access token is asked for where it is otherwise optional.
    """
    if guard.startswith("nobody:"):
        return []
    if guard == "JWT, optional unless REQUIRE_LOGIN" and login_required:
        return [{ACCESS_TOKEN: []}]
    return GUARDS[guard]


def refusals_of(security: list[Schema]) -> Iterator[type[Failure]]:
    """What a credential that does not hold is refused with. A wrong signature is the webhook's own refusal."""
    asked = {name for each in security for name in each}
    if asked & {ACCESS_TOKEN, METRICS_TOKEN}:
        yield NotLoggedIn
    if ACCESS_TOKEN in asked:
        yield SecondFactorNeeded
    if SESSION_TOKEN in asked:
        yield InvalidSession
