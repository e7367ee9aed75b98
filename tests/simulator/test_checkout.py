"""The hosted page, as a browser without scripts uses it (CONTRACT §5, §10)."""

from html.parser import HTMLParser

import pytest
import requests

from paystack_simulator import Simulator
from tests.simulator.conftest import BASE, Api
from tests.simulator.receiver import Receiver

SHOP = "https://shop.example.com/thanks"


class Outside(HTMLParser):
    """Collects every address a page makes the browser load, and everything a strict policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style"}:
            self.forbidden.append(tag)
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.forbidden.append(name)
            if name == "src" or (name == "href" and tag == "link"):
                self.loaded.append(str(value))


def submit(api: Api, url: str, **form: str) -> requests.Response:
    return api.session.post(url, data=form, allow_redirects=False)


def test_the_page_shows_whom_what_and_the_cards(api: Api) -> None:
    page = api.session.get(api.opened())

    assert page.status_code == 200
    for words in ("₦5,000.00", "ada@example.com", "Simulated Paystack – no real money", "4084 0840 8408 4081"):
        assert words in page.text


def test_the_label_stands_in_for_the_address(api: Api) -> None:
    page = api.session.get(api.opened(label="Ada & Co <b>"))

    assert "Ada &amp; Co &lt;b&gt;" in page.text
    assert "ada@example.com" not in page.text


@pytest.mark.parametrize(
    ("currency", "shown"),
    [("NGN", "₦12.05"), ("GHS", "GH₵12.05"), ("ZAR", "R12.05"), ("KES", "KSh 12.05"), ("USD", "$12.05")],
)
def test_amounts_are_written_for_people(api: Api, currency: str, shown: str) -> None:
    assert shown in api.session.get(api.opened(amount=1205, currency=currency)).text


def test_success_sends_the_browser_back_to_the_shop(api: Api, sim: Simulator, receiver: Receiver) -> None:
    url = api.opened(callback_url=SHOP)

    answer = submit(api, url, card="success")

    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{SHOP}?trxref=ord-1&reference=ord-1"
    assert sim.deliver_due() == 1
    assert receiver.events == ["charge.success"]


@pytest.mark.parametrize(
    ("callback", "location"),
    [
        (f"{SHOP}?order=7", f"{SHOP}?order=7&trxref=a%3D1&reference=a%3D1"),
        (f"{SHOP}#end", f"{SHOP}?trxref=a%3D1&reference=a%3D1#end"),
    ],
)
def test_the_reference_is_added_to_what_the_address_has(api: Api, callback: str, location: str) -> None:
    url = api.opened("a=1", callback_url=callback)

    assert submit(api, url, card="success").headers["Location"] == location


def test_the_dashboards_callback_serves_when_the_call_names_none(api: Api, sim: Simulator) -> None:
    sim.settings.callback_url = SHOP

    answer = submit(api, api.opened(), card="success")

    assert answer.headers["Location"].startswith(f"{SHOP}?trxref=")


@pytest.mark.parametrize(
    "callback", [None, "javascript:alert(1)", "javascript://x/%0aalert(1)", "/thanks", "http://[bad"]
)
def test_without_a_usable_callback_a_page_says_it_is_paid(api: Api, callback: str | None) -> None:
    url = api.opened(callback_url=callback)

    page = api.session.post(url, data={"card": "success"})

    assert page.url == url
    assert "Payment successful" in page.text


def test_a_decline_stays_on_the_page_and_another_card_pays(api: Api) -> None:
    url = api.opened(callback_url=SHOP)

    page = api.session.post(url, data={"card": "insufficient-funds"})
    assert page.url == url
    assert "Insufficient Funds" in page.text
    assert "Try another card" in page.text

    assert submit(api, url, card="success").status_code == 302


def test_a_card_can_be_typed(api: Api) -> None:
    url = api.opened(callback_url=SHOP)

    answer = submit(api, url, card="other", number="4084 0840-84084081", expiry="09/31", cvv="408")

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(SHOP)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"number": "4084084084084081", "expiry": "02/26"}, "Expired Card"),
        ({"number": "4084084084084081", "cvv": "111"}, "Transaction declined. Please use the test card."),
        ({"number": "4242424242424242"}, "Transaction declined. Please use the test card."),
        ({}, "Transaction declined. Please use the test card."),
        ({"number": "<script>", "expiry": "²/²"}, "Transaction declined. Please use the test card."),
    ],
)
def test_a_badly_typed_card_is_declined(api: Api, typed: dict[str, str], reason: str) -> None:
    page = api.session.post(api.opened(), data={"card": "other"} | typed)

    assert reason in page.text
    assert api.verified()["gateway_response"] == reason


def test_the_steps_of_a_card_follow_each_other(api: Api) -> None:
    url = api.opened(callback_url=SHOP)

    pin = api.session.post(url, data={"card": "pin-phone-otp"})
    assert "Card PIN" in pin.text
    assert api.verified()["status"] == "abandoned"

    phone = api.session.post(f"{url}/answer", data={"step": "pin", "value": "0000"})
    assert "Phone number" in phone.text
    assert api.verified()["status"] == "ongoing"

    code = api.session.post(f"{url}/answer", data={"step": "phone", "value": "+234 801 234 5678"})
    assert "One-time code" in code.text

    answer = submit(api, f"{url}/answer", step="otp", value="123456")
    assert answer.headers["Location"].startswith(SHOP)
    assert api.verified()["status"] == "success"


def test_a_form_sent_twice_does_not_answer_the_next_step(api: Api) -> None:
    url = api.opened()
    api.session.post(url, data={"card": "pin-otp"})

    for _ in range(2):
        api.session.post(f"{url}/answer", data={"step": "pin", "value": "1234"})

    assert api.verified()["status"] == "ongoing"


def test_a_wrong_pin_ends_on_a_page_that_says_so(api: Api) -> None:
    url = api.opened()
    api.session.post(url, data={"card": "pin"})

    page = api.session.post(f"{url}/answer", data={"step": "pin", "value": "9999"})

    assert "Payment failed" in page.text
    assert "Incorrect PIN" in page.text
    assert api.verified()["status"] == "failed"


def test_the_banks_page_approves_or_refuses(api: Api) -> None:
    url = api.opened(callback_url=SHOP)
    bank = api.session.post(url, data={"card": "3ds"})
    assert "Test Bank" in bank.text

    assert "Try another card" in api.session.post(f"{url}/answer", data={"step": "bank", "value": "refuse"}).text

    api.session.post(url, data={"card": "3ds"})
    assert submit(api, f"{url}/answer", step="bank", value="approve").headers["Location"].startswith(SHOP)


def test_a_step_can_be_left_for_another_card(api: Api) -> None:
    url = api.opened()
    api.session.post(url, data={"card": "pin"})

    page = api.session.post(f"{url}/another")

    assert "Choose a test card" in page.text
    assert api.verified()["status"] == "abandoned"


def test_who_cancels_goes_where_the_shop_wants(api: Api, sim: Simulator, receiver: Receiver) -> None:
    url = api.opened(callback_url=SHOP, metadata={"cancel_action": "https://shop.example.com/cart?x=1"})

    answer = submit(api, f"{url}/cancel")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "https://shop.example.com/cart?x=1"
    assert api.verified()["status"] == "abandoned"
    assert sim.deliver_due() == 0


@pytest.mark.parametrize(
    "metadata", [None, {"cancel_action": "javascript://x/%0aalert(1)"}, {"cancel_action": ["x"]}, ["x"]]
)
def test_who_cancels_without_a_usable_address_sees_a_page(api: Api, metadata: object) -> None:
    url = api.opened(callback_url=SHOP, metadata=metadata)

    assert "Payment cancelled" in submit(api, f"{url}/cancel").text


def test_cancelling_is_no_end_the_customer_may_come_back(api: Api) -> None:
    url = api.opened(callback_url=SHOP)
    submit(api, f"{url}/cancel")

    assert submit(api, url, card="success").status_code == 302


def test_a_second_click_on_pay_takes_no_second_payment(api: Api, sim: Simulator, receiver: Receiver) -> None:
    url = api.opened(callback_url=SHOP)

    locations = {submit(api, url, card="success").headers["Location"] for _ in range(2)}

    assert locations == {f"{SHOP}?trxref=ord-1&reference=ord-1"}
    assert sim.deliver_due() == 1


def test_an_unknown_address_is_a_page_too(api: Api) -> None:
    page = api.session.get(f"{BASE}/checkout/nothing")

    assert page.status_code == 404
    assert "No such payment" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("card", [None, "declined", "pin", "pin-otp", "3ds", "success"])
def test_pages_load_nothing_but_their_own_stylesheet_and_icon(api: Api, card: str | None) -> None:
    url = api.opened()
    page = api.session.post(url, data={"card": card}) if card else api.session.get(url)
    outside = Outside()
    outside.feed(page.text)

    assert outside.forbidden == []
    assert {path.rsplit("/", 1)[1] for path in outside.loaded} == {"checkout.css", "icon.svg"}
    assert all(api.session.get(BASE + path).status_code == 200 for path in outside.loaded)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
