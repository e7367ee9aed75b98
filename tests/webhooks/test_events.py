"""Every event that Paystack documents (CONTRACT §6.2): kept, answered, understood or left in peace."""

import json
from pathlib import Path

import pytest

from tests.shop import Shop, signed

BODIES = sorted((Path(__file__).parent / "events").glob("*.json"))
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


def test_there_is_a_body_for_each_documented_event() -> None:
    assert len(BODIES) == 33
    for path in BODIES:
        assert json.loads(path.read_text(encoding="utf-8"))["event"] == path.stem


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_sample_events(shop: Shop, path: Path) -> None:
    reference = shop.settled_payment()
    shop.advance(3)  # a dispute that was accepted makes us ask
    body = path.read_text(encoding="utf-8").replace("@REFERENCE@", reference).encode()

    answer = shop.post_webhook(body, signed(body))
    assert answer.status_code == 200
    shop.run("processEvents")

    event = shop.ours.records.webhooks.list_page(None, 1).items[0]
    assert (event.event, event.body, event.error) == (path.stem, body, None)
    assert event.state in {"done", "kept"}
    assert event.attempts == 1
    if path.stem in ABOUT_A_PAYMENT:
        assert event.reference == reference
    assert shop.verify(reference)["status"] == "success"
    assert len(shop.ours.records.handovers.list_page(None, 9).items) == 1


def test_the_documented_success_settles_a_payment(shop: Shop) -> None:
    reference = shop.open_payment()
    path = next(path for path in BODIES if path.stem == "charge.success")
    shop.post_webhook(path.read_text(encoding="utf-8").replace("@REFERENCE@", reference).encode())

    shop.run("processEvents")

    assert shop.verify(reference)["status"] == "success"
