"""What the table of operations is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from flask_paystack.errors import Failure
from flask_paystack.web.parsing import Body

Schema = dict[str, Any]
Examples = Mapping[str, Any]

JSON = "application/json"
HTML = "text/html"
TEXT = "text/plain"
SCHEMAS = "#/components/schemas"


@dataclass(frozen=True)
class Reply:
    """One thing that a route may answer."""

    status: int
    description: str
    examples: Examples = field(default_factory=dict)
    """By name; each a whole body."""
    model: type[BaseModel] | None = None
    """Of a JSON body; without one the body is text, or there is none."""
    media: str | None = JSON
    """None where there is no body."""
    codes: Sequence[str] = ()
    """The codes that an error has here."""
    headers: Sequence[str] = ()
    """Beside ``X-Request-ID``."""

    @property
    def schema(self) -> Schema:
        """Of the body."""
        if self.model is None:
            return {"type": "object" if self.media == JSON else "string"}
        found: Schema = {"$ref": f"{SCHEMAS}/{self.model.__name__}"}
        return {"allOf": [found, {"properties": {"code": {"enum": list(self.codes)}}}]} if self.codes else found


def empty(status: int, description: str, *headers: str) -> Reply:
    """An answer without a body."""
    return Reply(status, description, media=None, headers=headers)


@dataclass(frozen=True)
class Parameter:
    """Something a route reads from its path, its query or its headers."""

    name: str
    where: str
    """``path``, ``query`` or ``header``."""
    description: str
    schema: Schema
    example: Any

    def told(self) -> Schema:
        """As the document has it."""
        return {
            "name": self.name,
            "in": self.where,
            "required": self.where == "path",
            "description": self.description,
            "schema": self.schema,
            "examples": {"usual": {"value": self.example}},
        }


@dataclass(frozen=True)
class Operation:
    """A route's row. What its guard, its limit and its body may cost is not repeated here: the document adds it."""

    id: str
    """Unique; code that is generated from the document calls its functions so."""
    replies: Sequence[Reply]
    body: type[Body] | None = None
    bodies: Examples = field(default_factory=dict)
    """Examples of its body, by name."""
    body_required: bool = True
    raw_body: str | None = None
    """Of a body that is taken as bytes: what they are."""
    parameters: Sequence[Parameter] = ()
    failures: Sequence[type[Failure]] = ()
    """What it may refuse beside that."""
    pages: Sequence[type[Failure]] = ()
    """What it refuses with a page for people, when people ask."""


@dataclass(frozen=True)
class Route:
    """A route there is, as the application knows it."""

    path: str
    """As in ``/pay/{product}``, without what it is mounted below."""
    method: str
    endpoint: str
    """Its blueprint and its view, as in ``pay.verify``."""
    words: str
    """The view's docstring."""
    guard: str
    limit: str | None
    """The name of the limit that counts it."""


def words_of(status: int) -> str:
    """The usual name of a status."""
    return HTTPStatus(status).phrase
