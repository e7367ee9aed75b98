"""The five steps, clicked through in a real browser: shop, checkout, and back to the shop, which tells the truth."""

import re
from collections.abc import Iterator

import pytest
import requests

from flask_paystack.demo.stack import Stack
from tests.machine import needs_module

needs_module("browser", "playwright")
from playwright.sync_api import Page, expect  # noqa: E402 -- only where it is there


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack() as running:
        yield running


def choose_card(page: Page, name: str) -> None:
    page.check(f"input[name=card][value={name}]")
    page.get_by_role("button", name=re.compile("^Pay ₦")).click()


def test_a_customer_pays_and_is_thanked(page: Page, stack: Stack) -> None:
    page.goto(stack.shop_url)
    page.get_by_label("Your e-mail").fill("ada@example.com")
    page.get_by_role("button", name="Pay ₦5,000.00").click()
    choose_card(page, "success")

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, your payment is complete")
    assert page.url.startswith(f"{stack.shop_url}/return?")
    expect(page.locator("#facts")).to_contain_text("₦5,000.00")


def test_a_donation_is_what_the_customer_chose(page: Page, stack: Stack) -> None:
    page.goto(stack.shop_url)
    page.get_by_label("Donation").check()
    page.get_by_label("How much").fill("1,500.5")
    page.get_by_label("Your e-mail").fill("femi@example.com")
    page.get_by_role("button", name="Pay ₦1,500.50").click()
    choose_card(page, "success")

    expect(page.locator("#facts")).to_contain_text("₦1,500.50")


def test_a_donation_below_the_least_is_refused_beside_its_field(page: Page, stack: Stack) -> None:
    page.goto(stack.shop_url)
    page.get_by_label("Donation").check()
    page.get_by_label("How much").fill("1")
    page.get_by_label("Your e-mail").fill("femi@example.com")
    page.get_by_role("button", name="Pay ₦1.00").click()

    expect(page.locator("#amount-wrong")).to_be_visible()
    expect(page.get_by_label("How much")).to_have_attribute("aria-invalid", "true")


def test_a_customer_who_leaves_the_checkout_is_told_so_and_can_go_on(page: Page, stack: Stack) -> None:
    page.goto(stack.shop_url)
    page.get_by_label("Your e-mail").fill("ngozi@example.com")
    page.get_by_role("button", name="Pay ₦5,000.00").click()
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("You left before paying")
    page.get_by_role("link", name="Go on paying").click()
    choose_card(page, "success")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, your payment is complete")


def test_a_wrong_amount_is_told_as_it_is(page: Page, stack: Stack) -> None:
    page.goto(stack.shop_url)
    page.get_by_label("Your e-mail").fill("efua@example.com")
    page.get_by_role("button", name="Pay ₦5,000.00").click()
    page.wait_for_url(f"{stack.simulator_url}/**")
    state = requests.get(f"{stack.simulator_url}/_simulator/state", timeout=5).json()
    reference = next(
        each["reference"] for each in state["transactions"] if each["customer"]["email"] == "efua@example.com"
    )
    requests.post(
        f"{stack.simulator_url}/_simulator/transactions/{reference}/overrides", json={"amount": 100}, timeout=5
    )
    choose_card(page, "success")

    expect(page.get_by_role("heading", level=1)).to_have_text("A person has to look at this payment")


def test_a_pending_payment_is_asked_about_politely_and_not_for_ever(page: Page, stack: Stack) -> None:
    """Two minutes at one question every three seconds, on the browser's own clock, moved a second at a time."""
    opened = requests.post(f"{stack.backend_url}/pay/womaye-gsp", json={"email": "kemi@example.com"}, timeout=5).json()
    asked: list[str] = []
    page.on("response", lambda answer: "/pay/verify/" in answer.url and asked.append(answer.url))
    page.clock.install()
    page.goto(f"{stack.shop_url}/return?reference={opened['reference']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for your payment")

    for _ in range(130):
        page.clock.run_for(1000)
        # An answer under way has come by the time that a later one has.
        page.evaluate("fetch('/config.json').then((answer) => answer.text())")

    expect(page.get_by_role("button", name="Check again")).to_be_visible()
    assert 25 <= len(asked) <= 41
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("button", name="Check again")).to_be_hidden()


@pytest.mark.parametrize(
    ("query", "title"),
    [("", "Which payment?"), ("?reference=<img src=x onerror=alert(1)>", "We know no such payment")],
)
def test_an_address_that_names_no_payment_gets_a_sentence(page: Page, stack: Stack, query: str, title: str) -> None:
    page.goto(f"{stack.shop_url}/return{query}")

    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert page.locator("img[src=x]").count() == 0


def test_an_unreachable_backend_gets_a_sentence_and_the_same_key_again(page: Page, stack: Stack) -> None:
    keys: list[str] = []
    page.on("request", lambda request: request.method == "POST" and keys.append(request.headers["idempotency-key"]))
    page.goto(stack.shop_url)
    page.get_by_label("Your e-mail").fill("tunde@example.com")
    page.context.set_offline(True)
    page.get_by_role("button", name="Pay ₦5,000.00").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be reached")

    page.context.set_offline(False)
    page.get_by_role("button", name="Pay ₦5,000.00").click()
    page.wait_for_url(f"{stack.simulator_url}/**")
    assert len(keys) == 2
    assert keys[0] == keys[1]
