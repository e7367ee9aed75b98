"""The controls of ``ref-path``: ways to put a reference into an address, and to read the answer, that look right."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from flask import Flask

from flask_paystack.cli.start import application
from flask_paystack.paystack import client, payloads
from flask_paystack.paystack.answers import Answer
from flask_paystack.paystack.model import Transaction


def _quoted(reference: str) -> str:
    return quote(reference, safe="")


def _about_anything(reference: str, answer: Answer) -> Transaction:
    return replace(payloads.read_transaction(answer.data), reference=reference)


def bare() -> None:
    """Puts the reference into an f-string."""
    client.path_segment = str


def quoted() -> None:
    """Quotes it, which leaves dots as they are."""
    client.path_segment = _quoted


def any_answer() -> None:
    """Believes an answer whatever it is about."""
    client.PaystackClient._about = staticmethod(_about_anything)  # type: ignore[method-assign]


BREAKS: dict[str, Callable[[], None]] = {"bare-f-string": bare, "only-quoted": quoted, "any-answer": any_answer}


def serving(control: str) -> Flask:
    """The application, broken like that."""
    BREAKS[control]()
    return application()
