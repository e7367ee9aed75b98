"""Sending one letter, within a bound, or saying why not."""

import re
import smtplib
import ssl
from email.utils import parseaddr

import flask_mail

from flask_paystack.clock import Clock
from flask_paystack.email_address import email_address
from flask_paystack.errors import MailUnavailable, SettingsError
from flask_paystack.mail.connection import Connection, Deadline
from flask_paystack.mail.envelope import Envelope
from flask_paystack.mail.letters import Letter
from flask_paystack.settings import Settings


class Sender:
    """Sends letters over SMTP by Flask-Mail. Needs no application, and leaves a host's own Flask-Mail alone."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Raises SettingsError where ``mail_default_sender`` holds no address that can stand in an envelope."""
        self.longest = settings.mail_timeout
        """Seconds after which a letter that was not taken has failed, all in all."""
        self._clock = clock
        self._old_password = settings.mail_password_old
        self._mail = flask_mail.Mail()
        self._mail.state = self._mail.init_mail(
            {
                "MAIL_SERVER": settings.mail_server,
                "MAIL_PORT": settings.mail_port,
                "MAIL_USE_TLS": settings.mail_use_tls,
                "MAIL_USE_SSL": settings.mail_use_ssl,
                "MAIL_USERNAME": settings.mail_username,
                "MAIL_PASSWORD": settings.mail_password,
            }
        )
        name, address = parseaddr(settings.mail_default_sender)
        try:
            self._from = name, email_address(address)
        except ValueError as error:
            raise SettingsError([f"MAIL_DEFAULT_SENDER: {error}"]) from None

    def send(self, letter: Letter, recipient: str, identity: str) -> None:
        """Send ``letter`` to ``recipient``; it was taken by the mail server where this returns.

        Args:
            identity: the Message-ID is made of it, so that a letter sent twice can be known as one.

        Raises:
            MailUnavailable: it was not taken, or the answer was lost. ``details["permanent"]`` tells whether the mail server
                refused this recipient or this letter for good; everything else may pass.
        """
        envelope = self.envelope(letter, recipient, identity)
        try:
            with self._connection() as connection:
                connection.send(envelope, envelope_from=self._from[1])
        except (OSError, UnicodeError, smtplib.SMTPException) as error:
            # Without the cause: a server's own words may repeat a line of the letter, or what we logged in with.
            raise _failure(error) from None

    def greet(self) -> None:
        """Talk to the mail server as far as a letter would begin: greeting, TLS, login. Raises MailUnavailable."""
        try:
            with self._connection() as connection:
                connection.greet()
        except (OSError, UnicodeError, smtplib.SMTPException) as error:
            raise MailUnavailable(_why_no_conversation(error), permanent=False) from None

    def _connection(self) -> Connection:
        return Connection(self._mail, Deadline(self._clock, self.longest), self._old_password)

    def envelope(self, letter: Letter, recipient: str, identity: str) -> Envelope:
        """What ``send`` sends. Raises MailUnavailable as it does, where ``recipient`` is not one address."""
        try:
            address = email_address(recipient)
        except ValueError:
            raise MailUnavailable("The recipient is not an e-mail address.", permanent=True) from None
        return Envelope(letter, self._from, address, identity, self._clock.now())


def _failure(error: Exception) -> MailUnavailable:
    """What went wrong, in a sentence without anybody's secrets."""
    refused = _about_this_letter(error)
    if refused is not None:
        code, _ = refused
        sentence = f"The mail server refused the letter ({_code(*refused)})."
        return MailUnavailable(sentence, permanent=500 <= code <= 599)
    return MailUnavailable(_why_no_conversation(error), permanent=False)


def _about_this_letter(error: Exception) -> tuple[int, bytes] | None:
    """The server's no to this recipient or this content.

    A no to our greeting, password or sender is about us: it fails every letter alike and is mended by an operator, so it must
    not end letters that can go out afterwards.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers: list[tuple[int, bytes]] = list(error.recipients.values())
        return answers[0]
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code, _bytes(error.smtp_error)
    return None


def _why_no_conversation(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"The mail server did not accept our user name and password ({error.smtp_code})."
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server did not want to talk with us ({_code(error.smtp_code, _bytes(error.smtp_error))})."
    if isinstance(error, smtplib.SMTPServerDisconnected):
        if isinstance(error.__context__, TimeoutError):
            return "The mail server did not answer in time."
        return "The mail server hung up before it had taken the letter."
    if isinstance(error, smtplib.SMTPException):
        return "The mail server does not offer what MAIL_USE_TLS or MAIL_USERNAME ask of it."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The mail server's certificate is not to be trusted: {error.verify_message}."
    if isinstance(error, TimeoutError):
        return "The mail server did not answer in time."
    return f"The mail server could not be reached ({type(error).__name__})."


def _code(code: int, words: bytes) -> str:
    """The numbers of an answer: ``550 5.1.1``. The words stay out, since they may repeat what we sent."""
    enhanced = re.match(rb"[245]\.\d{1,3}\.\d{1,3}(?!\S)", words)
    return f"{code} {enhanced[0].decode()}" if enhanced else str(code)


def _bytes(words: bytes | str) -> bytes:
    return words.encode(errors="replace") if isinstance(words, str) else words
