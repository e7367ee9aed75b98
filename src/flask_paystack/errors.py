"""The failures we can name, by meaning.

Each is a sentence for people (``str(failure)``) and may carry what the caller needs in ``details``. Nothing here speaks
of HTTP: ``web/errors.py`` holds the one table from these classes to statuses and codes.
"""

from collections.abc import Mapping
from typing import Any


class Failure(Exception):
    """Something a caller asked for did not happen, for a reason that can be told."""

    def __init__(self, sentence: str, **details: Any) -> None:
        super().__init__(sentence)
        self.details: dict[str, Any] = details


class Invalid(Failure):
    """What was sent is not what is accepted. ``fields`` maps each offending field to a sentence."""

    def __init__(self, sentence: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence, **({"fields": dict(fields)} if fields else {}))


class NotFound(Failure):
    """There is nothing by that name."""


class BodyTooLarge(Failure):
    """The body is longer than this route reads."""


class UnsupportedBody(Failure):
    """The body is not UTF-8 JSON with a JSON content type."""


class InvalidSignature(Failure):
    """A webhook that was not signed with one of our secret keys."""


class NotLoggedIn(Failure):
    """No access token, or one that does not hold."""


class WrongCredentials(Failure):
    """The e-mail and password do not belong together."""


class SecondFactorNeeded(Failure):
    """The password is right, and this account asks for a code as well."""


class WrongCode(Failure):
    """The code of the second factor is wrong, was used, or its time is over."""


class OperatorNeeded(Failure):
    """Somebody is logged in, and is no operator."""


class InvalidAdmin(Failure):
    """No admin of that name."""


class InvalidAccessKey(Failure):
    """The access key is wrong, spent, expired, or guessed at too often."""


class InvalidSession(Failure):
    """The session token is unknown, expired or ended."""


class NoSuchSession(InvalidSession):
    """Somebody asked whether a session token is valid, and it is not."""


class InvalidLink(Failure):
    """The link was not made by us, or its time is over."""


class TooManyRequests(Failure):
    """The caller must wait ``retry_after`` whole seconds."""

    def __init__(self, sentence: str, retry_after: int) -> None:
        super().__init__(sentence, retry_after=retry_after)


class Conflict(Failure):
    """The request is well formed, and the state of things forbids it."""


class AlreadyPaid(Conflict):
    """The order has been paid."""


class OrderOpen(Conflict):
    """The order has an open payment that differs from what was asked."""


class NotAllowed(Conflict):
    """The payment's state forbids this act."""


class EmailTaken(Conflict):
    """An account with this e-mail exists."""


class SecondFactorInForce(Conflict):
    """The account has a second factor."""


class IdempotencyKeyRunning(Conflict):
    """A request with the same idempotency key has not finished."""


class IdempotencyKeyReused(Failure):
    """The same idempotency key came with another body."""


class Unavailable(Failure):
    """Something we depend on gave no answer; trying again later may help."""


class PaystackUnavailable(Unavailable):
    """Paystack gave no usable answer: what it did is unknown."""


class MailUnavailable(Unavailable):
    """The mail server did not accept the message in time."""


class StorageUnavailable(Unavailable):
    """The database or the store did not do what was asked, and nothing was kept."""


class CannotOpen(Failure):
    """What is sealed in the records cannot be opened, now: its secret is not among ours, or the bytes were changed."""


class PaystackRejected(Failure):
    """Paystack answered no."""


class LeaseLost(Failure):
    """The lease on this piece of work ended; whoever holds it now decides."""


class SettingsError(Exception):
    """The settings cannot be used. ``problems`` are sentences, one for each thing to mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
