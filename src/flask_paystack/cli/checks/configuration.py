"""Whether the settings make sense together."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from flask_paystack.cli.checks.finding import Finding, State
from flask_paystack.clock import Clock
from flask_paystack.errors import SettingsError
from flask_paystack.payments.products import load_products
from flask_paystack.serving import refuse_many_processes
from flask_paystack.settings import Settings
from flask_paystack.settings_tls import in_clear
from flask_paystack.settings_values import LOOPBACK

ENV_FILE = Path(".env")


def read_settings() -> tuple[Settings | None, list[Finding]]:
    """The settings of this directory, as a server started here would read them; None where they cannot be used."""
    where = "the environment and .env" if ENV_FILE.is_file() else "the environment; there is no .env here"
    try:
        return Settings.from_environment(), [
            Finding("settings", State.OK, f"Every setting can be used (read from {where}).")
        ]
    except SettingsError as error:
        problems = error.problems
    except (OSError, UnicodeDecodeError) as error:
        problems = [f".env cannot be read ({type(error).__name__})."]
    findings = [Finding("settings", State.FAILED, problem) for problem in problems]
    if not ENV_FILE.is_file():
        findings.append(
            Finding("settings", State.NOTE, "There is no .env here: copy .env.example, and mend its first two.")
        )
    return None, findings


def check_keys(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    """Which money moves."""
    mode = "live mode: real money moves" if settings.live else "test mode: no real money moves"
    several = len(settings.paystack_secret_key)
    rotating = f" {several} keys, while they rotate." if several > 1 else ""
    yield Finding("Paystack's key", State.OK, f"It is of {mode}.{rotating}")


def check_products(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    """The catalogue."""
    try:
        products = load_products(settings.products_file)
    except SettingsError as error:
        yield from (Finding("products", State.FAILED, problem) for problem in error.problems)
        return
    yield Finding("products", State.OK, f"{settings.products_file} sells {', '.join(products)}.")


def check_addresses(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    """Our own address, and the frontend's."""
    public, frontend = settings.public_url, settings.frontend_url
    if public is None:
        yield Finding("PUBLIC_URL", State.NOTE, f"It is not set: links in mails lead to {settings.link_base}.")
    elif "/pay/webhook" in public or urlsplit(public).query:
        yield Finding(
            "PUBLIC_URL", State.FAILED, "It is where our routes begin: leave out /pay/webhook and what follows."
        )
    elif _is_in_clear(public):
        yield Finding("PUBLIC_URL", State.NOTE, f"{public} is plain http: give customers an https address.")
    else:
        yield Finding("PUBLIC_URL", State.OK, f"Links in mails lead to {public}")
    if frontend is None:
        sentence = "It is not set: customers do not come back to you from Paystack, and no page of yours may call us."
        yield Finding("FRONTEND_URL", State.NOTE, sentence)
    elif _is_in_clear(frontend):
        yield Finding("FRONTEND_URL", State.NOTE, f"{frontend} is plain http: give customers an https address.")
    else:
        yield Finding("FRONTEND_URL", State.OK, f"Customers come back to {frontend}")
    if not settings.admin_emails:
        sentence = "Nobody is named: no operator can get in over HTTP, and nobody is mailed what waits for a person."
        yield Finding("ADMIN_EMAILS", State.NOTE, sentence)


def _is_in_clear(url: str) -> bool:
    return urlsplit(url).scheme == "http" and urlsplit(url).hostname not in LOOPBACK


def check_tls(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    """Whether anything may leave this machine in clear."""
    open_ends = [f"{name.upper()} ({remedy})" for name, remedy in in_clear(settings)]
    if open_ends:
        yield Finding("TLS", State.NOTE, f"These may reach another machine in clear: {', '.join(open_ends)}.")
    elif settings.require_tls:
        yield Finding("TLS", State.OK, "No connection to another machine is in clear, and REQUIRE_TLS holds it.")
    if settings.live and not settings.require_tls:
        sentence = "Real money moves: set REQUIRE_TLS=on, so that a start with a connection in clear is refused."
        yield Finding("REQUIRE_TLS", State.NOTE, sentence)


def check_processes(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    """How many processes may serve."""
    asked = os.environ.get("WEB_CONCURRENCY", "1")
    try:
        refuse_many_processes(settings, int(asked) if asked.isascii() and asked.isdecimal() else 1)
    except SettingsError as error:
        yield Finding("processes", State.FAILED, error.problems[0])
        return
    if settings.runs_in_one_process:
        sentence = "STORE_URL is memory://: one process may serve, with as many threads as you like."
    elif settings.database_url.startswith("sqlite:"):
        sentence = "Several processes may serve, all on this machine, since the database is a file on it."
    else:
        sentence = "Any number of processes may serve, on any number of machines."
    yield Finding("processes", State.OK, sentence)
