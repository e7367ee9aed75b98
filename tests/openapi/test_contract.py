"""The document beside the contract: every route and status, written down by hand."""

import pytest

from tests.openapi import Document

BODY = {400, 413, 415, 503}
"""Of a route that reads a JSON body, and keeps or looks up something."""

CONTRACT: dict[str, set[int]] = {
    "POST /pay/{product}": {201, 401, 404, 409, 422, 429, 502, *BODY},
    "GET /pay/verify/{reference}": {200, 404, 429, 502, 503},
    "POST /pay/webhook": {200, 400, 401, 413, 503},
    "GET /pay/retry/{token}": {200, 404, 429, 503},
    "POST /pay/retry/{token}": {201, 303, 404, 409, 429, 502, 503},
    "GET /payments": {200, 400, 401, 503},
    "POST /pay/retry/{token}/withdraw": {200, 404, 429, 503},
    "POST /auth/register": {201, 409, 429, *BODY},
    "POST /auth/login": {200, 401, 429, *BODY},
    "POST /auth/forgot": {202, 429, *BODY},
    "POST /auth/reset": {204, 404, 429, *BODY},
    "POST /auth/password": {200, 401, 429, *BODY},
    "GET /auth/sessions": {200, 401, 503},
    "POST /auth/sessions/end": {204, 401, 404, 429, *BODY},
    "POST /auth/totp": {200, 401, 409, 429, *BODY},
    "POST /auth/totp/confirm": {200, 401, 404, 409, 429, *BODY},
    "POST /auth/totp/remove": {204, 401, 404, 429, *BODY},
    "GET /auth/me": {200, 401, 503},
    "POST /auth/logout": {204, 401, 503},
    "POST /admin-keys/request": {202, 401, 429, *BODY},
    "POST /admin-keys/verify": {201, 429, *BODY},
    "POST /check-session": {200, *BODY},
    "DELETE /sessions": {204, 401, 503},
    "GET /admin/payments": {200, 400, 401, 503},
    "GET /admin/payments/{reference}": {200, 401, 404, 503},
    "POST /admin/payments/{reference}/verify": {200, 401, 404, 409, 502, 503},
    "POST /admin/payments/{reference}/accept": {200, 401, 404, 409, 503},
    "POST /admin/payments/{reference}/refund": {200, 401, 404, 409, 502, *BODY},
    "POST /admin/payments/{reference}/retry": {200, 401, 404, 409, 503},
    "GET /admin/events": {200, 400, 401, 503},
    "GET /admin/events/{number}": {200, 401, 404, 503},
    "POST /admin/events/{number}/replay": {200, 401, 404, 409, 503},
    "POST /admin/events/replay": {200, 401, 503},
    "GET /admin/messages": {200, 400, 401, 503},
    "POST /admin/messages/{number}/resend": {200, 401, 404, 409, 503},
    "GET /admin/summary": {200, 401, 503},
    "GET /openapi.json": {200, 304, 503},
    "GET /healthz": {200, 503},
    "GET /readyz": {200, 503},
    "GET /metrics": {200, 401, 503},
}

CODES = {  # where the contract names the code
    ("POST /pay/{product}", 409): {"already_paid", "order_open", "idempotency_key_running"},
    ("POST /pay/{product}", 422): {"idempotency_key_reused"},
    ("POST /pay/{product}", 502): {"paystack_rejected"},
    ("POST /pay/{product}", 503): {"paystack_unavailable", "storage_unavailable"},
    ("POST /pay/webhook", 401): {"invalid_signature"},
    ("POST /pay/webhook", 503): {"storage_unavailable"},
    ("POST /auth/login", 401): {"wrong_credentials", "second_factor_needed", "wrong_code"},
    ("POST /auth/register", 409): {"email_taken"},
    ("POST /admin-keys/request", 400): {"invalid_request", "invalid_admin"},
    ("POST /admin-keys/request", 503): {"mail_unavailable", "storage_unavailable"},
    ("POST /admin-keys/verify", 400): {"invalid_request", "invalid_access_code"},
    ("POST /check-session", 400): {"invalid_request", "invalid_session_token"},
    ("DELETE /sessions", 401): {"invalid_session_token"},
    ("POST /admin/payments/{reference}/accept", 409): {"not_allowed"},
}

SECURITY = {
    "accessToken": {
        "GET /payments",
        "GET /auth/me",
        "POST /auth/logout",
        "POST /auth/password",
        "GET /auth/sessions",
        "POST /auth/sessions/end",
        "POST /auth/totp",
        "POST /auth/totp/confirm",
        "POST /auth/totp/remove",
    },
    "sessionToken": {"DELETE /sessions", *(route for route in CONTRACT if " /admin/" in route)},
    "paystackSignature": {"POST /pay/webhook"},
}


def test_every_route_of_the_contract_is_in_it_and_no_other(document: Document) -> None:
    assert set(document.statuses()) == set(CONTRACT)


@pytest.mark.parametrize("route", CONTRACT)
def test_every_status_of_the_contract_is_in_it_and_no_other(document: Document, route: str) -> None:
    assert document.statuses()[route] == CONTRACT[route]


@pytest.mark.parametrize(("route", "status"), CODES)
def test_the_codes_that_the_contract_names_are_in_it(document: Document, route: str, status: int) -> None:
    method, path = route.split(" ")
    content = document.told["paths"][path][method.lower()]["responses"][str(status)]["content"]["application/json"]
    shown = {example["value"]["code"] for example in content["examples"].values()}

    assert shown == CODES[route, status]


@pytest.mark.parametrize("scheme", SECURITY)
def test_what_is_guarded_says_by_what(document: Document, scheme: str) -> None:
    asked = {
        f"{method.upper()} {path}"
        for path, method, operation in document.operations()
        if operation["security"] == [{scheme: []}]
    }

    assert asked == SECURITY[scheme]
