"""Real answers of the running app, each held against the document: an operation's every way to succeed, and how it refuses."""

import json
from pathlib import Path

import pytest

from tests.handover.merchant import running_merchant
from tests.openapi import Document, pointer
from tests.openapi.stories import STORIES, Caller, story_of_too_many
from tests.shop import Shop
from tests.smtp import running_smtp


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, document: Document) -> list[Caller]:
    """Every story, each in a shop of its own."""
    callers = []
    for story in STORIES:
        directory: Path = tmp_path_factory.mktemp("shop")
        rate_limits = "on" if story is story_of_too_many else "off"
        with (
            running_smtp() as mailbox,
            Shop(directory, mail_server="127.0.0.1", mail_port=mailbox.port, rate_limits=rate_limits) as shop,
        ):
            caller = Caller(shop, mailbox, document)
            story(caller)
            callers.append(caller)
    return callers


def test_every_real_answer_is_as_the_document_says(told: list[Caller]) -> None:
    faults = [fault for caller in told for fault in caller.faults]

    assert not faults, "\n" + "\n".join(faults)


NOT_SEEN = {  # what takes a race, a broken disk, or a body cut short; other tests have these
    "400 POST /pay/webhook",
}


def test_every_answer_was_seen(told: list[Caller], document: Document) -> None:
    """All that succeed, and all refusals beside those of a store that is down."""
    seen = set[str]().union(*(caller.seen for caller in told))
    known = {f"{status} {route}" for route, statuses in document.statuses().items() for status in statuses}
    down = {each for each in known if each.startswith("503")} - {
        "503 POST /pay/{product}",
        "503 GET /pay/verify/{reference}",
        "503 POST /admin-keys/request",
        "503 POST /admin/payments/{reference}/verify",
        "503 POST /admin/payments/{reference}/refund",
        "503 GET /readyz",
    }

    assert sorted(known - down - NOT_SEEN - seen) == []


def test_an_answer_with_a_field_too_many_is_seen(document: Document, shop: Shop) -> None:
    """The control."""
    answer = shop.client.get("/healthz")
    assert document.faults_of_answer("GET", "/healthz", answer) == []

    answer.data = b'{"status": "alive", "secret": 1}'
    assert document.faults_of_answer("GET", "/healthz", answer)
    answer.status_code = 418
    assert document.faults_of_answer("GET", "/healthz", answer) == ["418 is not documented"]


def test_the_merchant_is_sent_what_the_document_says(tmp_path: Path, document: Document) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    where = pointer("webhooks", "payment.settled", "post", "requestBody", "content", "application/json", "schema")
    with running_merchant() as merchant, Shop(tmp_path, notify_url=merchant.url, notify_secret=secret) as shop:
        shop.settled_payment()
        shop.run("handOver")
        [body] = merchant.bodies
        [headers] = merchant.headers

    assert document.faults(where, json.loads(body)) == []
    told = document.told["webhooks"]["payment.settled"]["post"]["parameters"]
    assert {each["name"] for each in told} <= {name.lower() for name in headers}
