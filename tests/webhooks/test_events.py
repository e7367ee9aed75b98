"""Every event that Paystack documents (CONTRACT §6.2): kept, found again, understood or left in peace, on both databases.

The bodies have the shape of the official samples. ``PAYSTACK_SAMPLE_EVENTS`` names a directory with more, such as the
official ones themselves; they are kept and found likewise.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table
from sqlalchemy.exc import DatabaseError

from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from tests.servers import fresh_database
from tests.shop import Shop, signed

BODIES = sorted((Path(__file__).parent / "events").glob("*.json"))
MORE = (
    sorted(Path(os.environ["PAYSTACK_SAMPLE_EVENTS"]).glob("*.json")) if "PAYSTACK_SAMPLE_EVENTS" in os.environ else []
)
ABOUT_A_PAYMENT = {
    "charge.success",
    "charge.dispute.create",
    "charge.dispute.remind",
    "charge.dispute.resolve",
    "refund.pending",
    "refund.processing",
    "refund.processed",
    "refund.failed",
    "refund.needs-attention",
    "invoice.update",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def one_shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    directory = tmp_path_factory.mktemp("shop")
    if request.param == "sqlite":
        with Shop(directory) as shop:
            yield shop
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        database = Database(url)
        upgrades.upgrade(database)
        database.close()
        with Shop(directory, database_url=url) as shop:
            yield shop


@pytest.fixture
def shop(one_shop: Shop) -> Shop:
    one_shop.begin_anew()
    return one_shop


def found_again(shop: Shop, body: bytes, reference: str | None) -> str:
    """The state of the one event there is, whose very bytes are found by its number, its reference and its digest."""
    records = shop.ours.records.webhooks
    (event,) = records.list_page(None, 9).items
    assert records.is_known(body)
    for found in (event, records.get(event.id), *records.list_page(None, 9, reference=reference).items):
        assert found is not None
        assert (found.body, found.reference, found.event) == (body, reference, json.loads(body)["event"])
    return event.state


def test_sample_events_are_there_for_each_documented_name() -> None:
    assert len(BODIES) == 33
    for path in BODIES:
        assert json.loads(path.read_text(encoding="utf-8"))["event"] == path.stem


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_sample_events(shop: Shop, path: Path) -> None:
    reference = shop.settled_payment()
    with shop.ours.records.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM webhook_events")
    shop.advance(3)  # a dispute that was accepted makes us ask
    body = path.read_text(encoding="utf-8").replace("@REFERENCE@", reference).encode()

    answer = shop.post_webhook(body, signed(body))
    assert answer.status_code == 200
    shop.run("processEvents")

    event = shop.ours.records.webhooks.list_page(None, 1).items[0]
    assert (event.event, event.error, event.attempts) == (path.stem, None, 1)
    if path.stem in ABOUT_A_PAYMENT:
        assert event.reference == reference
    assert found_again(shop, body, event.reference) in {"done", "kept"}
    assert shop.verify(reference)["status"] == "success"
    assert len(shop.ours.records.handovers.list_page(None, 9).items) == 1


@pytest.mark.parametrize("path", MORE, ids=lambda path: path.stem)
def test_sample_events_of_paystacks_own(shop: Shop, path: Path) -> None:
    """As they stand, spaces and line ends included: they are about nobody's payment here."""
    body = path.read_bytes()

    assert shop.post_webhook(body, signed(body)).status_code == 200
    shop.run("processEvents")

    event = shop.ours.records.webhooks.list_page(None, 1).items[0]
    assert found_again(shop, body, event.reference) in {"kept", "unmatched"}


def success(reference: str, **changes: Any) -> bytes:
    """The documented ``charge.success`` of a payment, with some fields changed."""
    path = next(path for path in BODIES if path.stem == "charge.success")
    told = json.loads(path.read_text(encoding="utf-8").replace("@REFERENCE@", reference))
    return json.dumps({**told, "data": {**told["data"], **changes}}, ensure_ascii=False).encode()


@pytest.mark.parametrize("id", [1, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_sample_events_with_ids_of_up_to_64_bits(shop: Shop, id: int) -> None:  # noqa: A002
    reference = shop.open_payment()
    body = success(reference, id=id)

    shop.post_webhook(body)
    shop.run("processEvents")

    assert found_again(shop, body, reference) == "done"
    payment = shop.ours.records.payments.get(reference)
    assert payment is not None
    assert (payment.status, payment.paystack_id) == ("success", str(id))


@pytest.mark.parametrize("metadata", [0, "", None, {}, {"a": {"b": [1, "é"]}}, [], "0", "{}", 7.5, False], ids=repr)
def test_sample_events_with_any_metadata(shop: Shop, metadata: Any) -> None:
    reference = shop.open_payment(metadata={"ours": "stays"})
    body = success(reference, metadata=metadata)

    shop.post_webhook(body)
    shop.run("processEvents")

    assert found_again(shop, body, reference) == "done"
    payment = shop.ours.records.payments.get(reference)
    assert payment is not None
    assert (payment.status, payment.metadata) == ("success", {"ours": "stays"})


def test_sample_events_control_bodies_kept_as_json_would_not_be_the_bytes_that_came() -> None:
    """Nor would their signatures hold."""
    changed = [path.stem for path in BODIES if json.dumps(json.loads(path.read_bytes())).encode() != path.read_bytes()]
    assert changed == [path.stem for path in BODIES]


def test_sample_events_control_a_column_of_numbers_cannot_hold_an_id_of_64_bits(shop: Shop) -> None:
    plain = Table("plain", MetaData(), Column("id", BigInteger), prefixes=["TEMPORARY"])
    with shop.ours.records.database.engine.connect() as connection:
        plain.create(connection)
        connection.execute(plain.insert().values(id=2**63 - 1))
        with pytest.raises((DatabaseError, OverflowError)):
            connection.execute(plain.insert().values(id=2**64 - 1))


def test_the_documented_success_settles_a_payment(shop: Shop) -> None:
    reference = shop.open_payment()
    path = next(path for path in BODIES if path.stem == "charge.success")
    shop.post_webhook(path.read_text(encoding="utf-8").replace("@REFERENCE@", reference).encode())

    shop.run("processEvents")

    assert shop.verify(reference)["status"] == "success"
