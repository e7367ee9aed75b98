"""``GET /pay/verify/<reference>``: the truth, asked for no more often than is polite."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from flask_paystack.paystack.client import PaystackClient
from paystack_simulator import SimulatorAdapter
from tests.race import race
from tests.shop import EMAIL, PAYSTACK, SECRET_KEY, Shop


class Counting(SimulatorAdapter):
    """Counts the questions, and may change what is answered."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.paystack)
        self.asked = 0
        self.changes: dict[str, Any] = {}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        answer = super().send(request, *args, **kwargs)
        if "/transaction/verify/" in str(request.url):
            self.asked += 1
            if self.changes:
                told = answer.json()
                told["data"] |= self.changes
                changed = requests.models.complexjson.dumps(told).encode()
                answer._content = changed
        return answer


@pytest.fixture
def paystack(shop: Shop) -> Counting:
    counting = Counting(shop)
    shop.session.mount(PAYSTACK, counting)
    return counting


@pytest.fixture
def reference(shop: Shop, paystack: Counting) -> str:
    """A payment that may be asked about."""
    opened = shop.open_payment()
    shop.advance(3)
    return opened


def test_a_customer_who_paid_is_told_so(shop: Shop, reference: str) -> None:
    shop.customer_pays(reference)

    told = shop.verify(reference)

    assert set(told) == {
        "reference",
        "order",
        "product",
        "status",
        "amount",
        "currency",
        "channel",
        "paid_at",
        "message",
    }
    assert (told["reference"], told["status"], told["amount"]) == (reference, "success", 500000)
    assert (told["channel"], told["paid_at"]) == ("card", shop.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"))


def test_the_answer_holds_nothing_personal(shop: Shop, paystack: Counting) -> None:
    reference = shop.open_payment(metadata={"phone": "+2348012345678"})
    for _ in range(2):
        shop.advance(3)
        answer = shop.client.get(f"/pay/verify/{reference}")
        for word in (EMAIL, "ada", "+234", "AUTH_", "SIG_", "CUS_", "4081", "127.0.0.1", "authorization"):
            assert word not in answer.text
        shop.customer_pays(reference)


@pytest.mark.parametrize(
    "odd", ["pay-" + "0af1" * 8, "x", "..", "%2e%2e", "%00", "%ff", "a" * 5000, "a%20b", "%0d%0aX:1", "१"]
)
def test_an_unknown_reference_is_not_found_and_not_asked_about(shop: Shop, paystack: Counting, odd: str) -> None:
    answer = shop.client.get(f"/pay/verify/{odd}")

    assert answer.status_code == 404
    assert answer.get_json()["code"] == "not_found"
    assert paystack.asked == 0


def test_a_payment_of_somebody_elses_shop_is_not_ours(shop: Shop, paystack: Counting) -> None:
    """The same Paystack account may serve other systems."""
    PaystackClient(SECRET_KEY, shop.clock, session=shop.session).initialize("theirs-1", EMAIL, 500000, "NGN")
    shop.customer_pays("theirs-1")

    assert shop.client.get("/pay/verify/theirs-1").status_code == 404


def test_paystack_is_asked_once_in_three_seconds(shop: Shop, paystack: Counting, reference: str) -> None:
    for _ in range(5):
        assert shop.verify(reference)["status"] == "pending"
    assert paystack.asked == 1
    shop.advance(2.999)
    shop.verify(reference)
    assert paystack.asked == 1
    shop.advance(0.001)
    shop.verify(reference)

    assert paystack.asked == 2


def test_a_new_payment_counts_as_just_asked_about(shop: Shop, paystack: Counting) -> None:
    shop.verify(shop.open_payment())

    assert paystack.asked == 0


def test_the_rule_counts_every_process_and_thread(shop: Shop, paystack: Counting, reference: str) -> None:
    with shop.second() as other:
        other.session.mount(PAYSTACK, paystack)
        clients = [shop.app, other.app] * 4

        def ask() -> int:
            return clients.pop().test_client().get(f"/pay/verify/{reference}").status_code

        for round_ in range(5):
            clients[:] = [shop.app, other.app] * 4
            assert race(8, ask) == [200] * 8
            assert paystack.asked == round_ + 1
            shop.advance(3)


def test_webhook_and_poller_count_too(shop: Shop, paystack: Counting, reference: str) -> None:
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    transaction.overrides.amount = transaction.overrides.requested_amount = 1
    shop.customer_pays(reference)
    shop.deliver_webhooks()
    shop.run("processEvents")  # it does not fit, so Paystack was asked
    assert paystack.asked == 1

    shop.verify(reference)

    assert paystack.asked == 1


def test_a_final_payment_is_never_asked_about(shop: Shop, paystack: Counting, reference: str) -> None:
    shop.customer_pays(reference)
    shop.verify(reference)
    assert paystack.asked == 1

    for _ in range(4):
        shop.advance(3600)
        assert shop.verify(reference)["status"] == "success"

    assert paystack.asked == 1


def test_a_success_is_not_undone_by_what_paystack_says_later(shop: Shop, paystack: Counting, reference: str) -> None:
    shop.customer_pays(reference)
    shop.verify(reference)
    paystack.changes = {"status": "failed"}
    shop.advance(60)

    assert shop.verify(reference)["status"] == "success"


def test_when_paystack_is_silent_the_caller_gets_what_we_know(shop: Shop, paystack: Counting, reference: str) -> None:
    shop.simulator.faults.add("verify", "hang", times=9)

    answer = shop.client.get(f"/pay/verify/{reference}")
    told = answer.get_json()

    assert answer.status_code == 503
    assert told["code"] == "paystack_unavailable"
    assert int(answer.headers["Retry-After"]) == told["retry_after"] == 5
    assert (told["reference"], told["status"], told["amount"], told["order"]) == (
        reference,
        "pending",
        500000,
        reference,
    )
    assert EMAIL not in answer.text

    shop.simulator.faults.clear()
    shop.advance(3)
    assert shop.verify(reference)["status"] == "pending"


def test_when_paystack_asks_us_to_wait_the_caller_is_told_for_how_long(shop: Shop, reference: str) -> None:
    shop.simulator.faults.add("verify", "429")

    answer = shop.client.get(f"/pay/verify/{reference}")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"


STATUSES = {
    "success": "success",
    "failed": "failed",
    "abandoned": "pending",
    "ongoing": "pending",
    "pending": "pending",
    "processing": "pending",
    "queued": "pending",
    "reversed": "reversed",
    "reversal-pending": "reversal-pending",
    # words that CONTRACT does not know: keep what we have
    "paused": "pending",
    "true": "pending",
    "SUCCESS": "pending",
    "Success ": "pending",
    "successful": "pending",
    "paid": "pending",
    "quarantined": "pending",
    "send_otp": "pending",
    "x" * 500: "pending",
    "\x00": "pending",
}


@pytest.mark.parametrize("word", STATUSES)
def test_status_table(shop: Shop, paystack: Counting, reference: str, word: str) -> None:
    paystack.changes = {"status": word}

    assert shop.verify(reference)["status"] == STATUSES[word]
    assert len(shop.ours.records.handovers.list_page(None, 9).items) == (1 if word == "success" else 0)


@pytest.mark.parametrize("word", [True, 1, None, "", {}, ["success"]])
def test_status_table_what_is_no_word_is_no_answer(shop: Shop, paystack: Counting, reference: str, word: Any) -> None:
    """``status: true`` around it is not read as paid."""
    paystack.changes = {"status": word}

    assert shop.client.get(f"/pay/verify/{reference}").status_code == 503
    assert shop.verify(reference)["status"] == "pending"


def test_status_table_has_a_row_for_every_status_that_paystack_names() -> None:
    contract = (Path(__file__).parent.parent.parent / "docs" / "CONTRACT.md").read_text(encoding="utf-8")
    section = contract.partition("### 3.2")[2].partition("### 3.3")[0]
    named = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)

    assert len(named) == 9
    assert set(named) <= set(STATUSES)


READERS: dict[str, Callable[[str], str]] = {
    "an answer is a payment": lambda _: "success",
    "what is not paid has failed": lambda word: "success" if word == "success" else "failed",
    "abandoned is final": lambda word: "failed" if word == "abandoned" else word,
    "whatever the case": lambda word: word.lower().strip(),
    "what begins like it": lambda word: "success" if word.startswith("success") else word,
}
"""How others read the word."""


@pytest.mark.parametrize("reader", READERS)
def test_status_table_control_another_reader_is_noticed(tmp_path: Path, reader: str) -> None:
    wrong = []
    with Shop(tmp_path) as shop:
        paystack = Counting(shop)
        shop.session.mount(PAYSTACK, paystack)
        for word in ("success", "failed", "abandoned", "ongoing", "SUCCESS", "successful"):
            opened = shop.open_payment()
            shop.advance(3)
            paystack.changes = {"status": READERS[reader](word)}
            if shop.verify(opened)["status"] != STATUSES[word]:
                wrong.append(word)
    assert wrong


def test_a_failed_payment_is_asked_about_again_and_may_still_succeed(
    shop: Shop, paystack: Counting, reference: str
) -> None:
    paystack.changes = {"status": "failed", "gateway_response": "Incorrect PIN"}
    told = shop.verify(reference)
    assert (told["status"], told["message"]) == ("failed", "Incorrect PIN")

    paystack.changes = {}
    shop.customer_pays(reference)
    shop.advance(3)

    assert shop.verify(reference)["status"] == "success"


WRONG: list[dict[str, Any]] = [
    {"status": "success", "amount": 1},
    {"status": "success", "amount": 499999, "requested_amount": 500000},
    {"status": "success", "amount": 500001, "requested_amount": None},
    {"status": "success", "amount": "499999", "requested_amount": "499999"},
    {"status": "success", "amount": 5000.0},
    {"status": "success", "currency": "GHS"},
    {"status": "success", "domain": "live"},
    {"status": "success", "domain": None},
]


@pytest.mark.parametrize("changes", WRONG)
def test_settlement_table_other_money_is_set_aside_for_a_person(
    shop: Shop, paystack: Counting, reference: str, changes: dict[str, Any]
) -> None:
    paystack.changes = changes

    told = shop.verify(reference)

    assert told["status"] == "quarantined"
    assert told["message"].endswith(".")
    mails = shop.ours.records.messages.list_page(None, 9).items
    assert sorted((each.kind, each.recipient) for each in mails) == [
        ("payment_quarantined", "ada@example.org"),
        ("payment_quarantined", "ben@example.org"),
    ]
    assert shop.ours.records.handovers.list_page(None, 9).items == []

    shop.advance(3)
    shop.verify(reference)
    assert len(shop.ours.records.messages.list_page(None, 9).items) == 2  # told once

    paystack.changes = {}
    shop.customer_pays(reference)
    shop.advance(3)
    assert shop.verify(reference)["status"] == "success"  # a later verify that fits leads out


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "success", "amount": "500000", "requested_amount": "500000"},
        {"status": "success", "amount": 510283, "requested_amount": 500000},
        {"status": "success", "amount": 500000, "requested_amount": None},
    ],
)
def test_settlement_table_the_expected_money_settles(
    shop: Shop, paystack: Counting, reference: str, changes: dict[str, Any]
) -> None:
    paystack.changes = changes

    assert shop.verify(reference)["status"] == "success"
