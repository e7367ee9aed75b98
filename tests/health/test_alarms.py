"""What goes wrong without any request failing: shown while it lasts, mailed once."""

import json
from pathlib import Path

from flask_paystack.errors import StorageUnavailable
from tests.console.conftest import Operator
from tests.shop import Shop

LOOK = "lookForAlarms"


def on(shop: Shop) -> list[str]:
    """The alarms that are on, as everybody shows them."""
    shop.run(LOOK)
    told: list[str] = shop.client.get("/readyz").get_json()["alarms"]
    summary = Operator(shop).get("/summary").get_json()["alarms"]
    assert [each["alarm"] for each in summary] == told
    metrics = shop.client.get("/metrics").text
    shown = [line for line in metrics.splitlines() if line.startswith("flask_paystack_alarm{")]
    assert len(shown) == 5
    assert sorted(told) == sorted(line.split('"')[1] for line in shown if line.endswith(" 1.0"))
    return told


def mailed(shop: Shop) -> list[str]:
    return [each.recipient for each in shop.ours.records.messages.list_page(None, 100).items if each.kind == "alarm"]


def test_nothing_is_wrong_at_first(shop: Shop) -> None:
    assert on(shop) == []


def test_checkouts_without_a_webhook(shop: Shop) -> None:
    references = [shop.open_payment() for _ in range(5)]
    shop.advance(3599)
    assert on(shop) == []
    shop.advance(1)
    assert on(shop) == ["no_webhooks"]
    shop.advance(3600)
    assert on(shop) == ["no_webhooks"]
    assert sorted(mailed(shop)) == ["ada@example.org", "ben@example.org"]

    shop.customer_pays(references[0])
    shop.deliver_webhooks()
    assert on(shop) == []


def test_few_customers_who_leave_are_no_alarm(shop: Shop) -> None:
    for _ in range(4):
        shop.open_payment()
    shop.advance(7200)
    assert on(shop) == []


def test_an_event_that_waits_and_a_second_incident_is_mailed_anew(shop: Shop) -> None:
    for count in (2, 4):
        shop.post_webhook(b'{"event":"x","data":{"n":%d}}' % count)
        shop.advance(299)
        assert on(shop) == []
        shop.advance(1)
        assert on(shop) == ["events_wait"]
        assert len(mailed(shop)) == count
        shop.run("processEvents")
        assert on(shop) == []


def test_refused_signatures_are_counted_over_every_process(tmp_path: Path) -> None:
    with Shop(tmp_path, store_url=f"sqlite:///{tmp_path / 'store.sqlite3'}") as shop, shop.second() as other:
        for _ in range(10):
            assert shop.post_webhook(b"{}", "0" * 128).status_code == 401
        for _ in range(9):
            assert other.post_webhook(b"{}", "0" * 128).status_code == 401
        assert on(shop) == []
        assert other.post_webhook(b"{}", "").status_code == 401
        assert on(shop) == ["signatures_refused"]
        shop.advance(600)
        assert on(other) == []


def test_a_store_that_is_down_refuses_as_before(shop: Shop) -> None:
    class Down:
        def hit(self, key: str) -> None:
            raise StorageUnavailable("The store is down.")

    doubts = shop.ours.services.webhooks._doubts
    refused, doubts._refused = doubts._refused, Down()  # type: ignore[assignment]
    try:
        assert shop.post_webhook(b"{}", "0" * 128).status_code == 401
    finally:
        doubts._refused = refused


def test_verify_and_webhook_disagree(shop: Shop) -> None:
    reference = shop.open_payment()
    shop.advance(3)
    told = {"id": 1, "domain": "test", "status": "success", "reference": reference, "amount": 7, "currency": "NGN"}
    shop.post_webhook({"event": "charge.success", "data": told})
    shop.run("processEvents")
    assert on(shop) == ["verify_disagrees"]


def test_an_event_that_verify_confirms_is_no_disagreement(shop: Shop) -> None:
    """Money that does not fit, and both say so."""
    reference = shop.open_payment()
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    transaction.overrides.amount = 400000
    shop.customer_pays(reference)
    shop.advance(3)
    body = json.loads(shop.webhook_bodies(reference)[0])
    shop.post_webhook(body)
    shop.run("processEvents")
    assert on(shop) == []


def test_a_hand_over_that_keeps_failing(shop: Shop) -> None:
    shop.settled_payment()
    records = shop.ours.records.handovers
    for _ in range(3):
        assert on(shop) == []
        [(claim, _)] = records.claim(1, shop.ours.services.webhooks._lease)
        records.refused(claim, [], "It answered 500.", shop.clock.now())
    assert on(shop) == ["handover_failing"]
    assert mailed(shop) == []  # its own mail tells of it
