"""A plugin of pytest: no test passes whose process, commands or servers told a secret (FAULTS R57).

Secrets that can be known by their form are looked for by it: keys, signed tokens, authorization codes, hashes, test cards.
The others are planted where tests see them: settings as tests make them, passwords and session tokens as they go over HTTP,
access keys as they come by mail. After each phase of a test all that was told is searched: log records, as both of our own
formatters write them; standard output and standard error; what commands printed; what our processes left in their files.

A hit fails the test, and names the kind of secret and the place, never the secret.
"""

import logging
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any
from unittest.mock import patch

import pytest
import requests
from click.testing import CliRunner
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_paystack.web.log import JsonLines, LinesForPeople
from paystack_simulator.cards import CARDS

CARD_NUMBERS = "|".join(r"[ -]?".join(card.number) for card in CARDS)
FORMS: Mapping[str, re.Pattern[str]] = {
    "Paystack key": re.compile(r"\bsk_(?:test|live)_[A-Za-z0-9]{16,}"),
    "hand-over secret": re.compile(r"\bwhsec_[A-Za-z0-9+/]{20,}"),
    "signed token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),
    "retry token": re.compile(r"\bInBheS[\w-]{16,}\.[\w-]{4,}\.[\w-]{16,}"),  # begins with a quote and pay-, in base64
    "authorization code": re.compile(r"\bAUTH_[A-Za-z0-9]{6,}"),
    "password hash": re.compile(r"\$argon2(?:id|i|d)\$"),
    "card number": re.compile(rf"(?<!\d)(?:{CARD_NUMBERS})(?!\d)"),
    # Three and four digits stand in any text by chance, so a CVV or a PIN is known by its name alone.
    "CVV or PIN": re.compile(r"""["'](?:cvv|pin)["']\s*[:=]\s*["']?\d{3,4}\b"""),
}
SECRET_SETTINGS = (
    "PAYSTACK_SECRET_KEY",
    "JWT_SECRET",
    "NOTIFY_SECRET",
    "METRICS_TOKEN",
    "MAIL_PASSWORD",
    "MAIL_PASSWORD_OLD",
)
SHORTEST = 8
"""Characters from which on a value is looked for anywhere; a shorter one is found as a word of its own, within its test."""

EXEMPT_LOGGERS = {"mail.log": "the tests' own mail server, which tells what it takes"}
EXEMPT_OUTPUTS = {
    "tests/simulator/": "the simulator shows the key to use with it, and its test cards",
    "tests/demo/": "the demo shows the same",
}
"""Loggers, and tests by the start of their path, that may tell; and why."""

_planted: dict[str, str] = {}
_short: dict[str, str] = {}
_told: list[tuple[str, str]] = []
_listening: list[bool] = []


def plant(kind: str, value: object) -> None:
    """Look for ``value`` from now on; one shorter than ``SHORTEST`` until this test ends."""
    if isinstance(value, str) and len(value) >= 6:
        (_planted if len(value) >= SHORTEST else _short)[value] = kind


def plant_settings(settings: Mapping[str, object]) -> None:
    """Look for the secrets among settings, which have their names in capitals. What is refused as too short is none."""
    for name in SECRET_SETTINGS:
        for value in str(settings.get(name) or "").split(","):
            if len(value) >= 16:
                plant(name, value)


def plant_mail(raw: bytes) -> None:
    """Look for the access key that a mail holds, if it does. Links are known by their form."""
    for key in re.findall(rb"(?m)^\s*([0-9]{6})\s*$", raw):
        plant("access key", key.decode())


def tell(place: str, text: str) -> None:
    """Have what was told searched when this phase of the test is over."""
    if text and _listening:
        _told.append((place, text))


def finds(told: Sequence[tuple[str, str]]) -> Iterator[str]:
    """``<kind> in <place>`` for each secret that stands where it may not."""
    words = "|".join(map(re.escape, _short))
    short = re.compile(rf"(?<![\w.-])({words})(?![\w.-])") if words else None
    for place, text in told:
        yield from (f"{kind} in {place}" for kind, form in FORMS.items() if form.search(text))
        yield from (f"{kind} in {place}" for value, kind in _planted.items() if value in text)
        if short is not None and (found := short.search(text)):
            yield f"{_short[found[1]]} in {place}"


# Where things are told. What is patched is the test tools' and the standard library's, never the product.

_FORMATS = {"log for machines": JsonLines(), "log for people": LinesForPeople()}
_call_handlers = logging.Logger.callHandlers
_readouterr = pytest.CaptureFixture.readouterr
_invoke = CliRunner.invoke
_open = FlaskClient.open
_json = requests.Response.json


def _log(logger: logging.Logger, record: logging.LogRecord) -> None:
    if record.name not in EXEMPT_LOGGERS:
        for place, form in _FORMATS.items():
            tell(f"{place}, by {record.name}", form.format(record))
    _call_handlers(logger, record)


def _read(capture: Any) -> Any:
    read = _readouterr(capture)
    for text in read:
        tell("output", text if isinstance(text, str) else text.decode(errors="replace"))
    return read


def _run(runner: CliRunner, *arguments: Any, **options: Any) -> Any:
    result = _invoke(runner, *arguments, **options)
    if "users" in (options.get("args") or ()):
        plant("password", (options.get("input") or "").partition("\n")[0])
    tell("output of a command", result.output)
    return result


def _request(client: FlaskClient, *arguments: Any, **options: Any) -> TestResponse:
    response = _open(client, *arguments, **options)
    sent = options.get("json")
    if isinstance(sent, dict) and response.status_code < 300:
        plant("password", sent.get("password"))
    headers = options.get("headers")
    if isinstance(headers, dict):
        plant("session token", headers.get("X-Session-Token"))
    if response.is_json and b"session_token" in response.data:
        _plant_answer(response.get_json(silent=True))
    return response


def _answered(response: requests.Response, **options: Any) -> Any:
    found = _json(response, **options)
    _plant_answer(found)
    return found


def _plant_answer(found: object) -> None:
    if isinstance(found, dict):
        plant("session token", found.get("session_token"))


_PATCHES = (
    patch.object(logging.Logger, "callHandlers", _log),
    patch.object(pytest.CaptureFixture, "readouterr", _read),
    patch.object(CliRunner, "invoke", _run),
    patch.object(FlaskClient, "open", _request),
    patch.object(requests.Response, "json", _answered),
)


def pytest_configure() -> None:
    """Begin to listen."""
    _listening.append(True)
    for each in _PATCHES:
        each.start()


def pytest_unconfigure() -> None:
    """Leave everything as it was."""
    for each in _PATCHES:
        each.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that passed and told a secret."""
    report = yield
    told = [*_told, ("output", report.capstdout), ("output", report.capstderr)]
    _told.clear()
    found = sorted({find for find in finds(told) if not _is_exempt(item.nodeid, find)})
    if report.when == "teardown":
        _short.clear()
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = "Secrets were told:\n" + "\n".join(f"  {find}" for find in found)
    return report


def _is_exempt(test: str, find: str) -> bool:
    return " in output" in find and test.startswith(tuple(EXEMPT_OUTPUTS))
