"""Letters: what each kind of message says, as text and as HTML.

A new kind is a row in ``KINDS``, two templates named after it, and the function in ``notices.py`` that makes its message.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from flask_paystack.mail import wording
from flask_paystack.mail.links import Link, Links
from flask_paystack.mail.model import Message


@dataclass(frozen=True)
class Letter:
    """What a recipient reads."""

    subject: str
    """One line."""
    text: str = field(repr=False)
    """It may hold a key, or a link that opens something; so may ``html``."""
    html: str = field(repr=False)


@dataclass(frozen=True)
class Kind:
    """What sets one kind of letter apart, besides its templates ``<kind>.txt`` and ``<kind>.html``."""

    subject: str
    """Braces name values of the message's context."""
    link: Callable[[Links, Mapping[str, Any]], Link] | None = None
    """Makes the link this kind holds, from the message's context; the templates know it as ``link``."""


KINDS: Mapping[str, Kind] = {
    "receipt": Kind("Your receipt for {product_name}"),
    "payment_failed": Kind(
        "Your payment for {product_name} did not go through",
        link=lambda links, context: links.retry(context["reference"]),
    ),
    "confirm_payment": Kind(
        "Your bank asks you to confirm your payment for {product_name}",
        link=lambda links, context: links.retry(context["reference"]),
    ),
    "order_paid_twice": Kind("Order {order} was paid twice"),
    "payment_quarantined": Kind("A payment needs a look ({reference})"),
    "alarm": Kind("Something needs a look: {sentence}"),
    "dispute": Kind("{headline} ({reference})"),
    "payments_unknown": Kind("Paystack was paid for payments unknown here ({count})"),
    "event_dead": Kind("A webhook event could not be processed ({event_id})"),
    "handover_failing": Kind("A paid order is not being accepted ({reference})"),
    "access_key": Kind("Your access key"),
    "password_reset": Kind(
        "Choose a new password",
        link=lambda links, context: links.password_reset(context["user_id"]),
    ),
    "account_changed": Kind("{what}"),
}
"""Every kind of letter we send."""

_templates = Environment(
    loader=PackageLoader("flask_paystack", "mail/templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(
    money=wording.money, moment=wording.moment, duration=wording.duration, channel=wording.channel
)


def write_letter(message: Message, links: Links) -> Letter:
    """The letter for ``message``, its link made now.

    Raises:
        KeyError: there is no letter of this kind, or its subject names what the context lacks.
        jinja2.TemplateError: a template names what the context lacks.
        Exception: whatever ``links`` raises.
    """
    kind = KINDS[message.kind]
    values = {
        name: wording.one_line(value) if isinstance(value, str) else value for name, value in message.context.items()
    }
    subject = wording.one_line(kind.subject.format_map(values), longest=200)
    values |= {"subject": subject}
    if kind.link is not None:
        values |= {"link": kind.link(links, message.context)}
    return Letter(subject, _written(f"{message.kind}.txt", values), _written(f"{message.kind}.html", values))


def _written(template: str, values: Mapping[str, Any]) -> str:
    return _templates.get_template(template).render(values).strip() + "\n"
