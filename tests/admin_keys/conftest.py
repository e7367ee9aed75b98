"""Access keys that are mailed to a real server."""

from collections.abc import Callable, Iterator

import pytest

from flask_paystack.clock import SystemClock
from flask_paystack.expiring import ExpiringStore, open_store
from flask_paystack.mail.sender import Sender
from flask_paystack.sessions.service import Sessions
from tests.admin_keys import ADMINS, SECRET, CountingKeys
from tests.clock import ManualClock
from tests.mail import ShopLinks, mail_settings
from tests.smtp import Mailbox, running_smtp


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory"])
def store(request: pytest.FixtureRequest, clock: ManualClock) -> Iterator[ExpiringStore]:
    fixtures = {"redis": "redis_url", "postgresql": "postgres_url"}
    url = request.getfixturevalue(fixtures[request.param]) if request.param in fixtures else "memory://"
    opened = open_store(url, clock)
    yield opened
    opened.close()


@pytest.fixture
def sessions(store: ExpiringStore) -> Sessions:
    return Sessions(store, ADMINS)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with running_smtp() as opened:
        yield opened


KeysAt = Callable[..., CountingKeys]


@pytest.fixture
def keys_at(store: ExpiringStore, sessions: Sessions, clock: ManualClock) -> KeysAt:
    """Makes access keys whose mail server listens on a port of this machine."""

    def make(port: int, *secrets: str, timeout: int = 10) -> CountingKeys:
        sender = Sender(mail_settings(port, mail_timeout=timeout), SystemClock())
        return CountingKeys(ADMINS, store, sessions, sender, ShopLinks(), secrets or (SECRET,), clock)

    return make


@pytest.fixture
def keys(keys_at: KeysAt, mailbox: Mailbox) -> CountingKeys:
    return keys_at(mailbox.port)
