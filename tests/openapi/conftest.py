"""The document of a running shop, and a shop that is open to requests made up from it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flask_paystack.accounts.model import Role
from tests.openapi import Document
from tests.openapi.asking import METRICS_TOKEN, Open
from tests.shop import Shop
from tests.smtp import running_smtp


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Document]:
    directory: Path = tmp_path_factory.mktemp("shop")
    with Shop(directory) as shop:
        yield Document(shop.client.get("/openapi.json").get_json())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A shop that is open, with what it talks to."""
    directory: Path = tmp_path_factory.mktemp("shop")
    with (
        running_smtp() as mailbox,
        Shop(
            directory, mail_server="127.0.0.1", mail_port=mailbox.port, jobs="off", metrics_token=METRICS_TOKEN
        ) as shop,
    ):
        for job in shop.ours.background.jobs:
            shop.ours.records.jobs.take_turn(job, timedelta(0))
        user = shop.ours.services.accounts.create("fuzz@example.org", "correct horse battery staple", Role.CUSTOMER)
        yield Open(shop, user, shop.settled_payment())
