"""A shop with settled payments, and a merchant to be told of them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flask_paystack.handover.model import Handover
from flask_paystack.handover.receivers import Receivers
from flask_paystack.handover.service import HandoverService
from flask_paystack.payments.facts import full
from flask_paystack.records.database import Database
from flask_paystack.records.handovers import HandoverRecords
from flask_paystack.records.payments import PaymentRecords
from flask_paystack.records.schema import metadata
from tests.clock import ManualClock
from tests.handover.merchant import Merchant, running_merchant


@pytest.fixture
def clock() -> ManualClock:
    """Starts today, since a receiver refuses what was signed more than five minutes ago by the machine's own clock."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/records.sqlite3")
    metadata.create_all(opened.engine)
    yield opened
    assert "Current Checked out connections: 0" in opened.engine.pool.status()
    opened.close()


@pytest.fixture
def records(database: Database, clock: ManualClock) -> HandoverRecords:
    return HandoverRecords(database, clock)


@pytest.fixture
def payments(database: Database, clock: ManualClock) -> PaymentRecords:
    return PaymentRecords(database, clock)


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


@pytest.fixture
def alarms() -> list[tuple[Handover, str]]:
    return []


@pytest.fixture
def service(
    records: HandoverRecords,
    payments: PaymentRecords,
    receivers: Receivers,
    clock: ManualClock,
    alarms: list[tuple[Handover, str]],
) -> HandoverService:
    return HandoverService(records, payments, receivers, full, clock, lambda *alarm: alarms.append(alarm))


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    with running_merchant() as running:
        yield running
