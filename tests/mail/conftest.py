"""Fixtures: a mail server, a sender that speaks to it, and an outbox over a database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_paystack.clock import SystemClock
from flask_paystack.mail.outbox import Outbox
from flask_paystack.mail.sender import Sender
from flask_paystack.records.database import Database
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.upgrades import make_ready
from tests.clock import ManualClock
from tests.mail import ShopLinks, mail_settings
from tests.smtp import Mailbox, running_smtp


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with running_smtp() as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sender(mailbox: Mailbox) -> Sender:
    """A sender on the machine's own clock, as the network is."""
    return Sender(mail_settings(mailbox.port), SystemClock())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/mail.sqlite3")
    make_ready(opened)
    yield opened
    opened.close()


@pytest.fixture
def records(database: Database, clock: ManualClock) -> MessageRecords:
    return MessageRecords(database, clock)


@pytest.fixture
def outbox(records: MessageRecords, sender: Sender, clock: ManualClock) -> Outbox:
    return Outbox(records, sender, ShopLinks(), clock)
