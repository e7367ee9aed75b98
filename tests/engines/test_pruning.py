"""``flask db prune`` on PostgreSQL, while the shop goes on: nobody waits 100 ms for a lock of it."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
from sqlalchemy import Connection, event, text

from flask_paystack.clock import SystemClock
from flask_paystack.errors import StorageUnavailable
from flask_paystack.records import pruning, removing, upgrades
from flask_paystack.records.database import Database
from tests.records import events_in

EVENTS = 20_000
LONGEST_WAIT = "100ms"
YEAR = timedelta(days=365)

OLD_EVENTS = """
INSERT INTO webhook_events (digest, body, headers, received_at, last_delivery_at, deliveries, event, state, attempts,
    next_attempt_at, fence, finished_at)
SELECT encode(sha256(convert_to('old ' || n, 'UTF8')), 'hex'), convert_to('old ' || n, 'UTF8'), '{}', t.at, t.at, 1,
    'charge.success', 'done', 1, t.at, 1, t.at
FROM generate_series(1, :events) n
CROSS JOIN LATERAL (SELECT now() - interval '2 years' + n * interval '1 second' AS at) t
"""


class Writers:
    """Old events that come again, among those that are being removed, and new ones. They wait for no lock for long."""

    def __init__(self, url: str) -> None:
        self.refused: list[str] = []
        self.slowest = 0.0
        self.writes = 0
        self._database = Database(url)
        event.listen(self._database.engine, "connect", _impatient)
        self._records = events_in(self._database, SystemClock())
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(3)]

    def _write(self, number: int) -> None:
        while not self._stopping.wait(0.001):
            number += 3
            began = time.monotonic()
            try:
                self._records.keep(b"new %d" % number if number % 2 else b"old %d" % (number % EVENTS), {})
            except StorageUnavailable as refusal:
                self.refused.append(str(refusal.__cause__))
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.writes += 1

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._database.close()


def _impatient(connection: Any, _record: object) -> None:
    """PostgreSQL itself ends what waits longer for a lock."""
    connection.execute(f"SET lock_timeout = '{LONGEST_WAIT}'")
    connection.commit()


@pytest.fixture
def shop_of_years(postgres_url: str) -> str:
    """A database with old events, all done."""
    database = Database(postgres_url)
    upgrades.upgrade(database)
    with database.writing() as connection:
        connection.execute(text(OLD_EVENTS), {"events": EVENTS})
    database.close()
    return postgres_url


def test_pruning_makes_nobody_wait_for_a_lock(shop_of_years: str) -> None:
    database, now = Database(shop_of_years), datetime.now(UTC)
    with Writers(shop_of_years) as writers:
        removed = sum(count for _, count in pruning.prune(database, now - YEAR, now))

    with database.reading() as connection:
        old = connection.execute(
            text("SELECT count(*) FROM webhook_events WHERE last_delivery_at < :before"), {"before": now - YEAR}
        ).scalar_one()
    database.close()
    assert writers.refused == []
    assert writers.writes > 20
    assert old == 0
    assert EVENTS - writers.writes <= removed <= EVENTS, "What came again meanwhile stays."


def test_control_pruning_in_one_piece_makes_them_wait(shop_of_years: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with one batch for all, and slow enough to be seen."""
    database, now = Database(shop_of_years), datetime.now(UTC)
    event.listen(database.engine, "after_cursor_execute", _take_time)
    monkeypatch.setattr(removing, "BATCH", EVENTS)
    with Writers(shop_of_years) as writers:
        for _ in pruning.prune(database, now - YEAR, now):
            continue
    database.close()

    assert any("lock timeout" in refusal for refusal in writers.refused)


def _take_time(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    if statement.startswith("DELETE FROM webhook_events"):
        threading.Event().wait(0.5)


def test_statements_have_a_time_limit_and_locks_too(postgres_url: str) -> None:
    """As PostgreSQL itself says, and as a statement finds that outlasts it."""
    database = Database(postgres_url)
    with database.reading() as connection:
        limits = {
            name: connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("statement_timeout", "lock_timeout")
        }
        assert limits == {"statement_timeout": "15s", "lock_timeout": "10s"}
    with pytest.raises(StorageUnavailable) as ended, database.reading() as connection:
        _sleep_too_long(connection)
    assert "statement timeout" in str(ended.value.__cause__)
    database.close()


def _sleep_too_long(connection: Connection) -> None:
    connection.execute(text("SET LOCAL statement_timeout = '50ms'"))
    connection.execute(text("SELECT pg_sleep(10)"))
