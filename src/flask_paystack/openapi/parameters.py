"""What routes read from their paths, queries and headers."""

from collections.abc import Sequence

from flask_paystack.console.forms import EVENT_STATES, MESSAGE_STATES
from flask_paystack.openapi import examples
from flask_paystack.openapi.operation import Parameter, Schema
from flask_paystack.payments.model import OUR_REFERENCE, Status
from flask_paystack.web.pages import LONGEST, USUAL

EMPTY: Schema = {"maxLength": 0}
"""Counts as left out."""
INSTANT: Schema = {"type": "string", "anyOf": [{"format": "date-time"}, EMPTY]}
WORD: Schema = {"type": "string"}
EMAIL: Schema = {"type": "string", "anyOf": [{"format": "email", "maxLength": 254}, EMPTY]}


def _choice(*words: str) -> Schema:
    """One of these; an empty one counts as left out."""
    return {"type": "string", "enum": ["", *words]}


def _in_state(states: Sequence[str]) -> Parameter:
    return Parameter("state", "query", "Only those in this state.", _choice(*states), "done")


IN_PATHS = {
    each.name: each
    for each in (
        Parameter(
            "product",
            "path",
            "Its name in the catalogue.",
            {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$", "not": {"enum": ["webhook", "verify", "retry"]}},
            "womaye-gsp",
        ),
        Parameter(
            "reference",
            "path",
            "The payment's reference. Any other text is answered 404.",
            {"type": "string", "pattern": f"^{OUR_REFERENCE.pattern}$"},
            examples.REFERENCE,
        ),
        Parameter("token", "path", "What the mailed link ends with.", {**WORD, "minLength": 1}, examples.RETRY_TOKEN),
        Parameter("number", "path", "Its number.", {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}, 12),
    )
}

IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "header",
    "The same key and request within a day get the same answer, and open nothing.",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "9f1c2a7e-4a5b-4a0e-8f0c-0d6a3c1b2e4f",
)

PAGES = (
    Parameter("after", "query", "The `next` of the page before, as it is.", WORD, examples.CURSOR),
    Parameter(
        "limit", "query", "How many.", {"type": "integer", "minimum": 1, "maximum": LONGEST, "default": USUAL}, 50
    ),
)
ABOUT = Parameter("reference", "query", "Only those about this payment.", WORD, examples.REFERENCE)
EVENT_FILTERS = (_in_state(EVENT_STATES), ABOUT)
MESSAGE_FILTERS = (_in_state(MESSAGE_STATES), ABOUT)
PAYMENT_FILTERS = (
    Parameter("status", "query", "Only those that stand so.", _choice(*Status), "success"),
    Parameter("order", "query", "Only those of this order.", WORD, examples.ORDER),
    Parameter("email", "query", "Only those opened for this address.", EMAIL, examples.EMAIL),
    Parameter("from", "query", "Opened at this moment or later; UTC where it names no timezone.", INSTANT, examples.AT),
    Parameter("to", "query", "Opened before this moment.", INSTANT, examples.SETTLED_AT),
)
