"""The mail server may be slow, silent or gone: a request waits within a bound, and nothing is kept."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from flask_paystack.errors import Failure, MailUnavailable
from flask_paystack.expiring import ExpiringStore
from tests.admin_keys import CountingKeys, mailed_key, outcome
from tests.admin_keys.conftest import KeysAt
from tests.clock import ManualClock
from tests.servers import free_port
from tests.smtp import Mailbox, silent_smtp


def kept(store: ExpiringStore) -> dict[str, object]:
    """What a store in memory holds of access keys."""
    return dict(store.access_keys)  # type: ignore[attr-defined]


@pytest.mark.parametrize("answer", ["451 4.3.0 Come again", "550 5.1.1 No such admin: ada@example.org"])
def test_a_mail_that_is_not_taken_is_told_and_leaves_no_key(
    keys: CountingKeys, mailbox: Mailbox, store: ExpiringStore, answer: str
) -> None:
    mailbox.answer_recipient = answer

    with pytest.raises(MailUnavailable) as refused:
        keys.request("admin1")

    assert kept(store) == {}
    assert str(refused.value) == "The access key could not be mailed; try again in a moment."
    assert refused.value.details == {}, "what the mail server said is no stranger's business"


def test_no_mail_server_is_told_at_once(keys_at: KeysAt, store: ExpiringStore) -> None:
    with pytest.raises(MailUnavailable):
        keys_at(free_port()).request("admin1")

    assert kept(store) == {}


def test_a_silent_mail_server_is_waited_for_within_a_bound(keys_at: KeysAt, store: ExpiringStore) -> None:
    with silent_smtp() as port:
        before = time.monotonic()
        with pytest.raises(MailUnavailable):
            keys_at(port, timeout=1).request("admin1")

    assert 0.9 < time.monotonic() - before < 5
    assert kept(store) == {}


def test_the_50_seconds_begin_when_the_mail_was_accepted(
    keys: CountingKeys, mailbox: Mailbox, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail server takes half a minute over it."""
    taken = mailbox.handle_DATA

    async def slowly(*args: object) -> str:
        clock.advance(30)
        return await taken(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(mailbox, "handle_DATA", slowly)
    issued = keys.request("admin1")

    clock.advance(49.9)

    assert outcome(keys, issued.id, mailed_key(mailbox)) == "session"


@contextmanager
def counted_silence() -> Iterator[tuple[int, threading.Semaphore, threading.Event]]:
    """A mail server that says nothing: its port, a semaphore released for each caller, and the end of its silence."""
    arrived, over = threading.Semaphore(0), threading.Event()
    callers = []

    def listen(listening: socket.socket) -> None:
        for _ in range(2):
            callers.append(listening.accept()[0])
            arrived.release()
        over.wait(30)
        for caller in callers:
            caller.close()

    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as thread:
        done = thread.submit(listen, listening)
        yield listening.getsockname()[1], arrived, over
        over.set()
        done.result(30)


def test_two_wait_for_the_mail_server_and_a_third_is_refused_at_once(keys_at: KeysAt) -> None:
    with counted_silence() as (port, arrived, over), ThreadPoolExecutor(2) as threads:
        keys = keys_at(port, timeout=20)
        waiting = [threads.submit(keys.request, "admin1") for _ in range(2)]
        for _ in waiting:
            assert arrived.acquire(timeout=30)

        before = time.monotonic()
        with pytest.raises(MailUnavailable, match="being mailed"):
            keys.request("admin1", "olu")
        assert time.monotonic() - before < 5

        over.set()
        for each in waiting:
            with pytest.raises(MailUnavailable):
                each.result(30)
    with pytest.raises(MailUnavailable, match="could not be mailed"):
        keys.request("admin1", "olu")  # it is heard again, though nobody listens now


def test_who_is_refused_at_once_has_spent_nothing(keys_at: KeysAt, mailbox: Mailbox) -> None:
    with counted_silence() as (port, arrived, over), ThreadPoolExecutor(2) as threads:
        keys = keys_at(port, timeout=20)
        waiting = [threads.submit(keys.request, "admin1", "olu") for _ in range(2)]
        for _ in waiting:
            assert arrived.acquire(timeout=30)
        for _ in range(10):
            with pytest.raises(MailUnavailable):
                keys.request("admin1")
        over.set()
        assert all(isinstance(each.exception(30), Failure) for each in waiting)

    assert [keys_at(mailbox.port).request("admin1") for _ in range(5)]
