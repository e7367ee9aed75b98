"""What happens to people who pay."""

import json
from urllib.parse import parse_qs, urlsplit

from standardwebhooks import Webhook

from flask_paystack.handover.model import Handover
from tests.flows.conftest import NOTIFY_SECRET, Town, wait_for
from tests.shop import FRONTEND


def test_pay_and_return(town: Town) -> None:
    """The five steps of the design."""
    opened = town.open_payment(email="ada@example.org")
    assert opened["status"] == "pending"

    back = town.check_out(opened)

    assert back is not None
    assert back.startswith(f"{FRONTEND}?")
    query = parse_qs(urlsplit(back).query)
    assert query["reference"] == query["trxref"] == [opened["reference"]]
    told = town.wait_for_status(query["reference"][0], "success")
    assert (told["amount"], told["currency"], told["channel"]) == (500000, "NGN", "card")


def test_pay_and_never_return(town: Town) -> None:
    """The webhook settles it; the receipt and the hand-over follow with nobody asking."""
    opened = town.open_payment(email="binta@example.org", order="ord-binta", metadata={"seat": "12"})
    town.check_out(opened)

    at = town.wait_for_handover(opened["reference"])
    receipt = town.wait_for_mail("binta@example.org", "")

    body, headers = town.merchant.bodies[at], town.merchant.headers[at]
    told = Webhook(NOTIFY_SECRET).verify(body, {name.lower(): value for name, value in headers.items()})
    assert told["type"] == "payment.settled"
    assert told["id"] == {name.lower(): value for name, value in headers.items()}["webhook-id"]
    data = json.loads(body)["data"]
    assert (data["reference"], data["order"], data["status"]) == (opened["reference"], "ord-binta", "success")
    assert (data["amount"], data["metadata"]) == (500000, {"seat": "12"})
    text = receipt.get_body(("plain",))
    assert text is not None
    assert "₦5,000.00" in text.get_content()
    assert opened["reference"] in text.get_content()
    assert town.verify(opened["reference"])["status"] == "success"


def test_the_same_webhook_three_times(town: Town) -> None:
    town.simulator.settings.webhook_copies = 3
    opened = town.open_payment(email="chidi@example.org")
    town.check_out(opened)

    town.wait_for_webhooks(opened["reference"], 3)
    town.wait_for_mail("chidi@example.org", "")
    town.wait_for_handover(opened["reference"])

    timeline = town.ours.records.payments.list_timeline(opened["reference"])
    assert [entry.kind for entry in timeline].count("settled") == 1
    assert sum("chidi@example.org" in str(mail["To"]) for mail in town.mailbox.received) == 1
    assert sum(opened["reference"].encode() in body for body in town.merchant.bodies) == 1


def test_a_wrong_amount_is_set_aside_and_a_person_is_told(town: Town) -> None:
    opened = town.open_payment(email="dayo@example.org")
    transaction = town.simulator.world.find(opened["reference"])
    assert transaction is not None
    transaction.overrides.amount = transaction.overrides.requested_amount = 100
    town.check_out(opened)

    told = town.wait_for_status(opened["reference"], "quarantined")

    assert "100 subunits" in told["message"]
    for operator in ("ada@example.org", "ben@example.org"):
        mail = town.wait_for_mail(operator, "")
        assert mail is not None
    town.wait_for_webhooks(opened["reference"], 1)
    assert not any(opened["reference"].encode() in body for body in town.merchant.bodies)
    assert not any("dayo@example.org" in str(mail["To"]) for mail in town.mailbox.received)


def test_a_decline_and_then_another_card(town: Town) -> None:
    """The customer stays on the page: no failure is told while it may still succeed."""
    opened = town.open_payment(email="efe@example.org")

    assert town.check_out(opened, "declined") is None
    told = town.verify(opened["reference"])
    assert told["status"] == "pending"
    assert "declined" in told["message"].lower()
    back = town.check_out(opened)

    assert back is not None
    town.wait_for_status(opened["reference"], "success")
    town.wait_for_mail("efe@example.org", "")
    assert sum("efe@example.org" in str(mail["To"]) for mail in town.mailbox.received) == 1


def test_without_any_webhook_the_return_settles_it(town: Town) -> None:
    town.simulator.settings.webhooks = "dropped"
    opened = town.open_payment(email="funmi@example.org")
    town.check_out(opened)

    assert town.verify(opened["reference"])["status"] == "success"
    town.wait_for_handover(opened["reference"])
    town.wait_for_mail("funmi@example.org", "")


def test_paystack_is_away_when_the_customer_returns(town: Town) -> None:
    """The frontend is told so, and to ask again; the truth comes later."""
    town.simulator.settings.webhooks = "dropped"
    opened = town.open_payment(email="gozie@example.org")
    town.check_out(opened)
    town.simulator.faults.add("verify", "500", times=3)

    answer = town.browser.get(f"{town.backend}/pay/verify/{opened['reference']}", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (503, "paystack_unavailable")
    assert answer.json()["status"] == "pending"
    assert answer.headers["Retry-After"]

    town.clock.advance(3)
    assert town.verify(opened["reference"])["status"] == "success"


def test_the_merchant_is_told_until_he_accepts(town: Town) -> None:
    town.merchant.answers[:] = [500, 204]
    opened = town.open_payment(email="hauwa@example.org")
    town.check_out(opened)
    town.wait_for_handover(opened["reference"])

    handovers = town.ours.records.handovers

    def refused() -> Handover | None:
        found = handovers.get_by_reference(opened["reference"])
        return found if found and found.error else None

    again = wait_for("the refusal", refused).next_attempt_at
    town.clock.advance((again - town.clock.now()).total_seconds())
    town.ours.background.wake("handOver")
    wait_for("a second try", lambda: handovers.get_by_reference(opened["reference"]).state == "done")  # type: ignore[union-attr]

    ids = [
        {name.lower(): value for name, value in headers.items()}["webhook-id"]
        for body, headers in zip(town.merchant.bodies, town.merchant.headers, strict=True)
        if opened["reference"].encode() in body
    ]
    assert len(ids) == 2
    assert len(set(ids)) == 1
