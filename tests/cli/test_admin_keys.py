"""``flask admin-keys``."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.cli import answering, command, refused, serving, told
from tests.servers import free_port
from tests.shop import Shop
from tests.smtp import Mailbox, running_smtp


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with running_smtp() as opened:
        yield opened


def key_in(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    found = re.search(r"\b[0-9]{6}\b", part.get_content())
    assert found is not None
    return found[0]


def opens_a_session(shop: Shop, key_id: str, key: str) -> bool:
    return shop.client.post("/admin-keys/verify", json={"id": key_id, "key": key}).status_code == 201


def test_with_a_store_in_memory_the_serving_process_issues_the_key(tmp_path: Path, mailbox: Mailbox) -> None:
    settings: dict[str, Any] = {"mail_server": "127.0.0.1", "mail_port": mailbox.port}
    with Shop(tmp_path, **settings) as shop, shop.second() as terminal, serving(shop.app) as url:
        issued = told(terminal, "admin-keys", "issue", "admin1", "--server", url)

        assert issued["expires_in"] == 50
        assert not opens_a_session(terminal, issued["id"], key_in(mailbox.received[0]))
        assert opens_a_session(shop, issued["id"], key_in(mailbox.received[0]))


def test_with_a_shared_store_the_command_issues_it(tmp_path: Path, mailbox: Mailbox) -> None:
    settings: dict[str, Any] = {
        "mail_server": "127.0.0.1",
        "mail_port": mailbox.port,
        "store_url": f"sqlite:///{tmp_path}/store",
    }
    with Shop(tmp_path, **settings) as shop, shop.second() as terminal:
        issued = told(terminal, "admin-keys", "issue", "admin1")

        assert opens_a_session(shop, issued["id"], key_in(mailbox.received[0]))


def test_the_server_s_no_is_told(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop, serving(shop.app) as url:
        assert "says: Invalid admin" in refused(shop, "admin-keys", "issue", "nobody", "--server", url)


def test_a_server_that_is_not_there_or_not_ours_is_told(shop: Shop) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"

    assert nobody in refused(shop, "admin-keys", "issue", "admin1", "--server", nobody)
    assert "no http address" not in refused(shop, "admin-keys", "issue", "admin1", "--server", "nonsense")
    with answering(b"<html>") as stranger:
        assert "no such process answers" in refused(shop, "admin-keys", "issue", "admin1", "--server", stranger)


def test_without_a_mail_server_no_key_is_kept(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "mail_server": "127.0.0.1",
        "mail_port": free_port(),
        "store_url": f"sqlite:///{tmp_path}/store",
    }
    with Shop(tmp_path, **settings) as shop:
        assert "could not be mailed" in command(shop, "admin-keys", "issue", "admin1").stderr
