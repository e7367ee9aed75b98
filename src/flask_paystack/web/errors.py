"""The one table from failures to statuses and codes, and the one shape of an error.

``{"error": "<sentence>", "code": "<snake_case>"}`` and fields that help, such as ``fields`` or ``retry_after``.
"""

import logging
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, g, jsonify
from werkzeug.exceptions import HTTPException

from flask_paystack import errors
from flask_paystack.web.log import request_id

log = logging.getLogger(__name__)

STATUSES: dict[type[errors.Failure], tuple[int, str]] = {
    errors.Invalid: (400, "invalid_request"),
    errors.NotFound: (404, "not_found"),
    errors.BodyTooLarge: (413, "body_too_large"),
    errors.UnsupportedBody: (415, "unsupported_media_type"),
    errors.InvalidSignature: (401, "invalid_signature"),
    errors.NotLoggedIn: (401, "not_logged_in"),
    errors.WrongCredentials: (401, "wrong_credentials"),
    errors.SecondFactorNeeded: (401, "second_factor_needed"),
    errors.WrongCode: (401, "wrong_code"),
    errors.OperatorNeeded: (401, "operator_needed"),
    errors.InvalidAdmin: (400, "invalid_admin"),
    errors.InvalidAccessKey: (400, "invalid_access_code"),
    errors.InvalidSession: (401, "invalid_session_token"),
    errors.NoSuchSession: (400, "invalid_session_token"),
    errors.InvalidLink: (404, "invalid_link"),
    errors.TooManyRequests: (429, "too_many_requests"),
    errors.AlreadyPaid: (409, "already_paid"),
    errors.OrderOpen: (409, "order_open"),
    errors.NotAllowed: (409, "not_allowed"),
    errors.EmailTaken: (409, "email_taken"),
    errors.SecondFactorInForce: (409, "second_factor_in_force"),
    errors.IdempotencyKeyRunning: (409, "idempotency_key_running"),
    errors.LeaseLost: (409, "lease_lost"),
    errors.IdempotencyKeyReused: (422, "idempotency_key_reused"),
    errors.PaystackRejected: (502, "paystack_rejected"),
    errors.PaystackUnavailable: (503, "paystack_unavailable"),
    errors.MailUnavailable: (503, "mail_unavailable"),
    errors.StorageUnavailable: (503, "storage_unavailable"),
}
"""Every failure that may reach a caller, with its status and its stable code."""

HTTP_CODES = {
    400: ("bad_request", "That request cannot be read."),
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("body_too_large", "The body is too long."),
    415: ("unsupported_media_type", "Send UTF-8 JSON, with Content-Type: application/json."),
}
OTHER_HTTP_CODE = "http_error"
BUG_CODE = "internal_error"

CODES = tuple(
    dict.fromkeys(
        [code for _, code in STATUSES.values()]
        + [code for code, _ in HTTP_CODES.values()]
        + [OTHER_HTTP_CODE, BUG_CODE]
    )
)
"""Every code there is."""


def error_body(sentence: str, code: str, **more: Any) -> dict[str, Any]:
    """The one shape."""
    return {"error": sentence, "code": code, **more}


def status_of(failure: errors.Failure) -> int:
    """The status that the table gives a failure."""
    return _row(failure)[0]


def body_of(failure: errors.Failure) -> dict[str, Any]:
    """The body that tells of a failure."""
    return error_body(str(failure), _row(failure)[1], **failure.details)


def wait_of(failure: errors.Failure) -> dict[str, str]:
    """The header that says how long to wait, where waiting helps."""
    if "retry_after" in failure.details:
        return {"Retry-After": str(failure.details["retry_after"])}
    return {"Retry-After": "5"} if status_of(failure) == 503 else {}


def challenge_of(failure: errors.Failure) -> dict[str, str]:
    """The header that says how to log in, which RFC 9110 (§11.6.1) wants beside a 401 for a lacking access token."""
    return {"WWW-Authenticate": "Bearer"} if isinstance(failure, errors.NotLoggedIn) else {}


def _row(failure: errors.Failure) -> tuple[int, str]:
    return next(STATUSES[kind] for kind in type(failure).__mro__ if kind in STATUSES)


def answer_failure(failure: errors.Failure) -> Response:
    """The answer to a failure, as the table has it."""
    g.paystack_refused_by = _row(failure)[1]
    response = jsonify(body_of(failure))
    response.status_code = status_of(failure)
    response.headers.update(wait_of(failure))
    response.headers.update(challenge_of(failure))
    return response


def answer_http_exception(exception: HTTPException) -> Response:
    """The answer to what Flask itself refuses: unknown addresses, wrong methods, unreadable requests."""
    if exception.code is None or exception.response is not None:  # a redirect, or an answer somebody made whole
        return current_app.make_response(exception.get_response())
    code, sentence = HTTP_CODES.get(exception.code, (OTHER_HTTP_CODE, exception.description or exception.name))
    response = jsonify(error_body(sentence, code))
    response.status_code = exception.code
    for name, value in exception.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response


def answer_bug(exception: Exception) -> Response:
    """The answer to what nobody foresaw: the id under which the log tells it, and nothing else."""
    log.error("unforeseen failure", exc_info=exception)
    body = error_body("Something went wrong on our side.", BUG_CODE, request_id=request_id())
    response = jsonify(body)
    response.status_code = 500
    return response


def register(errorhandler: Callable[[type[Exception]], Callable[[Any], Any]]) -> None:
    """Answer every failure in the one shape, within the app or blueprint whose ``errorhandler`` this is."""
    errorhandler(errors.Failure)(answer_failure)
    errorhandler(HTTPException)(answer_http_exception)
    errorhandler(Exception)(answer_bug)
