"""Every failure that a route may tell of, as an example of it: the body is made from it as a real one is."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from flask_paystack import errors
from flask_paystack.errors import Failure
from flask_paystack.openapi import examples
from flask_paystack.openapi.answers import Error
from flask_paystack.openapi.operation import HTML, Reply, words_of
from flask_paystack.web.errors import body_of, status_of, wait_of

LINK = "This link does not work, or no longer does."
KINDS: tuple[Failure, ...] = (
    errors.Invalid("email: This field is required.", {"email": "This field is required."}),
    errors.NotFound("There is no payment with that reference."),
    errors.BodyTooLarge("The body is longer than 65536 bytes."),
    errors.UnsupportedBody("Send a JSON body in UTF-8, with Content-Type: application/json."),
    errors.InvalidSignature("Invalid signature"),
    errors.NotLoggedIn("The access token does not hold, or no longer does; log in again."),
    errors.WrongCredentials("The e-mail and password do not belong together."),
    errors.SecondFactorNeeded("Send the code of your authenticator app, or a recovery code, as well."),
    errors.WrongCode("This code is wrong, was used, or its time is over."),
    errors.OperatorNeeded("Access keys are for operators here; log in as one."),
    errors.InvalidAdmin("Invalid admin"),
    errors.InvalidAccessKey("Invalid access code"),
    errors.InvalidSession("Invalid session token"),
    errors.NoSuchSession("Invalid session token"),
    errors.InvalidLink(LINK),
    errors.TooManyRequests("That is too often; wait a little.", retry_after=42),
    errors.AlreadyPaid("This order has been paid.", order=examples.ORDER),
    errors.OrderOpen("This order has an open payment with another e-mail or amount.", order=examples.ORDER),
    errors.NotAllowed("A payment that is success is not asked about again."),
    errors.EmailTaken("There is an account with this e-mail already."),
    errors.SecondFactorInForce("This account has a second factor; remove it before you set another."),
    errors.IdempotencyKeyRunning("A request with this Idempotency-Key has not finished."),
    errors.IdempotencyKeyReused("This Idempotency-Key came with another body before."),
    errors.PaystackRejected("Paystack refused: Invalid Email Address Passed"),
    errors.PaystackUnavailable("Paystack did not answer in time."),
    errors.MailUnavailable("The access key could not be mailed; try again in a moment."),
    errors.StorageUnavailable("The database did not do what was asked; nothing was kept."),
)
EXAMPLES = {type(failure): failure for failure in KINDS}


def refusals(kinds: Iterable[type[Failure]]) -> Iterator[Reply]:
    """A reply for each status that these failures have: the one error shape, with the codes it may carry there."""
    failures = sorted((EXAMPLES[kind] for kind in dict.fromkeys(kinds)), key=status_of)
    for status, group in groupby(failures, key=status_of):
        told = list(group)
        bodies = {body["code"]: body for body in map(body_of, told)}
        yield Reply(status, _description(told), bodies, Error, codes=list(bodies), headers=_headers(told))


def pages(kinds: Iterable[type[Failure]]) -> Iterator[Reply]:
    """The same, told to people."""
    for reply in refusals(kinds):
        page = "<!doctype html><title>That did not work</title><p>This link does not work, or no longer does.</p>"
        yield Reply(reply.status, "A page that says why.", {"page": page}, media=HTML, headers=reply.headers)


def _description(failures: Iterable[Failure]) -> str:
    sentences = [(type(each).__doc__ or words_of(status_of(each))).partition("\n")[0] for each in failures]
    return " ".join(dict.fromkeys(sentences))


def _headers(failures: Iterable[Failure]) -> list[str]:
    return sorted({name for failure in failures for name in wait_of(failure)})
