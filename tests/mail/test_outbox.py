"""The outbox: sent once where all goes well, again where it does not, and given up in the end."""

from datetime import timedelta

import pytest

from flask_paystack.clock import SystemClock
from flask_paystack.errors import StorageUnavailable
from flask_paystack.mail import notices
from flask_paystack.mail.links import Link
from flask_paystack.mail.model import Message, QueuedMessage
from flask_paystack.mail.outbox import LEASE, TRIES, Outbox
from flask_paystack.mail.sender import Sender
from flask_paystack.records.database import Database
from flask_paystack.records.messages import MessageRecords
from tests.clock import START, ManualClock
from tests.mail import REFERENCE, ShopLinks, mail_settings, payment
from tests.race import race
from tests.servers import free_port
from tests.smtp import Mailbox, running_smtp

RECEIPT = notices.receipt_for(payment(), "Womaye GSP")
HOUR = 3600


def the_message(records: MessageRecords, id: int = 1) -> QueuedMessage:  # noqa: A002
    found = records.get(id)
    assert found is not None
    return found


def numbered(count: int) -> list[Message]:
    """Messages that differ in their reference only."""
    return [notices.receipt_for(payment(reference=f"pay-{number:032x}"), "Womaye GSP") for number in range(count)]


def test_a_queued_receipt_arrives(outbox: Outbox, records: MessageRecords, mailbox: Mailbox) -> None:
    records.add(RECEIPT)

    assert outbox.send_due() == 1
    assert outbox.send_due() == 0

    (mail,) = mailbox.received
    text, html = (part.get_content() for part in mail.iter_parts())
    assert mail["Message-ID"] == f"<receipt.{REFERENCE}@shop.example>"
    assert mail["Subject"] == "Your receipt for Womaye GSP"
    assert "₦5,000.00" in text
    assert "₦5,000.00" in html
    assert (the_message(records).state, the_message(records).error) == ("done", None)


def test_the_second_try_has_the_same_message_id(
    outbox: Outbox, records: MessageRecords, mailbox: Mailbox, clock: ManualClock
) -> None:
    """A server that took the message and hung up gets it again: at least once, and known as one."""
    records.add(RECEIPT)
    mailbox.hangs_up_after_data = True
    assert outbox.send_due() == 0
    mailbox.hangs_up_after_data = False
    clock.advance(2 * TRIES.seconds[0])

    assert outbox.send_due() == 1
    assert [mail["Message-ID"] for mail in mailbox.received] == [f"<receipt.{REFERENCE}@shop.example>"] * 2


def test_a_temporary_refusal_is_tried_eight_times_over_a_day_and_given_up(
    outbox: Outbox, records: MessageRecords, mailbox: Mailbox, clock: ManualClock
) -> None:
    records.add(RECEIPT)
    mailbox.answer_recipient = "450 4.2.0 Come again"
    for delay in TRIES.seconds:
        assert outbox.send_due() == 0
        waiting = the_message(records)
        assert waiting.state == "waiting"
        assert waiting.next_attempt_at is not None
        wait = (waiting.next_attempt_at - clock.now()).total_seconds()
        assert delay * 0.9 <= wait <= delay * 1.1
        clock.advance(wait - 1)
        outbox.send_due()
        assert the_message(records).attempts == waiting.attempts
        clock.advance(1.001)
    assert outbox.send_due() == 0

    dead = the_message(records)
    assert (dead.state, dead.attempts) == ("dead", 8)
    assert dead.error == "The mail server refused the letter (450 4.2.0)."
    assert clock.now() - START >= timedelta(days=1)
    assert sum(TRIES.seconds) * (1 - TRIES.jitter) >= 24 * HOUR
    clock.advance(30 * 24 * HOUR)
    mailbox.answer_recipient = None
    assert outbox.send_due() == 0


def test_delays_of_messages_that_failed_together_differ(
    outbox: Outbox, records: MessageRecords, mailbox: Mailbox, clock: ManualClock
) -> None:
    records.add(*numbered(5))
    mailbox.answer_recipient = "450 4.2.0 Come again"
    outbox.send_due()

    assert len({the_message(records, number).next_attempt_at for number in range(1, 6)}) == 5


def test_a_permanent_refusal_ends_a_message_at_once_and_only_that_one(
    outbox: Outbox, records: MessageRecords, mailbox: Mailbox
) -> None:
    records.add(RECEIPT)
    mailbox.answer_recipient = "550 5.1.1 No such user"
    assert outbox.send_due() == 0
    mailbox.answer_recipient = None
    records.add(*numbered(2))

    assert outbox.send_due() == 2
    assert (the_message(records).state, the_message(records).attempts) == ("dead", 1)


def test_an_ended_message_sent_round_again_starts_from_its_first_try(
    outbox: Outbox, records: MessageRecords, mailbox: Mailbox
) -> None:
    records.add(RECEIPT)
    mailbox.answer_data = "554 5.7.1 Spam"
    outbox.send_due()
    mailbox.answer_data = None

    assert records.resend(1)
    assert outbox.send_due() == 1


def test_messages_that_cannot_be_written_are_given_up_and_the_others_go_on(
    outbox: Outbox, records: MessageRecords, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    lacked = {name: value for name, value in RECEIPT.context.items() if name not in {"product_name", "order"}}
    unknown = Message("x.1", "birthday", "ada@example.com", {})
    lacking = Message("x.2", "receipt", "ada@example.com", {"product_name": "canary-value", **lacked})
    absurd = Message("x.3", "receipt", "ada@example.com", {**RECEIPT.context, "amount": "5000"})
    records.add(unknown, lacking, absurd, RECEIPT)

    assert outbox.send_due() == 1
    assert [the_message(records, number).state for number in (1, 2, 3, 4)] == ["dead", "dead", "dead", "done"]
    assert the_message(records, 2).error == "The letter could not be written (UndefinedError)."
    assert "canary-value" not in caplog.text


def test_a_message_to_no_address_is_given_up(outbox: Outbox, records: MessageRecords, mailbox: Mailbox) -> None:
    records.add(Message("x.1", "receipt", "nobody", RECEIPT.context), RECEIPT)

    assert outbox.send_due() == 1
    assert the_message(records).state == "dead"


def test_a_limit_is_kept(outbox: Outbox, records: MessageRecords, mailbox: Mailbox) -> None:
    records.add(*numbered(5))

    assert (outbox.send_due(limit=3), outbox.send_due(limit=3)) == (3, 2)


def test_racing_workers_send_each_message_once(
    records: MessageRecords, sender: Sender, mailbox: Mailbox, clock: ManualClock
) -> None:
    for number in range(10):
        batch = [
            notices.receipt_for(payment(reference=f"pay-{number:016x}{each:016x}"), "Womaye GSP") for each in range(4)
        ]
        records.add(*batch)
        outboxes = [Outbox(records, sender, ShopLinks(), clock) for _ in range(2)]
        sent = race(2, lambda outboxes=outboxes: outboxes.pop().send_due())  # type: ignore[misc]
        assert sum(sent) == 4

    names = [mail["Message-ID"] for mail in mailbox.received]
    assert len(names) == len(set(names)) == 40


def test_a_message_taken_over_while_it_was_sent_is_passed_over(
    records: MessageRecords, sender: Sender, mailbox: Mailbox, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The slow worker's letter went out, another worker's too: the slow one must not end what is no longer its own."""

    class Overtaken(ShopLinks):
        """While the letter is written the lease ends, and another worker claims the message."""

        def retry(self, reference: str) -> Link:
            clock.advance(LEASE + 1)
            assert len(records.claim(1, timedelta(seconds=LEASE))) == 1
            return super().retry(reference)

    records.add(notices.failure_of(payment(), "Womaye GSP"), RECEIPT)
    outbox = Outbox(records, sender, Overtaken(), clock)

    assert outbox.send_due(limit=1) == 0
    assert (the_message(records).state, the_message(records).attempts) == ("waiting", 2)
    assert "The lease on messages 1 ended" in caplog.text
    assert outbox.send_due() == 1


def test_a_pass_over_slow_letters_ends_and_leaves_the_rest_for_the_next(
    records: MessageRecords, sender: Sender, mailbox: Mailbox, clock: ManualClock
) -> None:

    class Slow(ShopLinks):
        """Each letter takes fifteen seconds."""

        def retry(self, reference: str) -> Link:
            clock.advance(15)
            return super().retry(reference)

    records.add(*(notices.failure_of(payment(reference=f"pay-{number:032x}"), "Womaye GSP") for number in range(5)))
    outbox = Outbox(records, sender, Slow(), clock)

    assert outbox.send_due() == 2


def test_a_lease_outlasts_the_longest_send_that_settings_allow(
    records: MessageRecords, mailbox: Mailbox, clock: ManualClock
) -> None:
    """Another worker, a minute into a send that may take one, finds nothing to claim."""
    sender = Sender(mail_settings(mailbox.port, mail_timeout=60), SystemClock())
    claimable: list[int] = []

    class AMinuteLater(ShopLinks):
        def retry(self, reference: str) -> Link:
            clock.advance(60)
            claimable.append(len(records.claim(1, timedelta(seconds=1))))
            return super().retry(reference)

    records.add(notices.failure_of(payment(), "Womaye GSP"))

    assert Outbox(records, sender, AMinuteLater(), clock).send_due() == 1
    assert claimable == [0]


def test_a_server_that_is_down_delays_a_message_and_loses_none(records: MessageRecords, clock: ManualClock) -> None:
    records.add(RECEIPT)
    port = free_port()
    assert Outbox(records, Sender(mail_settings(port), SystemClock()), ShopLinks(), clock).send_due() == 0
    assert the_message(records).error == "The mail server could not be reached (ConnectionRefusedError)."
    clock.advance(2 * TRIES.seconds[0])
    with running_smtp() as mailbox:
        sender = Sender(mail_settings(mailbox.port), SystemClock())
        assert Outbox(records, sender, ShopLinks(), clock).send_due() == 1


def test_a_failing_database_is_told_and_its_message_comes_back(
    database: Database, records: MessageRecords, sender: Sender, mailbox: Mailbox, clock: ManualClock
) -> None:
    """A worker that cannot note what it sent leaves it to be sent again, under the same Message-ID."""

    class Forgetful(MessageRecords):
        def sent(self, claim: object) -> None:
            raise StorageUnavailable("The database did not do what was asked; nothing was kept.")

    records.add(RECEIPT)
    with pytest.raises(StorageUnavailable):
        Outbox(Forgetful(database, clock), sender, ShopLinks(), clock).send_due()
    clock.advance(LEASE)

    assert Outbox(records, sender, ShopLinks(), clock).send_due() == 1
    assert len({mail["Message-ID"] for mail in mailbox.received}) == 1
    assert len(mailbox.received) == 2
