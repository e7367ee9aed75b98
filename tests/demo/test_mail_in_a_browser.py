"""What a hostile mail can do in a real browser: be looked at."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from flask import Flask, request

from flask_paystack.demo.catcher import MailCatcher
from flask_paystack.demo.local_server import LocalServer
from flask_paystack.demo.mailbox import create_mailbox
from tests.machine import needs_module

needs_module("browser", "playwright")
from playwright.sync_api import Page  # noqa: E402 -- only where it is there

HOSTILE = """
<html><head><base href="{stranger}/"><meta http-equiv="refresh" content="0;url={stranger}/refreshed"></head>
<body onload="document.title='owned'">
<h1>Hello</h1>
<script>top.document.title = 'owned'; document.body.innerHTML = 'owned'</script>
<img src="{stranger}/pixel.png" onerror="document.body.innerHTML='owned'">
<form action="{stranger}/steal"><input name="key"><button>Log in</button></form>
<a id="top" href="{stranger}/top" target="_top">Read on</a>
</body></html>
"""


@pytest.fixture
def mailbox() -> Iterator[tuple[MailCatcher, str]]:
    with MailCatcher() as catcher, LocalServer() as server:
        server.start(create_mailbox(catcher))
        yield catcher, server.url


def deliver(catcher: MailCatcher, subject: str, html: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", subject
    message.set_content("text")
    message.add_alternative(html, subtype="html")
    with smtplib.SMTP(catcher.host, catcher.port, timeout=5) as client:
        client.send_message(message)


@pytest.fixture
def stranger() -> Iterator[tuple[str, list[str]]]:
    """A server that should hear nothing, and what it heard."""
    heard: list[str] = []
    app = Flask(__name__)

    @app.before_request
    def hear() -> str:
        heard.append(request.path)
        return "heard"

    with LocalServer() as server:
        server.start(app)
        yield server.url, heard


def test_hostile_html_runs_nothing_and_reaches_nobody(
    page: Page, mailbox: tuple[MailCatcher, str], stranger: tuple[str, list[str]]
) -> None:
    catcher, url = mailbox
    stranger_url, heard = stranger
    deliver(catcher, "Look at me", HOSTILE.replace("{stranger}", stranger_url))

    page.goto(f"{url}/mails/1")
    mail = page.frame_locator("iframe")
    mail.locator("button").click()
    mail.locator("#top").click()

    # Whatever the clicks had begun would have been heard before this.
    page.context.new_page().goto(f"{stranger_url}/control")
    assert heard[0] == "/control"
    assert page.url == f"{url}/mails/1"
    assert page.title() == "Look at me · Mailbox"
    assert mail.locator("h1").inner_text() == "Hello"


def test_a_link_in_a_mail_opens_a_page_of_its_own(page: Page, mailbox: tuple[MailCatcher, str]) -> None:
    catcher, url = mailbox
    deliver(catcher, "Try again", f'<a href="{url}/mails/1/source">Try again</a>')
    page.goto(f"{url}/mails/1")

    with page.context.expect_page() as opened:
        page.frame_locator("iframe").locator("a").click()

    opened.value.wait_for_load_state()
    assert opened.value.url == f"{url}/mails/1/source"


def test_a_new_mail_appears_without_a_reload(page: Page, mailbox: tuple[MailCatcher, str]) -> None:
    catcher, url = mailbox
    page.goto(url)
    deliver(catcher, "News", "<p>News</p>")

    page.locator(".mails a", has_text="News").wait_for()

    assert page.locator("#count").inner_text() == "1 mail"
