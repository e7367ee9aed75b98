"""The e-mail outbox: a message is queued once by its identity."""

from flask_paystack.mail.model import Message
from flask_paystack.records.messages import MessageRecords
from tests.clock import START, ManualClock
from tests.race import race
from tests.records import LEASE, receipt


def test_a_message_comes_out_as_it_went_in(messages: MessageRecords, clock: ManualClock) -> None:
    context = {"name": "Adá \ud800\x00 🔑", "amount": 2**70, "nested": [None, {"deep": 1.5}]}
    messages.add(Message("notice.1", "notice", "ada@example.com", context, "pay-1"))

    (queued,) = messages.list_page(None, 10).items
    assert (queued.identity, queued.kind, queued.recipient, queued.reference) == (
        "notice.1",
        "notice",
        "ada@example.com",
        "pay-1",
    )
    assert queued.context == context
    assert (queued.state, queued.attempts, queued.created_at, queued.next_attempt_at) == ("waiting", 0, START, START)
    assert messages.get(queued.id) == queued
    assert messages.get(queued.id + 1) is None


def test_a_message_of_a_known_identity_is_not_queued_again_even_when_sent(messages: MessageRecords) -> None:
    messages.add(receipt("pay-1"), receipt("pay-1"), receipt("pay-2"))
    for claim, _ in messages.claim(10, LEASE):
        messages.sent(claim)
    messages.add(receipt("pay-1"))
    assert [(m.identity, m.state) for m in messages.list_page(None, 10).items] == [
        ("receipt.pay-2", "done"),
        ("receipt.pay-1", "done"),
    ]


def test_of_many_who_queue_the_same_message_at_once_one_does(messages: MessageRecords) -> None:
    for number in range(10):
        race(8, lambda number=number: messages.add(receipt(f"pay-{number}")))  # type: ignore[misc]
    assert len(messages.list_page(None, 100).items) == 10


def test_a_failed_message_waits_for_its_time_and_keeps_the_error(messages: MessageRecords, clock: ManualClock) -> None:
    messages.add(receipt("pay-1"))
    ((claim, _),) = messages.claim(1, LEASE)
    retry_at = START.replace(minute=5)
    messages.failed(claim, "451 try later", retry_at)

    (waiting,) = messages.list_page(None, 10).items
    assert (waiting.state, waiting.error, waiting.next_attempt_at) == ("waiting", "451 try later", retry_at)
    clock.advance(299)
    assert messages.claim(1, LEASE) == []
    clock.advance(1)
    assert len(messages.claim(1, LEASE)) == 1


def test_an_error_may_hold_any_characters(messages: MessageRecords) -> None:
    """A mail server's answer is not ours to choose, and must not keep us from noting it."""
    messages.add(receipt("pay-1"))
    ((claim, _),) = messages.claim(1, LEASE)
    messages.failed(claim, "554 \x00\ud800 no", None)
    assert messages.list_page(None, 10).items[0].error == "554 \ufffd\ufffd no"
