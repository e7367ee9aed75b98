"""No value, however odd, adds a header, a recipient or a message."""

import email
import email.policy
import random
import re
from contextlib import suppress

import pytest

from flask_paystack.clock import SystemClock
from flask_paystack.errors import MailUnavailable
from flask_paystack.mail import notices
from flask_paystack.mail.letters import Letter, write_letter
from flask_paystack.mail.sender import Sender
from tests.clock import ManualClock
from tests.mail import ShopLinks, mail_settings, payment
from tests.smtp import Mailbox

STRINGS = 5_000
HEADERS = sorted(["auto-submitted", "content-type", "date", "from", "message-id", "mime-version", "subject", "to"])
PIECES = (
    *(
        "\r\n",
        "\n",
        "\r",
        "\x00",
        "\u2028",
        "\u2029",
        "\x85",
        "\x0b",
        "\x0c",
        "\x1c",
        "\x1e",
        "\t",
        " ",
        "\r\n ",
        "\n\n",
    ),
    *("Bcc: eve@evil.example", "To: eve@evil.example", "X-A: b", "eve@evil.example", ".", "\r\n.\r\n", ",", ";", ":"),
    *("=?utf-8?q?=0D=0ABcc:_eve@evil.example?=", "=?utf-8?b?DQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=", "?=", "=?", "=0D=0A"),
    *'<>"\\()ü₦日\U0001f600\ud800\udfff\u202e\u00e9\u0301a',
    *(
        "MAIL FROM:<eve@evil.example>",
        "RCPT TO:<eve@evil.example>",
        "DATA",
        "%0D%0A",
        "{order}",
        "{{ 7*7 }}",
        "x" * 1100,
    ),
)


def odd_strings(count: int) -> list[str]:
    """Always the same ``count`` strings, put together from what has broken mail before."""
    chance = random.Random(53)
    return ["".join(chance.choices(PIECES, k=chance.randint(1, 9))) for _ in range(count)]


def assert_only_our_headers(raw: bytes) -> None:
    """Read by lines, as a mail server reads."""
    head, _, _ = raw.partition(b"\r\n\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\x00", raw)
    headers = [line.partition(b": ") for line in re.split(rb"\r\n(?![ \t])", head)]
    assert sorted(name.decode().lower() for name, _, _ in headers) == HEADERS
    values = {name: value for name, _, value in headers}
    assert values[b"To"] == b"ada@example.com"
    assert re.fullmatch(rb"[^<>@]*<payments@shop\.example>", values[b"From"])


def assert_a_whole_message(raw: bytes) -> None:
    """Read by the parser that decodes words too, as a mail program does. It takes its time."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert sorted(name.lower() for name in mail.keys()) == HEADERS  # noqa: SIM118 -- a header that stands twice counts twice
    assert not mail.defects
    assert [address.addr_spec for address in mail["From"].addresses] == ["payments@shop.example"]
    assert [address.addr_spec for address in mail["To"].addresses] == ["ada@example.com"]
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_mail_headers_stay_ours_whatever_the_strings() -> None:
    """Each string is subject, reference and identity, every twentieth the text as well."""
    senders = [Sender(mail_settings(25), ManualClock())]
    senders += [
        Sender(mail_settings(25, mail_default_sender=f'"{name}" <payments@shop.example>'), ManualClock())
        for name in ("Müller, Söhne & Co", "=?utf-8?q?=0D=0ABcc:_eve@evil.example?=", "ü" * 300)
    ]
    for position, text in enumerate(odd_strings(STRINGS)):
        sender = senders[position % len(senders)]
        thorough = position % 20 == 0
        letter = Letter(text, text, text) if thorough else Letter(text, "text", "html")
        raw = sender.envelope(letter, "ada@example.com", f"receipt.{text}").as_bytes()
        assert_only_our_headers(raw)
        if thorough:
            assert_a_whole_message(raw)


def test_mail_headers_control_a_message_put_together_by_hand_gets_more() -> None:
    """The control: what a recipe with an f-string sends."""
    added = 0
    for text in odd_strings(STRINGS):
        raw = f"From: payments@shop.example\r\nTo: ada@example.com\r\nSubject: {text}\r\n\r\ntext"
        names = [line.partition(b":")[0] for line in re.split(rb"\r?\n", raw.encode("utf-8", "replace"))]
        added += b"Bcc" in names
    assert added > 0


def test_mail_headers_stay_ours_over_the_wire(mailbox: Mailbox) -> None:
    """The same, as products and references of real letters, in what a server got: one recipient, one message."""
    sender = Sender(mail_settings(mailbox.port), SystemClock())
    strings = odd_strings(STRINGS)[:: STRINGS // 50]
    for text in strings:
        odd = payment(reference=text, order=text, channel=text)
        letter = write_letter(notices.receipt_for(odd, text), ShopLinks())
        sender.send(letter, "ada@example.com", f"receipt.{text}")

    assert mailbox.envelopes == [("payments@shop.example", ["ada@example.com"])] * len(strings)
    for raw in mailbox.raw:
        assert_only_our_headers(raw)
        assert_a_whole_message(raw)


def test_mail_headers_take_no_odd_recipient() -> None:
    """Whatever a recipient is made of, it is refused, unless it is one plain address."""
    sender = Sender(mail_settings(25), ManualClock())
    for text in odd_strings(300):
        for recipient in (text, f"{text}@example.com", f"ada@example.com{text}"):
            with suppress(MailUnavailable):
                mail = sender.envelope(Letter("s", "t", "h"), recipient, "receipt.1").as_bytes()
                to = email.message_from_bytes(mail, policy=email.policy.default)["To"]
                assert [address.addr_spec for address in to.addresses] == [str(to)]


def test_a_subject_reads_as_it_was_written(mailbox: Mailbox) -> None:
    """What looks like an encoded word is shown, not decoded."""
    sender = Sender(mail_settings(mailbox.port), SystemClock())
    subjects = [
        "Order =?utf-8?q?free?= ünpaid",
        "=?utf-8?b?QQ==?=",
        "₦5,000.00 für Ada",
        "x " * 90 + "end",
        "日本語" * 30,
    ]
    for subject in subjects:
        sender.send(Letter(subject, "t", "h"), "ada@example.com", "receipt.1")

    assert [mail["Subject"] for mail in mailbox.received] == subjects


@pytest.mark.parametrize(
    "identity", ["receipt.pay-1", "failed.a_b-c.d", "x>\r\nBcc: eve@evil.example", "ü", "\ud800", "a b"]
)
def test_a_message_id_is_one_word_and_fixed(identity: str) -> None:
    senders = [Sender(mail_settings(25), ManualClock()) for _ in range(2)]
    first, second = (sender.envelope(Letter("s", "t", "h"), "ada@example.com", identity).msgId for sender in senders)

    assert first == second
    assert re.fullmatch(r"<[\w.%~-]+@shop\.example>", first, re.ASCII)
