"""A letter over real SMTP: what arrives, and what is said when it does not."""

import time
from datetime import UTC
from pathlib import Path

import flask
import pytest

from flask_paystack.clock import SystemClock
from flask_paystack.errors import MailUnavailable, SettingsError
from flask_paystack.mail.letters import Letter
from flask_paystack.mail.sender import Sender
from tests.clock import START, ManualClock
from tests.mail import mail_settings
from tests.servers import free_port
from tests.smtp import Mailbox, dripping_smtp, running_smtp, self_signed, silent_smtp

LETTER = Letter("Señal ₦5,000.00", "Grüße\n\nfrom the shop, ₦5,000.00\n", "<p>Grüße — ₦5,000.00</p>\n")


def refusal(sender: Sender, recipient: str = "ada@example.com") -> MailUnavailable:
    """How sending fails."""
    with pytest.raises(MailUnavailable) as caught:
        sender.send(LETTER, recipient, "receipt.pay-1")
    return caught.value


def test_a_letter_arrives_as_text_and_html_with_its_own_headers(mailbox: Mailbox) -> None:
    Sender(mail_settings(mailbox.port), ManualClock()).send(LETTER, "ada@example.com", "receipt.pay-1")

    (mail,) = mailbox.received
    text, html = mail.iter_parts()
    assert mail.get_content_type() == "multipart/alternative"
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert (text.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")) == (
        LETTER.text,
        LETTER.html,
    )
    assert mail["Subject"] == LETTER.subject
    assert mail["From"] == "Womaye <payments@shop.example>"
    assert mail["To"] == "ada@example.com"
    assert mail["Message-ID"] == "<receipt.pay-1@shop.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime.astimezone(UTC) == START
    assert mailbox.envelopes == [("payments@shop.example", ["ada@example.com"])]


def test_what_is_sent_is_ascii_in_short_lines(mailbox: Mailbox, sender: Sender) -> None:
    """So that any mail server carries it unchanged."""
    sender.send(Letter("ü" * 150, "ü" * 5000, "<p>" + "₦" * 5000), "ada@example.com", "receipt.pay-1")

    assert mailbox.raw[0].isascii()
    assert max(map(len, mailbox.raw[0].split(b"\r\n"))) <= 78
    assert mailbox.received[0]["Subject"] == "ü" * 150


def test_a_host_application_keeps_its_own_flask_mail(sender: Sender, mailbox: Mailbox) -> None:
    """Inside somebody's app, with or without Flask-Mail of its own, the letter goes out and the app stays as it was."""
    app = flask.Flask("host")
    before = dict(app.config), dict(app.extensions)
    with app.app_context():
        sender.send(LETTER, "ada@example.com", "receipt.pay-1")

    assert (dict(app.config), dict(app.extensions)) == before
    assert len(mailbox.received) == 1


@pytest.mark.parametrize(
    ("recipient_answer", "data_answer", "permanent", "code"),
    [
        ("450 4.2.0 Come again ada@example.com", None, False, "450 4.2.0"),
        ("550 5.1.1 No such user ada@example.com", None, True, "550 5.1.1"),
        (None, "451 4.3.0 Disk full Grüße", False, "451 4.3.0"),
        (None, "554 Rejected: Grüße", True, "554"),
    ],
)
def test_a_refusal_tells_whether_it_is_for_good_and_repeats_no_words(
    mailbox: Mailbox, sender: Sender, recipient_answer: str | None, data_answer: str | None, permanent: bool, code: str
) -> None:
    mailbox.answer_recipient, mailbox.answer_data = recipient_answer, data_answer

    failure = refusal(sender)

    assert failure.details == {"permanent": permanent}
    assert str(failure) == f"The mail server refused the letter ({code})."
    assert failure.__cause__ is None
    assert mailbox.received == []


def test_an_answer_lost_after_the_message_is_temporary(mailbox: Mailbox, sender: Sender) -> None:
    mailbox.hangs_up_after_data = True

    failure = refusal(sender)

    assert failure.details == {"permanent": False}
    assert str(failure) == "The mail server hung up before it had taken the letter."
    assert len(mailbox.received) == 1


def test_nobody_listening_is_temporary() -> None:
    failure = refusal(Sender(mail_settings(free_port()), SystemClock()))

    assert failure.details == {"permanent": False}
    assert "could not be reached" in str(failure)


@pytest.mark.parametrize("tls", [{}, {"mail_use_ssl": True}])
def test_a_silent_server_holds_us_no_longer_than_the_timeout(tls: dict[str, bool]) -> None:
    with silent_smtp() as port:
        started = time.monotonic()
        failure = refusal(Sender(mail_settings(port, mail_timeout=1, **tls), SystemClock()))
        took = time.monotonic() - started

    assert 0.9 < took < 2.5
    assert str(failure) == "The mail server did not answer in time."
    assert failure.details == {"permanent": False}


def test_a_server_that_drips_its_answer_holds_us_no_longer_than_the_timeout() -> None:
    """Each line comes well within a socket's timeout, and there is always one more."""
    with dripping_smtp() as port:
        started = time.monotonic()
        failure = refusal(Sender(mail_settings(port, mail_timeout=1), SystemClock()))
        took = time.monotonic() - started

    assert 0.9 < took < 2.5
    assert str(failure) == "The mail server did not answer in time."


@pytest.mark.parametrize("setting", ["mail_use_ssl", "mail_use_tls"])
def test_a_certificate_nobody_vouches_for_is_refused(setting: str, tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path)
    with running_smtp(**{"tls" if setting == "mail_use_ssl" else "starttls": context}) as mailbox:
        changes = {setting: True, "mail_username": "shop", "mail_password": "hunter2-canary"}
        failure = refusal(Sender(mail_settings(mailbox.port, **changes), SystemClock()))

    assert "certificate is not to be trusted: self-signed certificate" in str(failure)
    assert failure.details == {"permanent": False}
    assert (mailbox.received, mailbox.logins) == ([], [])


@pytest.mark.parametrize("setting", ["mail_use_ssl", "mail_use_tls"])
def test_a_trusted_certificate_is_accepted(setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusals above are about trust: the same server is spoken to once its certificate is the machine's own."""
    context, certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running_smtp(**{"tls" if setting == "mail_use_ssl" else "starttls": context}) as mailbox:
        changes = {setting: True, "mail_username": "shop", "mail_password": "hunter2-canary"}
        Sender(mail_settings(mailbox.port, **changes), SystemClock()).send(LETTER, "ada@example.com", "receipt.pay-1")

    assert len(mailbox.received) == 1
    assert mailbox.logins == [(b"shop", b"hunter2-canary")]


def test_a_server_without_tls_gets_neither_password_nor_letter_where_tls_is_asked_for(mailbox: Mailbox) -> None:
    changes = {"mail_use_tls": True, "mail_username": "shop", "mail_password": "hunter2-canary"}

    failure = refusal(Sender(mail_settings(mailbox.port, **changes), SystemClock()))

    assert "does not offer" in str(failure)
    assert (mailbox.received, mailbox.logins) == ([], [])


def test_a_wrong_password_is_temporary_and_never_told(mailbox: Mailbox) -> None:
    """An operator mends it; letters must not be lost over it meanwhile."""
    mailbox.accepts_logins = False
    settings = mail_settings(mailbox.port, mail_username="shop", mail_password="hunter2-canary")

    failure = refusal(Sender(settings, SystemClock()))

    assert failure.details == {"permanent": False}
    assert "user name and password (535)" in str(failure)
    assert "hunter2" not in repr(failure)
    assert failure.__cause__ is None
    assert failure.__suppress_context__


@pytest.mark.parametrize("holds", [b"the new word", b"the old word"])
def test_while_the_password_rotates_either_of_two_opens_the_mail_server(
    holds: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    changes = {"mail_username": "shop", "mail_password": "the new word", "mail_password_old": "the old word"}
    with running_smtp(starttls=context) as mailbox:
        mailbox.passwords = {holds}
        settings = mail_settings(mailbox.port, mail_use_tls=True, **changes)
        Sender(settings, SystemClock()).send(LETTER, "ada@example.com", "receipt.pay-1")

    assert len(mailbox.received) == 1
    assert mailbox.logins[-1] == (b"shop", holds)


def test_where_neither_password_holds_the_letter_waits(mailbox: Mailbox) -> None:
    mailbox.passwords = set()
    changes = {"mail_username": "shop", "mail_password": "hunter2-new", "mail_password_old": "hunter2-old"}

    failure = refusal(Sender(mail_settings(mailbox.port, **changes), SystemClock()))

    assert failure.details == {"permanent": False}
    assert "hunter2" not in repr(failure)
    assert len(mailbox.logins) >= 2


@pytest.mark.parametrize(
    "recipient", ["", "ada", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "ü@b.example"]
)
def test_what_is_not_one_address_is_refused_for_good(mailbox: Mailbox, sender: Sender, recipient: str) -> None:
    assert refusal(sender, recipient).details == {"permanent": True}
    assert mailbox.envelopes == []


def test_a_sender_without_an_address_is_told_at_the_start() -> None:
    with pytest.raises(SettingsError, match="MAIL_DEFAULT_SENDER"):
        Sender(mail_settings(25, mail_default_sender="ü@shop.example"), SystemClock())
