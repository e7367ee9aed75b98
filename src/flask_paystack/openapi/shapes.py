"""What the answer models share."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flask_paystack.money import CURRENCIES, LARGEST
from flask_paystack.payments.model import OUR_REFERENCE


def without_default(schema: dict[str, Any]) -> None:
    """A field that may be left out, rather than one that is null."""
    schema.pop("default", None)


MAY_BE_ABSENT = Field(default=None, json_schema_extra=without_default)

Instant = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
        json_schema_extra={"format": "date-time"},
        description="ISO 8601 in UTC, to the millisecond.",
    ),
]
Reference = Annotated[str, Field(pattern=f"^{OUR_REFERENCE.pattern}$", description="The payment's own name.")]
Order = Annotated[
    str, Field(max_length=64, description="The merchant's own id, or the reference where none was given.")
]
Amount = Annotated[int, Field(ge=1, le=LARGEST, description="In subunits: kobo, pesewas, cents.")]
Currency = Annotated[str, Field(json_schema_extra={"enum": sorted(CURRENCIES)})]
Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Seconds = Annotated[int, Field(ge=1, description="Seconds.")]
Count = Annotated[int, Field(ge=0)]
Cursor = Annotated[str | None, Field(description="Pass it on as `after` for the next page; null on the last.")]


class Answer(BaseModel):
    """What a route answers. Nothing else is in it."""

    model_config = ConfigDict(extra="forbid")
