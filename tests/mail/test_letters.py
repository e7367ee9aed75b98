"""What letters say."""

from html.parser import HTMLParser
from typing import Any

import jinja2
import pytest

from flask_paystack.accounts.model import Role, User
from flask_paystack.health.model import Incident
from flask_paystack.mail import notices
from flask_paystack.mail.letters import KINDS, Letter, write_letter
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Status
from flask_paystack.paystack.model import ProviderDispute
from tests.clock import START
from tests.mail import REFERENCE, ShopLinks, payment

ADA = User("u1", "ada@example.com", Role.CUSTOMER, START, START)
SECOND = "pay-ffffffffffffffffffffffffffffffff"
DISPUTE = ProviderDispute(
    paystack_id="640213",
    status="awaiting-merchant-feedback",
    resolution=None,
    category="chargeback",
    amount=400_000,
    currency="NGN",
    due_at=START,
    resolved_at=None,
    told_at=START,
    claim="Never arrived",
)
MESSAGES = (
    notices.receipt_for(payment(), "Womaye GSP"),
    notices.failure_of(payment(status=Status.FAILED, message="Declined"), "Womaye GSP"),
    notices.confirmation_needed(payment(status=Status.PENDING), "Womaye GSP"),
    notices.order_paid_twice("op@shop.example", payment(), "Womaye GSP", SECOND),
    notices.payment_quarantined("op@shop.example", payment(), "Womaye GSP", "Only 1 of 500000 subunits due were paid."),
    notices.dispute_told("op@shop.example", payment(), "Womaye GSP", DISPUTE, 12),
    notices.payments_unknown("op@shop.example", [REFERENCE, SECOND]),
    notices.alarm("op@shop.example", Incident("events_wait", "A webhook event waits long.", START)),
    notices.event_dead("op@shop.example", 17, None, "It names no reference."),
    notices.handover_failing("op@shop.example", REFERENCE, "It answered 500.", START),
    notices.account_changed(ADA, "Your password was changed", "192.0.2.1", START),
    notices.access_key("ada@shop.example", "admin1", "042917", 50),
    notices.password_reset("u1", "ada@example.com", START),
)

ACCESS_KEY = MESSAGES[-2]


class Page(HTMLParser):
    """What a reader's mail program makes of a letter: its words and where it points."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src", "background"}]

    def handle_data(self, data: str) -> None:
        self.words += data


def written(message: Message) -> Letter:
    return write_letter(message, ShopLinks())


def test_every_kind_has_a_message_here() -> None:
    assert {message.kind for message in MESSAGES} == set(KINDS)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.kind)
def test_text_and_html_tell_the_same(message: Message) -> None:
    """Every value of the context that one of the twins tells, the other tells too."""
    letter = written(message)
    words = Page(letter.html).words
    told = [str(value) for value in message.context.values() if str(value) in letter.text]

    assert told
    assert all(value in words for value in told)
    assert len(letter.text.splitlines()) > 4


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.kind)
def test_a_letter_loads_nothing_and_points_nowhere_but_to_us(message: Message) -> None:
    page = Page(written(message).html)

    assert not {"img", "script", "link", "iframe", "form", "table"} & set(page.tags)
    assert all(address.startswith("https://shop.example/") for address in page.addresses)
    assert bool(page.addresses) == (KINDS[message.kind].link is not None)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.kind)
def test_what_lies_in_the_outbox_holds_no_link(message: Message) -> None:
    assert "http" not in repr(message.context)
    assert "token" not in repr(message.context)


def test_a_receipt_names_what_was_paid() -> None:
    letter = written(MESSAGES[0])

    assert letter.subject == "Your receipt for Womaye GSP"
    for words in ("₦5,000.00", "1 March 2026, 10:02 UTC", "bank transfer", "ada@example.com", "GSP-1", REFERENCE):
        assert words in letter.text
        assert words in letter.html
    assert "Charged" not in letter.text


def test_a_receipt_tells_what_was_charged_where_the_payer_bore_fees() -> None:
    letter = written(notices.receipt_for(payment(paid_amount=510_000), "Womaye GSP"))

    assert "₦5,100.00 in all" in letter.text
    assert "₦5,100.00" in letter.html


def test_a_receipt_leaves_out_what_is_not_known() -> None:
    bare = payment(channel=None, paid_amount=None, paid_at=None, settled_at=None, order=REFERENCE)
    letter = written(notices.receipt_for(bare, "Womaye GSP"))

    assert "None" not in letter.text + letter.html
    assert "Order" not in letter.text
    assert "Paid on" not in letter.html


def test_a_failure_notice_offers_a_link_made_now_and_tells_how_long_it_works() -> None:
    letter = written(MESSAGES[1])

    link = ShopLinks().retry(REFERENCE).url
    assert link in letter.text
    assert set(Page(letter.html).addresses) == {link}
    assert "7 days from now" in letter.text
    assert "7 days from now" in letter.html
    assert "Declined" in letter.text


def test_an_access_key_letter_tells_its_life_and_keeps_the_key_out_of_the_subject() -> None:
    letter = written(ACCESS_KEY)

    for body in (letter.text, Page(letter.html).words):
        assert "042917" in body
        assert "It works once, within 50 seconds from now." in body
    assert "042917" not in letter.subject


def test_markup_in_a_value_is_text_in_html() -> None:
    letter = written(notices.receipt_for(payment(), "<img src=x onerror=alert(1)> & Co"))

    assert "<img" not in letter.html
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; Co" in letter.html
    assert "<img src=x onerror=alert(1)> & Co" in letter.text


def test_a_value_cannot_start_a_line_of_its_own() -> None:
    """Otherwise a bank's answer could write a letter of its own below ours."""
    letter = written(notices.failure_of(payment(message="No\r\n\r\nPay\u2028here\u202e instead"), "Womaye GSP"))

    assert "What your bank or Paystack said: No Pay here instead\n" in letter.text


def test_a_lacking_value_is_an_error_and_never_a_gap() -> None:
    complete = MESSAGES[0]
    context: dict[str, Any] = {name: value for name, value in complete.context.items() if name != "reference"}

    with pytest.raises(jinja2.UndefinedError):
        written(Message(complete.identity, complete.kind, complete.recipient, context))


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        written(Message("x.1", "birthday", "ada@example.com", {}))


def test_a_customers_messages_have_the_identity_of_their_payment() -> None:
    assert MESSAGES[0].identity == f"receipt.{REFERENCE}"
    assert MESSAGES[1].identity == f"failed.{REFERENCE}"
    assert {(message.recipient, message.reference) for message in MESSAGES[:2]} == {("ada@example.com", REFERENCE)}


def test_operators_told_the_same_have_a_message_each_and_always_the_same_one() -> None:
    tellings = [
        notices.event_dead(operator, 17, "charge.success", "It failed.").identity
        for operator in ("a@shop.example", "b@shop.example", "a@shop.example", "c" * 230 + "@shop.example")
    ]

    assert tellings[0] == tellings[2]
    assert len(set(tellings)) == 3
    assert max(map(len, tellings)) <= 255


def test_an_access_keys_message_is_named_by_chance() -> None:
    """Its Message-ID must not tell the id of the key beside the key."""
    names = {notices.access_key("ada@shop.example", "admin1", "042917", 50).identity for _ in range(50)}

    assert len(names) == 50
