"""Every page we serve, to customers, testers and readers of the demonstration: what its headers forbid (ASVS 3.4)."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask

from flask_paystack.demo.catcher import MailCatcher
from flask_paystack.demo.mailbox import create_mailbox
from flask_paystack.demo.shop import Surroundings, create_shop
from tests.shop import Shop

LOCAL = "http://127.0.0.1"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MAIL = "/mails/1/html"
"""The one page whose words are a stranger's: its own styles may be inline, and it is shut into a sandbox for it."""


def pages(shop: Shop, mailbox: Flask) -> Iterator[tuple[str, Flask, str]]:
    """Each page's name, its application and where it is."""
    reference = shop.open_payment()
    paid = shop.settled_payment()
    links = shop.ours.wiring.links
    with shop.simulator.world.lock:
        transaction, over = (shop.simulator.world.find(each) for each in (reference, paid))
    assert transaction is not None
    assert over is not None
    for name, each in (("offer", reference), ("paid", paid)):
        yield f"retry, {name}", shop.app, links.retry(each).url.removeprefix("http://backend.test")
    yield "retry, a wrong link", shop.app, "/pay/retry/wrong"
    yield "checkout", shop.paystack, f"/checkout/{transaction.access_code}"
    yield "checkout, over", shop.paystack, f"/checkout/{over.access_code}"
    yield "checkout, unknown", shop.paystack, "/checkout/unknown"
    yield "dashboard", shop.paystack, "/_simulator/"
    front = create_shop(Surroundings("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"), SECRET)
    for path in ("/", "/return", "/nowhere"):
        yield f"shop {path}", front, path
    for path in ("/", "/mails/1", MAIL, "/nowhere"):
        yield f"mailbox {path}", mailbox, path


@pytest.fixture
def mailbox() -> Iterator[Flask]:
    """The demonstration's mailbox, with one mail of a stranger's in it."""
    import smtplib

    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@example.org", "b@example.org", "<script>alert(1)</script>"
    letter.set_content("text")
    letter.add_alternative(
        "<p style='color:red' onclick='alert(1)'>x</p><script src='https://cdn.test/x.js'></script>", "html"
    )
    with MailCatcher() as catcher:
        with smtplib.SMTP("127.0.0.1", catcher.port, timeout=10) as server:
            server.send_message(letter)
        yield create_mailbox(catcher)


def test_every_page_forbids_what_it_does_not_need(shop: Shop, mailbox: Flask) -> None:
    seen = 0
    for name, app, path in pages(shop, mailbox):
        with app.test_client().get(path, base_url=LOCAL) as answer:
            if answer.mimetype != "text/html":
                continue
            policy = dict(
                part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";")
            )
            html = answer.text
        seen += 1
        assert policy["default-src"] == "'none'", name
        assert policy["base-uri"] == "'none'", name
        assert policy["frame-ancestors"] in {"'none'", "'self'" if path == MAIL else "'none'"}, name
        assert "script-src" not in policy or policy["script-src"] == "'self'", name
        assert "unsafe" not in str(policy) or (path == MAIL and policy["sandbox"] and "script-src" not in policy), name
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
        assert answer.headers["Referrer-Policy"] == "no-referrer", name
        if path != MAIL:
            assert not re.search(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//", html), (
                f"{name}: a CDN"
            )
            assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|<[^>]+\son[a-z]+=", html), f"{name}: inline"
    assert seen >= 10


def test_the_files_of_pages_load_nothing_from_elsewhere() -> None:
    source = Path(__file__).parent.parent / "src"
    files = [each for each in source.rglob("*") if each.suffix in {".css", ".js"}]

    assert len(files) > 5
    for each in files:
        assert not re.search(
            r"@import|url\(\s*[\"']?(?:https?:)?//|import\(|eval\(", each.read_text(encoding="utf-8")
        ), each
