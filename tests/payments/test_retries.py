"""The link in the failure letter: a page that changes nothing, and a button that opens the order's payment anew."""

import base64
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_paystack.payments.model import Entry, Payment, Status, new_reference
from flask_paystack.payments.retry_tokens import RetryTokens
from tests.clock import ManualClock
from tests.payments.listening import Listening
from tests.race import race
from tests.shop import JWT_SECRET, PRODUCTS, Shop

WEEK = 7 * 86400
"""RETRY_LINK_TTL."""
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html,*/*;q=0.8"}
GAVE_UP = Entry("poller", "abandoned", "Nobody paid it.")
GONE = "This link does not work, or no longer does."


def link(shop: Shop, reference: str, *secrets: str) -> str:
    """The way to try ``reference`` again, signed as the letter's is."""
    return f"{shop.prefix}/pay/retry/{RetryTokens(secrets or (JWT_SECRET,), WEEK, shop.clock).make(reference)}"


def press(shop: Shop, link: str) -> TestResponse:
    """What the page's button does."""
    return shop.client.post(link, headers=FORM)


def failed_payment(shop: Shop, product: str = "womaye-gsp", **body: object) -> str:
    """A payment that Paystack calls failed; its reference."""
    reference = shop.open_payment(product, **body)
    shop.customer_pays(reference, "pin", pin="9999")
    shop.advance(3)
    assert shop.verify(reference)["status"] == "failed"
    return reference


def attempts(shop: Shop, order: str, product: str = "womaye-gsp") -> list[Payment]:
    return shop.ours.records.payments.list_attempts(product, order)


def quarantine(shop: Shop, reference: str) -> None:
    """Have too little paid."""
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    transaction.overrides.amount = 499900
    shop.customer_pays(reference)
    shop.deliver_webhooks()
    shop.advance(3)
    shop.run("processEvents")
    assert shop.verify(reference)["status"] == "quarantined"


def test_looking_shows_what_is_due_and_creates_nothing(shop: Shop) -> None:
    reference = failed_payment(shop, order="ord-1")
    listening = Listening(shop)
    before = shop.ours.records.payments.get(reference)
    for _ in range(50):
        page = shop.client.get(link(shop, reference))
        assert page.status_code == 200
    assert page.mimetype == "text/html"
    for shown in ("Womaye GSP", "₦5,000.00", "ord-1", reference, "Incorrect PIN", '<form method="post" action='):
        assert shown in page.text
    assert "ada@example.org" not in page.text
    assert attempts(shop, "ord-1") == [before]
    assert listening.calls == []
    assert shop.client.head(link(shop, reference)).status_code == 200


def test_a_form_leads_to_a_new_checkout_of_the_same_order(shop: Shop) -> None:
    first = failed_payment(shop, order="ord-1", metadata={"seat": "12"}, callback_url="https://shop.test/thanks")
    answer = press(shop, link(shop, first))
    before, again = attempts(shop, "ord-1")
    assert (answer.status_code, answer.headers["Location"]) == (303, again.authorization_url)
    assert before.reference == first
    for same in ("order", "amount", "currency", "email", "metadata", "callback_url", "product"):
        assert getattr(again, same) == getattr(before, same)


def test_a_program_gets_the_answer_that_pay_gives(shop: Shop) -> None:
    first = failed_payment(shop, order="ord-1")
    answer = shop.client.post(link(shop, first), json={})
    told = answer.get_json()
    assert answer.status_code == 201
    assert told == {
        "reference": attempts(shop, "ord-1")[-1].reference,
        "order": "ord-1",
        "authorization_url": attempts(shop, "ord-1")[-1].authorization_url,
        "access_code": attempts(shop, "ord-1")[-1].access_code,
        "amount": 500000,
        "currency": "NGN",
        "status": "pending",
    }
    assert told["reference"] != first
    assert shop.client.post(link(shop, first)).get_json() == told  # no body, no Accept: a program too


def test_a_retried_order_is_settled_by_its_new_payment(shop: Shop) -> None:
    first = failed_payment(shop, order="ord-1")
    again = shop.client.post(link(shop, first), json={}).get_json()["reference"]
    shop.customer_pays(again)
    shop.deliver_webhooks()
    shop.run("processEvents")
    assert [each.status for each in attempts(shop, "ord-1")] == [Status.FAILED, Status.SUCCESS]
    assert shop.ours.records.payments.paid_reference("womaye-gsp", "ord-1") == again


def test_the_one_still_open_is_returned(shop: Shop) -> None:
    """A declined card leaves its checkout open; so does a first press of the button."""
    declined = shop.open_payment(order="ord-1")
    shop.customer_pays(declined, "declined")
    shop.advance(3)
    shop.verify(declined)
    assert shop.client.post(link(shop, declined), json={}).get_json()["reference"] == declined

    failed = failed_payment(shop, order="ord-2")
    first, second = (shop.client.post(link(shop, failed), json={}).get_json() for _ in range(2))
    assert first == second
    assert len(attempts(shop, "ord-2")) == 2


def test_many_presses_at_once_open_one_payment(shop: Shop) -> None:
    for number in range(4):
        failed = failed_payment(shop, order=f"ord-{number}")
        way = link(shop, failed)
        statuses = race(6, lambda way=way: shop.app.test_client().post(way, json={}).status_code)  # type: ignore[misc]
        assert set(statuses) <= {201, 409}  # 409: just being opened, try again
        assert 201 in statuses
        assert len(attempts(shop, f"ord-{number}")) == 2


def test_the_amount_agreed_on_stays_though_the_catalogue_changed(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        failed = failed_payment(shop, order="ord-1")
        way = link(shop, failed)
    (tmp_path / "dearer").mkdir()
    dearer = tmp_path / "dearer" / "products.toml"
    dearer.write_text(PRODUCTS.replace("500000", "990000"), encoding="utf-8")
    with Shop(tmp_path, shop.clock, shop.paystack, products_file=str(dearer)) as later:
        assert later.pay(order="ord-9").get_json()["amount"] == 990000
        assert "₦5,000.00" in later.client.get(way).text
        assert later.client.post(way, json={}).get_json()["amount"] == 500000


def test_what_the_payer_chose_stays(shop: Shop) -> None:
    failed = failed_payment(shop, "donation", order="gift-1", amount=123456)
    assert "₦1,234.56" in shop.client.get(link(shop, failed)).text
    assert shop.client.post(link(shop, failed), json={}).get_json()["amount"] == 123456


def test_a_paid_order_is_not_paid_again(shop: Shop) -> None:
    first = failed_payment(shop, order="ord-1")
    way = link(shop, first)
    again = shop.client.post(way, json={}).get_json()["reference"]
    shop.customer_pays(again)
    shop.deliver_webhooks()
    shop.run("processEvents")

    page = shop.client.get(way)
    assert (page.status_code, "This order is paid" in page.text, "<form" in page.text) == (200, True, False)
    pressed = press(shop, way)
    assert (pressed.status_code, "This order is paid" in pressed.text, "<form" in pressed.text) == (409, True, False)
    told = shop.client.post(way, json={})
    assert (told.status_code, told.get_json()["code"], told.get_json()["order"]) == (409, "already_paid", "ord-1")
    assert len(attempts(shop, "ord-1")) == 2


@pytest.mark.parametrize("other_attempt", [False, True])
def test_where_a_person_must_look_nothing_is_paid_again(shop: Shop, other_attempt: bool) -> None:
    """Money came that does not fit, for this payment or for another of its order: it may yet be accepted."""
    first = failed_payment(shop, order="ord-1")
    second = shop.open_payment(order="ord-1")
    quarantine(shop, second)
    way = link(shop, first if other_attempt else second)

    page = shop.client.get(way)
    assert (page.status_code, "do not pay again" in page.text, "<form" in page.text) == (200, True, False)
    told = shop.client.post(way, json={})
    assert (told.status_code, told.get_json()["code"]) == (409, "not_allowed")
    assert press(shop, way).status_code == 409
    assert len(attempts(shop, "ord-1")) == 2


def tampered(shop: Shop) -> dict[str, str]:
    """Tokens that nobody should believe, by what is wrong with them."""
    reference = failed_payment(shop)
    good = RetryTokens((JWT_SECRET,), WEEK, shop.clock).make(reference)
    accounts = shop.ours.services.accounts
    user = accounts.register("ben@example.org", "correct horse battery staple", "192.0.2.1")
    return {
        "made with another secret": RetryTokens(("another secret of at least 32 bytes",), WEEK, shop.clock).make(
            reference
        ),
        "truncated": good[:-1],
        "one letter changed": ("A" if good[0] != "A" else "B") + good[1:],
        "signature swapped": good.rsplit(".", 1)[0] + "." + "A" * 27,
        "for no payment of ours": RetryTokens((JWT_SECRET,), WEEK, shop.clock).make(new_reference()),
        "not for a reference": RetryTokens((JWT_SECRET,), WEEK, shop.clock).make("ord-1"),
        "an access token": user.token,
        "a password reset": accounts.password_reset_token(accounts.who(user.token).id),
        "the reference alone": reference,
        "words": "hello",
        "not even ASCII": "ключ",
        "a script": "%3Cscript%3Ealert(1)%3C",
    }


def test_a_link_that_we_did_not_make_opens_nothing_and_tells_nothing(shop: Shop) -> None:
    """Every one looks alike, so that nobody learns which payments there are."""
    tokens = tampered(shop)
    pages = {shop.client.get(f"/pay/retry/{token}").text for token in tokens.values()}
    assert len(pages) == 1
    assert GONE.partition(",")[0] in pages.pop()
    listening = Listening(shop)
    for wrong, token in tokens.items():
        way = f"/pay/retry/{token}"
        assert shop.client.get(way).status_code == 404, wrong
        assert press(shop, way).status_code == 404, wrong
        told = shop.client.post(way, json={})
        assert (told.status_code, told.get_json()) == (404, {"error": GONE, "code": "invalid_link"}), wrong
    assert listening.calls == []


@pytest.mark.parametrize("part", [0.0, 0.25, 0.999])
def test_a_link_is_refused_from_the_first_moment_after_its_time(shop: Shop, part: float) -> None:
    """Whatever part of a second it was made at, since its stamp counts whole ones."""
    failed = failed_payment(shop)
    shop.advance(1 - shop.clock.now().microsecond / 1e6 + part)
    way = link(shop, failed)
    shop.advance(WEEK - 1)
    assert shop.client.get(way).status_code == 200
    shop.advance(1)
    assert shop.client.get(way).status_code == 404
    assert shop.client.post(way, json={}).get_json()["code"] == "invalid_link"


def test_an_old_link_works_while_the_secret_rotates_and_not_afterwards(tmp_path: Path) -> None:
    new = "Yc2jU8pKv1Sm7rQx4tGc6lWb0oFe3iZd5nPh9kJa"
    with Shop(tmp_path) as shop:
        way = link(shop, failed_payment(shop, order="ord-1"))
    with Shop(tmp_path, shop.clock, shop.paystack, jwt_secret=f"{new},{JWT_SECRET}") as rotating:
        assert rotating.client.get(way).status_code == 200
        of_today = rotating.ours.services  # the newest secret signs
        assert of_today.settings.jwt_secret == (new, JWT_SECRET)
    with Shop(tmp_path, shop.clock, shop.paystack, jwt_secret=new) as rotated:
        assert rotated.client.get(way).status_code == 404
        assert rotated.client.get(link(rotated, attempts(rotated, "ord-1")[0].reference, new)).status_code == 200


def test_the_newest_secret_signs() -> None:
    clock = ManualClock()
    old, new = "the old secret, of 32 bytes or more", "the new secret, of 32 bytes or more"
    reference = new_reference()
    made = RetryTokens((new, old), WEEK, clock).make(reference)
    assert RetryTokens((new,), WEEK, clock).read(made) == reference


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("token", ["good", "bad"])
def test_every_page_is_locked_down(shop: Shop, method: str, token: str) -> None:
    reference = shop.settled_payment()
    way = link(shop, reference) if token == "good" else "/pay/retry/bad"
    headers = getattr(shop.client, method)(way, headers=FORM).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Request-ID"]


def test_what_others_wrote_is_shown_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    odd = tmp_path / "odd" / "products.toml"
    odd.write_text(PRODUCTS.replace("Womaye GSP", "<b onclick=x()>Womaye</b>"), encoding="utf-8")
    with Shop(tmp_path, products_file=str(odd)) as shop:
        reference = failed_payment(shop)
        shop.ours.records.payments.note(reference, changes={"message": '<script>alert(1)</script>" onload=x'})
        page = shop.client.get(link(shop, reference)).text
    assert "<script" not in page
    assert "<b onclick" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b onclick=x()&gt;Womaye" in page


def test_the_page_and_its_style_are_found_within_somebody_elses_application(tmp_path: Path) -> None:
    with Shop(tmp_path, host=Flask("host"), prefix="/money") as shop:
        page = shop.client.get(link(shop, failed_payment(shop)))
        assert page.status_code == 200
        [style] = [each.split('"')[0] for each in page.text.split('href="')[1:] if each.split('"')[0].endswith(".css")]
        assert style.startswith("/money/pay/")
        with shop.client.get(style) as answer:
            assert (answer.status_code, answer.mimetype) == (200, "text/css")


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("hang", 503, "paystack_unavailable"), ("401", 502, "paystack_rejected")]
)
def test_when_paystack_does_not_open_it_the_customer_is_told_so(shop: Shop, fault: str, status: int, code: str) -> None:
    way = link(shop, failed_payment(shop))
    shop.simulator.faults.add("initialize", fault, times=2)
    page = press(shop, way)
    assert (page.status_code, page.mimetype, "<h1>" in page.text) == (status, "text/html", True)
    told = shop.client.post(way, json={})
    assert (told.status_code, told.get_json()["code"]) == (status, code)


def test_two_paid_payments_of_one_order_settle_it_once_and_the_second_is_for_a_person(shop: Shop) -> None:
    """R16: the customer pays the old checkout page after the new one."""
    first = shop.open_payment(order="ord-1")
    shop.ours.records.payments.step(first, Status.ABANDONED, {"next_check_at": None}, GAVE_UP)
    second = shop.client.post(link(shop, first), json={}).get_json()["reference"]
    for reference in (second, first):
        shop.customer_pays(reference)
        shop.deliver_webhooks()
        shop.advance(3)
        shop.run("processEvents")

    by_reference = {each.reference: each for each in attempts(shop, "ord-1")}
    assert by_reference[second].status is Status.SUCCESS
    assert by_reference[first].status is Status.QUARANTINED
    assert by_reference[first].settled_at is None
    queued = shop.ours.records.messages.list_page(None, 100).items
    assert [each.kind for each in queued if each.kind == "receipt"] == ["receipt"]
    twice = [each for each in queued if each.kind == "order_paid_twice"]
    assert {each.recipient for each in twice} == {"ada@example.org", "ben@example.org"}
    assert {each.reference for each in twice} == {first}
    assert {each.context["first_reference"] for each in twice} == {second}
    line = shop.ours.records.payments.list_timeline(first)[-1]
    assert (line.kind, line.sentence) == ("quarantined", "Set aside for a person. The order ord-1 was paid already.")


def test_a_link_is_signed_with_sha_256(shop: Shop) -> None:
    """itsdangerous takes SHA-1 where it is not told otherwise (ASVS 11.4.1)."""
    signature = RetryTokens((JWT_SECRET,), WEEK, shop.clock).make(new_reference()).rpartition(".")[2]

    assert len(base64.urlsafe_b64decode(signature + "=")) == 256 // 8
