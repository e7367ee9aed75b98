"""The mailbox keeps what a real SMTP client sends it, and shows a stranger's HTML without letting it do anything."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient

from flask_paystack.demo import catcher as catcher_module
from flask_paystack.demo.catcher import MailCatcher
from flask_paystack.demo.mailbox import create_mailbox

HERE = "http://127.0.0.1"


@pytest.fixture
def catcher() -> Iterator[MailCatcher]:
    with MailCatcher() as running:
        yield running


@pytest.fixture
def mailbox(catcher: MailCatcher) -> FlaskClient:
    return create_mailbox(catcher).test_client()


def send(
    catcher: MailCatcher, subject: str = "Your receipt", text: str = "Zoë paid ₦5,000.00", html: str | None = None
) -> None:
    message = EmailMessage()
    message["From"] = "Womaye <payments@womaye.example>"
    message["To"] = "ada@example.com"
    message["Subject"] = subject
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP(catcher.host, catcher.port, timeout=5) as client:
        client.send_message(message, to_addrs=["ada@example.com", "blind@example.com"])


def test_a_mail_sent_by_smtp_is_in_the_inbox_and_in_the_json(catcher: MailCatcher, mailbox: FlaskClient) -> None:
    send(catcher, html="<p>Paid</p>")

    (mail,) = mailbox.get("/messages.json", base_url=HERE).get_json()["messages"]
    assert mail["to"] == ["ada@example.com", "blind@example.com"]
    assert mail["subject"] == "Your receipt"
    assert mail["text"].strip() == "Zoë paid ₦5,000.00"
    assert mail["html"].strip() == "<p>Paid</p>"
    assert "Your receipt" in mailbox.get("/", base_url=HERE).get_data(as_text=True)


def test_a_mail_is_shown_with_its_text_its_links_and_its_source(catcher: MailCatcher, mailbox: FlaskClient) -> None:
    send(catcher, text="Try again: http://127.0.0.1:5001/pay/retry/abc")

    page = mailbox.get("/mails/1", base_url=HERE).get_data(as_text=True)
    source = mailbox.get("/mails/1/source", base_url=HERE)

    assert '<a href="http://127.0.0.1:5001/pay/retry/abc"' in page
    assert source.content_type == "text/plain; charset=utf-8"
    assert b"Subject: Your receipt" in source.data


def test_the_html_of_a_mail_is_framed_without_script_or_an_origin(catcher: MailCatcher, mailbox: FlaskClient) -> None:
    send(catcher, html="<script>alert(1)</script>")

    page = mailbox.get("/mails/1", base_url=HERE).get_data(as_text=True)
    framed = mailbox.get("/mails/1/html", base_url=HERE)

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "<script>alert(1)" not in page
    policy = [part.strip() for part in framed.headers["Content-Security-Policy"].split(";")]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert not any(part.startswith("script-src") for part in policy)


def test_hostile_headers_are_shown_as_text(catcher: MailCatcher, mailbox: FlaskClient) -> None:
    send(catcher, subject="<img src=x onerror=alert(1)>")

    for path in ("/", "/mails/1"):
        assert "<img src=x" not in mailbox.get(path, base_url=HERE).get_data(as_text=True)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?nonsense?b?//8=?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff",
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n--x\r\n--x--",
    ],
)
def test_whatever_arrives_can_be_shown(catcher: MailCatcher, mailbox: FlaskClient, raw: bytes) -> None:
    with smtplib.SMTP(catcher.host, catcher.port, timeout=5) as client:
        client.sendmail("a@example.com", ["b@example.com"], raw)

    for path in ("/", "/messages.json", "/mails/1", "/mails/1/source"):
        assert mailbox.get(path, base_url=HERE).status_code == 200


def test_the_oldest_mails_make_room(catcher: MailCatcher, mailbox: FlaskClient) -> None:
    with smtplib.SMTP(catcher.host, catcher.port, timeout=5) as client:
        for _ in range(catcher_module.KEPT + 1):
            client.sendmail("a@example.com", ["b@example.com"], b"Subject: hello\r\n\r\n")

    assert len(mailbox.get("/messages.json", base_url=HERE).get_json()["messages"]) == catcher_module.KEPT
    assert mailbox.get("/mails/1", base_url=HERE).status_code == 404


def test_another_host_name_is_refused(mailbox: FlaskClient) -> None:
    """The mailbox holds access keys: a page elsewhere may not read it by pointing a name of its own here."""
    assert mailbox.get("/messages.json", base_url="http://evil.example").status_code == 400


def test_a_catcher_frees_its_port() -> None:
    with MailCatcher() as running:
        port = running.port
    with pytest.raises(OSError), smtplib.SMTP("127.0.0.1", port, timeout=1):
        pass
