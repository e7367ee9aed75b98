"""Reading bodies: capped, strict JSON, into a pydantic model, or a sentence about each field."""

import re
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from flask_paystack import strict_json
from flask_paystack.errors import BodyTooLarge, Failure, Invalid, UnsupportedBody

LONGEST_BODY = 64 * 1024
UTF_8 = {"utf-8", "utf8", "us-ascii"}
"""How UTF-8, or a part of it, is announced."""

Form = TypeVar("Form", bound="Body")


class Body(BaseModel):
    """What a route accepts. Unknown fields are refused, and nothing is converted: ``"5"`` is not a number here."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


def read_bytes(most: int) -> bytes:
    """The whole body, chunked or not.

    Werkzeug's own limit cuts a chunked body short without a word, so one byte more than allowed is asked for.

    Raises:
        BodyTooLarge: it is longer than ``most`` bytes.
        Invalid: it ended before its announced length, or its chunks are none.
    """
    too_large = BodyTooLarge(f"The body is longer than {most} bytes.")
    if request.content_length is not None and request.content_length > most:
        raise too_large
    request.max_content_length = most + 1
    body = b""
    try:
        # One read may bring less than there is, and only a read that brings nothing tells an end that came too early.
        while len(body) <= most and (piece := request.stream.read(most + 1 - len(body))):
            body += piece
    except RequestEntityTooLarge:
        raise too_large from None
    except Exception:  # noqa: BLE001 -- every server has errors of its own for a body that breaks off or whose chunks are none
        raise Invalid("The body ended before its announced length.") from None
    if len(body) > most:
        raise too_large
    if len(body) < (request.content_length or 0):  # gunicorn ends such a stream in silence
        raise Invalid("The body ended before its announced length.")
    return body


def parse(form: type[Form]) -> Form:
    """The request's JSON body as ``form``.

    Raises:
        UnsupportedBody: it is not announced as JSON, or not UTF-8.
        Invalid: it is not JSON, or not what the form says; ``fields`` names each offending field.
    """
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != "application/json" or charset not in UTF_8:
        raise UnsupportedBody("Send a JSON body in UTF-8, with Content-Type: application/json.")
    return validate(form, read_json(read_bytes(LONGEST_BODY)))


def parse_or(form: type[Form]) -> Form:
    """As ``parse``, where an empty body means that every field is left out."""
    if not request.content_length and "chunked" not in request.headers.get("Transfer-Encoding", ""):
        return validate(form, {})
    return parse(form)


def parse_credential(form: type[Form], refused: Failure) -> Form:
    """As ``parse``, where a credential that is missing or no text is refused as a wrong one is; ``fields`` tells more.

    Raises:
        ``refused``, and what ``parse`` raises.
    """
    try:
        return parse(form)
    except Invalid as error:
        if form.model_fields.keys().isdisjoint(error.details.get("fields", {})):
            raise
        refused.details.update(error.details)
        raise refused from None


def read_json(body: bytes) -> Any:
    """The value of a JSON body. Raises UnsupportedBody, Invalid."""
    try:
        return strict_json.loads(body)
    except strict_json.NotUtf8 as error:
        raise UnsupportedBody(str(error)) from None
    except strict_json.NotJson as error:
        raise Invalid(str(error)) from None


def validate(form: type[Form], value: Any) -> Form:
    """``value`` as ``form``. Raises Invalid with a sentence for each offending field."""
    if not isinstance(value, dict):
        raise Invalid("The body must be a JSON object.")
    try:
        return form.model_validate(value)
    except ValidationError as error:
        fields = {_name(each["loc"]): _sentence(each["msg"]) for each in error.errors(include_url=False)}
        first = next(iter(fields))
        raise Invalid(f"{first}: {fields[first]}", fields) from None


def _name(location: tuple[int | str, ...]) -> str:
    """The field's name, shortened and printable: it may have come from the caller."""
    name = ".".join(str(part) for part in location if part != "function-after") or "body"
    return re.sub(r"[^\x20-\x7e]", "?", name)[:80]


def _sentence(message: str) -> str:
    message = re.sub(r"^(Value error|Assertion failed), ", "", message)
    return {
        "Field required": "This field is required.",
        "Extra inputs are not permitted": "There is no such field.",
    }.get(message, message if message.endswith(".") else f"{message}.")
