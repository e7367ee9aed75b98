"""REQUIRE_TLS: what may leave this machine in clear stops the start."""

from typing import Any

import pytest

from flask_paystack.errors import SettingsError
from flask_paystack.settings import Settings
from tests.shop import JWT_SECRET, SECRET_KEY

NEEDED = {"PAYSTACK_SECRET_KEY": SECRET_KEY, "JWT_SECRET": JWT_SECRET}
NOTIFY = {"notify_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


def problems(**changes: Any) -> list[str]:
    try:
        Settings.read({**NEEDED, "REQUIRE_TLS": "on", **{name.upper(): value for name, value in changes.items()}})
    except SettingsError as refusal:
        return refusal.problems
    return []


@pytest.fixture(autouse=True)
def no_hosts_of_libpq(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)


IN_CLEAR: list[tuple[str, dict[str, Any]]] = [
    ("DATABASE_URL", {"database_url": "postgresql://u:p@db.internal/x"}),
    ("DATABASE_URL", {"database_url": "postgresql://u:p@db.internal:5432/x?sslmode=prefer"}),
    ("DATABASE_URL", {"database_url": "postgres://db.internal/x?sslmode=disable"}),
    ("DATABASE_URL", {"database_url": "postgresql+psycopg://db.internal/x?sslmode="}),
    ("DATABASE_URL", {"database_url": "postgresql://db.internal/x?sslmode=require&sslmode=disable"}),
    ("DATABASE_URL", {"database_url": "postgresql:///x?host=db.internal"}),
    ("DATABASE_URL", {"database_url": "postgresql://localhost/x?hostaddr=10.0.0.5"}),
    ("DATABASE_URL", {"database_url": "postgresql:///x?host=/run/postgresql&host=db.internal:5432"}),
    ("DATABASE_URL", {"database_url": "postgresql://localhost,db.internal/x"}),
    ("DATABASE_URL", {"database_url": "postgresql:///x?service=elsewhere"}),
    ("DATABASE_URL", {"database_url": "postgresql://127.0.0.1.evil.test/x"}),
    ("STORE_URL", {"store_url": "postgresql://db.internal/x"}),
    ("STORE_URL", {"store_url": "redis://cache.internal:6379/0"}),
    ("STORE_URL", {"store_url": "redis://:word@10.0.0.5/0"}),
    ("STORE_URL", {"store_url": "redis:///0?host=cache.internal"}),
    ("STORE_URL", {"store_url": "redis+sentinel://127.0.0.1:26379/main"}),
    ("STORE_URL", {"store_url": "redis+cluster://127.0.0.1:7000"}),
    ("MAIL_SERVER", {"mail_server": "mail.internal"}),
    ("NOTIFY_URL", {"notify_url": "http://shop.internal/paid", **NOTIFY}),
]
FINE: list[dict[str, Any]] = [
    {},
    {"database_url": "postgresql://u:p@db.internal/x?sslmode=require"},
    {"database_url": "postgresql://u:p@db.internal/x?sslmode=verify-full&sslrootcert=/etc/ca.pem"},
    {"database_url": "postgresql://u:p@127.0.0.1:5432/x"},
    {"database_url": "postgresql://u:p@[::1]:5432/x"},
    {"database_url": "postgresql://u@localhost/x"},
    {"database_url": "postgresql:///x?host=/run/postgresql"},
    {"database_url": "postgresql://u@%2Frun%2Fpostgresql/x"},
    {"database_url": "postgresql:///x"},
    {"store_url": "postgresql://db.internal/x?sslmode=verify-ca"},
    {"store_url": "redis://localhost:6379/0"},
    {"store_url": "redis://[::1]:6379/0"},
    {"store_url": "rediss://cache.internal:6379/0"},
    {"store_url": "sqlite:///instance/store.sqlite3"},
    {"mail_server": "mail.internal", "mail_use_tls": True},
    {"mail_server": "mail.internal", "mail_use_ssl": True},
    {"mail_server": "127.0.0.1"},
    {"notify_url": "https://shop.internal/paid", **NOTIFY},
    {"notify_url": "http://localhost:8080/paid", **NOTIFY},
]


@pytest.mark.parametrize(("name", "changes"), IN_CLEAR)
def test_a_connection_in_clear_stops_the_start_with_a_sentence(name: str, changes: dict[str, Any]) -> None:
    (sentence,) = problems(**changes)

    assert sentence.startswith(f"REQUIRE_TLS is on, and {name} may reach another machine in clear: ")
    assert "word" not in sentence
    assert problems(**changes, require_tls="off") == []


@pytest.mark.parametrize("changes", FINE)
def test_what_is_encrypted_or_stays_here_is_fine(changes: dict[str, Any]) -> None:
    assert problems(**changes) == []


def test_everything_is_told_together() -> None:
    told = problems(
        database_url="postgresql://db.internal/x",
        store_url="redis://cache.internal",
        mail_server="mail.internal",
        notify_url="http://shop.internal",
        **NOTIFY,
    )

    assert len(told) == 4


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE"])
def test_a_host_that_the_environment_gives_to_libpq_counts(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "10.0.0.5")

    assert len(problems(database_url="postgresql:///x")) == 1
