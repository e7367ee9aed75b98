"""What ``flask doctor`` looks at, against real servers."""

import re
import socket
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flask_paystack.cli.checks.configuration import check_addresses, check_keys, check_processes, check_products
from flask_paystack.cli.checks.database import check_database
from flask_paystack.cli.checks.finding import Finding, State
from flask_paystack.cli.checks.reach import check_mail, check_paystack, check_store
from flask_paystack.cli.checks.webhook import Tunnel, check_webhook, find_tunnel
from flask_paystack.clock import SystemClock
from flask_paystack.jobs import HAND_OVER, PROCESS_EVENTS, SEND_MESSAGES
from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from flask_paystack.records.jobs import JobRecords
from flask_paystack.settings import Settings
from paystack_simulator import create_simulator
from paystack_simulator.server import SimulatorServer
from tests.cli import answering
from tests.clock import ManualClock
from tests.servers import free_port, running_redis
from tests.shop import settings_in, write_products
from tests.smtp import running_smtp, self_signed, silent_smtp

CLOCK = SystemClock()


def settings(directory: Path, **changes: Any) -> Settings:
    write_products(directory)
    return Settings.read(settings_in(directory, **changes))


def states(findings: Iterable[Finding]) -> list[tuple[str, State]]:
    return [(each.check, each.state) for each in findings]


def only(findings: Iterable[Finding]) -> Finding:
    (found,) = findings
    return found


def told(findings: Iterable[Finding]) -> str:
    return " ".join(each.sentence for each in findings)


def test_a_paystack_that_takes_the_key_is_fine_and_its_clock_is_ours(tmp_path: Path) -> None:
    with SimulatorServer(create_simulator()) as server:
        found = check_paystack(settings(tmp_path, paystack_base_url=server.url), CLOCK)

        assert states(found) == [("Paystack", State.OK), ("clock", State.OK)]


@pytest.mark.parametrize(("seconds", "side"), [(600, "ahead of"), (-600, "behind")])
def test_a_clock_that_differs_from_paystack_s_is_told(tmp_path: Path, seconds: int, side: str) -> None:
    """To the second or so: Paystack's ``Date`` has no parts of one."""
    clock = ManualClock(datetime.now(UTC) + timedelta(seconds=seconds))
    with SimulatorServer(create_simulator()) as server:
        _, found = check_paystack(settings(tmp_path, paystack_base_url=server.url), clock)

    assert found.state is State.NOTE
    assert re.search(rf"(59[5-9]|60[0-5]) s {side} Paystack's", found.sentence)


def test_a_paystack_that_refuses_the_key_is_told(tmp_path: Path) -> None:
    body = b'{"status": false, "message": "Invalid key", "code": "invalid_Key"}'
    with answering(body, 401) as url:
        found = only(check_paystack(settings(tmp_path, paystack_base_url=url), CLOCK))

    assert found.state is State.FAILED
    assert "key" in found.sentence


def test_a_paystack_out_of_reach_is_told(tmp_path: Path) -> None:
    found = only(check_paystack(settings(tmp_path, paystack_base_url=f"http://127.0.0.1:{free_port()}"), CLOCK))

    assert found.state is State.FAILED
    assert "did not answer" in found.sentence


def test_a_mail_server_that_greets_us_is_fine(tmp_path: Path) -> None:
    with running_smtp() as mailbox:
        found = only(check_mail(settings(tmp_path, mail_server="127.0.0.1", mail_port=mailbox.port), CLOCK))

        assert found.state is State.OK
        assert mailbox.received == []


def test_a_mail_server_whose_certificate_is_its_own_word_is_told(tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path)
    with running_smtp(starttls=context) as mailbox:
        chosen = settings(tmp_path, mail_server="127.0.0.1", mail_port=mailbox.port, mail_use_tls=True)
        found = only(check_mail(chosen, CLOCK))

    assert found.state is State.FAILED
    assert "certificate" in found.sentence


def test_a_mail_server_with_tls_and_a_login_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running_smtp(starttls=context) as mailbox:
        login = {"mail_use_tls": True, "mail_username": "shop", "mail_password": "secret word"}
        chosen = settings(tmp_path, mail_server="127.0.0.1", mail_port=mailbox.port, **login)

        assert "certificate verified, and takes our password" in only(check_mail(chosen, CLOCK)).sentence
        mailbox.accepts_logins = False
        refusal = only(check_mail(chosen, CLOCK))
        assert refusal.state is State.FAILED
        assert "secret word" not in refusal.sentence


def test_a_silent_mail_server_is_told_within_its_time(tmp_path: Path) -> None:
    with silent_smtp() as port:
        found = only(check_mail(settings(tmp_path, mail_server="127.0.0.1", mail_port=port, mail_timeout=1), CLOCK))

    assert "did not answer in time" in found.sentence


def test_a_mail_server_that_hangs_up_on_our_greeting_is_told(tmp_path: Path) -> None:
    def hang_up(listening: socket.socket) -> None:
        with listening.accept()[0] as caller:
            caller.sendall(b"220 shop.test\r\n")
            caller.recv(100)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=hang_up, args=(listening,))
        thread.start()
        chosen = settings(tmp_path, mail_server="127.0.0.1", mail_port=listening.getsockname()[1])
        found = only(check_mail(chosen, CLOCK))
        thread.join(10)

    assert found.state is State.FAILED
    assert "hung up" in found.sentence


def test_a_database_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    found = only(check_database(settings(tmp_path, database_url=f"sqlite:///{tmp_path}/new/file"), CLOCK))

    assert found.state is State.NOTE
    assert not (tmp_path / "new").exists()


def test_a_sqlite_database_in_use_is_fine(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    database = Database(chosen.database_url)
    upgrades.upgrade(database)
    jobs = JobRecords(database, CLOCK)
    for name in (PROCESS_EVENTS, SEND_MESSAGES, HAND_OVER):
        jobs.beat(name)
    database.close()

    assert states(check_database(chosen, CLOCK)) == [
        ("database", State.OK),
        ("schema", State.OK),
        ("durability", State.OK),
        ("sealing", State.OK),
        ("jobs", State.OK),
    ]


def test_jobs_that_fell_silent_are_told(tmp_path: Path) -> None:
    chosen, clock = settings(tmp_path), ManualClock()
    database = Database(chosen.database_url)
    upgrades.upgrade(database)
    jobs = JobRecords(database, clock)

    def last() -> Finding:
        return list(check_database(chosen, clock))[-1]

    assert "None ever ran here" in last().sentence
    jobs.beat(PROCESS_EVENTS)
    jobs.beat(SEND_MESSAGES)
    assert (last().state, HAND_OVER in last().sentence) == (State.FAILED, True)
    clock.advance(181)
    assert "2026-03-01 10:00:00Z" in last().sentence
    database.close()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "payments.sqlite3").write_text("This is no database. " * 100)

    found = only(check_database(settings(tmp_path), CLOCK))

    assert found.state is State.FAILED


def test_postgresql_without_a_schema_asks_for_an_upgrade(tmp_path: Path, postgres_url: str) -> None:
    chosen = settings(tmp_path, database_url=postgres_url)

    found = list(check_database(chosen, CLOCK))

    assert states(found) == [("database", State.OK), ("schema", State.FAILED), ("durability", State.OK)]
    assert "flask db upgrade" in told(found)


@pytest.mark.parametrize("url", ["postgresql://u:secret@host:port/x", "postgresql://u:secret@127.0.0.1:1/x"])
def test_a_postgresql_out_of_reach_is_told_without_its_password(tmp_path: Path, url: str) -> None:
    found = only(check_database(settings(tmp_path, database_url=url), CLOCK))

    assert found.state is State.FAILED
    assert "secret" not in found.sentence


def test_a_redis_is_judged_by_its_policy_and_its_file(tmp_path: Path) -> None:
    with running_redis(appendonly="yes", maxmemory="100mb", maxmemory_policy="noeviction") as url:
        assert states(check_store(settings(tmp_path, store_url=url), CLOCK)) == [("store", State.OK)]
    with running_redis(maxmemory="100mb", maxmemory_policy="volatile-lru") as url:
        doubtful = list(check_store(settings(tmp_path, store_url=url), CLOCK))
    with running_redis(maxmemory="100mb", maxmemory_policy="allkeys-lru") as url:
        refused = only(check_store(settings(tmp_path, store_url=url), CLOCK))

    assert states(doubtful) == [("store", State.OK), ("store", State.NOTE), ("store", State.NOTE)]
    assert "noeviction" in told(doubtful)
    assert "append-only" in told(doubtful)
    assert refused.state is State.FAILED


def test_a_store_out_of_reach_is_told(tmp_path: Path) -> None:
    found = only(check_store(settings(tmp_path, store_url=f"redis://:secret@127.0.0.1:{free_port()}/0"), CLOCK))

    assert found.state is State.FAILED
    assert "secret" not in found.sentence


def test_the_mode_of_the_key_is_told(tmp_path: Path) -> None:
    assert "test mode" in told(check_keys(settings(tmp_path), CLOCK))
    live = settings(tmp_path, paystack_secret_key="sk_live_0f1e2d3c4b5a6978", public_url="https://pay.shop.test")
    assert "real money moves" in told(check_keys(live, CLOCK))


def test_a_catalogue_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    assert told(check_products(chosen, CLOCK)).endswith("sells womaye-gsp, donation.")
    chosen.products_file.write_text("[webhook]\nname = 3\n")

    assert {each.state for each in check_products(chosen, CLOCK)} == {State.FAILED}


@pytest.mark.parametrize(
    ("public_url", "state"),
    [
        (None, State.NOTE),
        ("https://pay.shop.test", State.OK),
        ("http://127.0.0.1:5000", State.OK),
        ("http://pay.shop.test", State.NOTE),
        ("https://pay.shop.test/pay/webhook", State.FAILED),
    ],
)
def test_addresses_are_weighed(tmp_path: Path, public_url: str | None, state: State) -> None:
    found = next(iter(check_addresses(settings(tmp_path, public_url=public_url), CLOCK)))

    assert (found.check, found.state) == ("PUBLIC_URL", state)


def test_many_processes_on_a_store_in_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "one process may serve" in told(check_processes(settings(tmp_path), CLOCK))
    monkeypatch.setenv("WEB_CONCURRENCY", "4")

    assert only(check_processes(settings(tmp_path), CLOCK)).state is State.FAILED
    assert "on this machine" in told(check_processes(settings(tmp_path, store_url="redis://redis.test"), CLOCK))


@pytest.mark.parametrize(
    "body",
    [
        b"not JSON",
        b"[]",
        b'{"tunnels": null}',
        b'{"tunnels": [null, {"public_url": 3}, {"public_url": "http://plain.test"}]}',
    ],
)
def test_an_inspection_api_without_a_tunnel_is_no_tunnel(body: bytes) -> None:
    with answering(body) as url:
        assert find_tunnel(url) is None
    assert find_tunnel(f"http://127.0.0.1:{free_port()}") is None


def test_a_public_address_goes_before_a_tunnel(tmp_path: Path) -> None:
    tunnel = Tunnel("https://1a2b.ngrok.test", "http://localhost:5000")

    assert "Paste https://1a2b.ngrok.test/pay/webhook" in told(
        check_webhook(settings(tmp_path, public_url="http://127.0.0.1:5000"), tunnel)
    )
    assert "Paste https://pay.shop.test/pay/webhook" in told(
        check_webhook(settings(tmp_path, public_url="https://pay.shop.test/"), tunnel)
    )


def test_a_tunnel_that_was_opened_anew_is_told(tmp_path: Path) -> None:
    tunnel = Tunnel("https://new.ngrok.test", "http://localhost:5000")

    assert states(check_webhook(settings(tmp_path, public_url="https://old.ngrok.test"), tunnel))[-1] == (
        "webhook",
        State.FAILED,
    )
