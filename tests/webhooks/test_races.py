"""Webhook and verify at the same moment (FAULTS R3)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from tests.race import race_between
from tests.shop import Shop, signed

REFERENCES = 60


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    changes = {}
    if request.param == "postgresql":
        changes["database_url"] = url = request.getfixturevalue("postgres_url")
        database = Database(url)
        upgrades.upgrade(database)
        database.close()
    with Shop(tmp_path, **changes) as shop:
        yield shop


def test_race_of_webhooks_and_verifies_settles_each_payment_once(shop: Shop) -> None:
    """Sixty payments, eight callers each, in two processes' worth of backends."""
    with shop.second() as other:
        references = [shop.open_payment() for _ in range(REFERENCES)]
        for reference in references:
            shop.customer_pays(reference)
        shop.advance(3)
        for reference in references:
            body = shop.webhook_bodies(reference)[0]

            def deliver(on: Shop, body: bytes = body) -> int:
                answer = on.app.test_client().post(
                    "/pay/webhook", data=body, headers={"x-paystack-signature": signed(body)}
                )
                on.run("processEvents")
                return answer.status_code

            def verify(on: Shop, reference: str = reference) -> int:
                return on.app.test_client().get(f"/pay/verify/{reference}").status_code

            calls = [lambda act=act, on=on: act(on) for act in (deliver, verify) * 2 for on in (shop, other)]
            assert race_between(calls) == [200] * 8

        shop.advance(60)
        shop.run("processEvents")
        with shop.ours.records.database.reading() as connection:
            counts = {
                table: connection.exec_driver_sql(f"SELECT count(*), count(DISTINCT reference) FROM {table}").one()  # noqa: S608
                for table in ("handovers", "messages")
            }
            settled = connection.exec_driver_sql(
                "SELECT count(*), count(DISTINCT reference) FROM payment_timeline WHERE kind = 'settled'"
            ).one()
            waiting = connection.exec_driver_sql("SELECT count(*) FROM webhook_events WHERE state <> 'done'").scalar()
            statuses = set(connection.exec_driver_sql("SELECT status FROM payments").scalars())
    assert statuses == {"success"}
    assert tuple(settled) == (REFERENCES, REFERENCES)
    assert {table: tuple(found) for table, found in counts.items()} == {
        "handovers": (REFERENCES, REFERENCES),
        "messages": (REFERENCES, REFERENCES),
    }
    assert waiting == 0
