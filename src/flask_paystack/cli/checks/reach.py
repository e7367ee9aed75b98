"""Whether those we talk to answer: Paystack, the mail server and the store."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask_paystack.cli.checks.finding import Finding, State
from flask_paystack.clock import Clock
from flask_paystack.errors import Failure, MailUnavailable, SettingsError, StorageUnavailable
from flask_paystack.expiring import open_store
from flask_paystack.mail.sender import Sender
from flask_paystack.paystack.greeting import greet
from flask_paystack.settings import Settings
from flask_paystack.settings_values import LOOPBACK

LARGEST_DRIFT = 5
"""Seconds by which our clock may differ from Paystack's without a word."""


def check_paystack(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Whether Paystack answers and takes our key, and what time it is there."""
    where = settings.paystack_base_url
    try:
        its_time = greet(settings.paystack_secret_key[0], clock, where, settings.paystack_timeout)
    except Failure as failure:
        yield Finding("Paystack", State.FAILED, f"{where}: {failure}")
        return
    yield Finding("Paystack", State.OK, f"{where} answers, and takes our key.")
    if its_time is None:
        yield Finding("clock", State.NOTE, "Paystack did not tell its time, so ours could not be compared.")
        return
    drift = (clock.now() - its_time).total_seconds()
    if abs(drift) <= LARGEST_DRIFT:
        yield Finding("clock", State.OK, "Our clock and Paystack's agree.")
    else:
        side = "ahead of" if drift > 0 else "behind"
        sentence = f"Our clock is {abs(drift):.0f} s {side} Paystack's: let NTP set it."
        yield Finding("clock", State.NOTE, sentence)


def check_mail(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Whether the mail server greets us, encrypts and takes our password, as far as the settings ask for it."""
    where = f"{settings.mail_server}:{settings.mail_port}"
    try:
        Sender(settings, clock).greet()
    except MailUnavailable as failure:
        yield Finding("mail", State.FAILED, f"{where}: {failure}")
        return
    except SettingsError as error:
        yield from (Finding("mail", State.FAILED, problem) for problem in error.problems)
        return
    encrypted = settings.mail_use_tls or settings.mail_use_ssl
    how = ", with its certificate verified" if encrypted else ""
    login = ", and takes our password" if settings.mail_username else ""
    yield Finding("mail", State.OK, f"{where} greets us{how}{login}.")
    if not encrypted and settings.mail_server not in LOOPBACK:
        sentence = f"Letters, access keys among them, go to {where} in clear: set MAIL_USE_TLS=on."
        yield Finding("mail", State.NOTE, sentence)


def check_store(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Whether the store of sessions, keys and limits answers, and keeps what lives."""
    scheme = urlsplit(settings.store_url).scheme
    if settings.runs_in_one_process:
        yield Finding(
            "store", State.OK, "Sessions, keys and limits live in the serving process; a restart forgets them."
        )
        return
    try:
        store = open_store(settings.store_url, clock)
    except (ValueError, StorageUnavailable) as error:
        yield Finding("store", State.FAILED, f"STORE_URL ({scheme}): {error}")
        return
    try:
        store.ping()
        doubts = store.doubts()
    except StorageUnavailable as error:
        yield Finding("store", State.FAILED, f"STORE_URL ({scheme}): {error}")
        return
    finally:
        store.close()
    yield Finding("store", State.OK, f"The {scheme} store answers.")
    yield from (Finding("store", State.NOTE, doubt) for doubt in doubts)
