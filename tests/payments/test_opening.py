"""``POST /pay/<product>``: what is accepted, what is refused and in which words, and what is kept before Paystack is asked."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import requests
from pydantic import BaseModel

from flask_paystack.payments.model import is_our_reference, new_reference
from paystack_simulator import SimulatorAdapter
from tests.shop import EMAIL, FRONTEND, PAYSTACK, Shop


def kept(shop: Shop) -> list[Any]:
    """Every payment that was recorded."""
    with shop.ours.records.database.reading() as connection:
        return list(connection.exec_driver_sql("SELECT * FROM payments ORDER BY created_at, reference"))


def test_a_payment_is_opened_with_the_page_to_pay_it_on(shop: Shop) -> None:
    answer = shop.pay()
    told = answer.get_json()

    assert answer.status_code == 201
    assert set(told) == {"reference", "order", "authorization_url", "access_code", "amount", "currency", "status"}
    assert is_our_reference(told["reference"])
    assert (told["order"], told["amount"], told["currency"]) == (told["reference"], 500000, "NGN")
    assert told["status"] == "pending"
    assert told["authorization_url"] == f"{PAYSTACK}/checkout/{told['access_code']}"
    assert answer.headers["X-Request-ID"]


def test_paystack_is_told_what_was_recorded(shop: Shop) -> None:
    reference = shop.open_payment(
        "donation", amount=25000, metadata={"for": "Zoë / books"}, callback_url=f"{FRONTEND}/x?y=1"
    )

    known = shop.simulator.world.find(reference)
    assert known is not None
    assert (known.amount, known.currency, known.customer.email) == (25000, "NGN", EMAIL)
    assert known.callback_url == f"{FRONTEND}/x?y=1"
    assert known.metadata["for"] == "Zoë / books"
    assert known.metadata["cancel_action"] == f"{FRONTEND}/x?y=1&reference={reference}&cancelled=1"


def test_without_a_way_back_of_its_own_a_customer_returns_to_the_frontend(shop: Shop) -> None:
    known = shop.simulator.world.find(shop.open_payment())

    assert known is not None
    assert known.callback_url == FRONTEND


def refused(shop: Shop, product: str = "womaye-gsp", **body: Any) -> tuple[str, dict[str, str]]:
    """The sentence and the fields of a 400, after which nothing was kept and Paystack knows nothing."""
    answer = shop.client.post(f"/pay/{product}", json={"email": EMAIL, **body})
    told = answer.get_json()
    assert answer.status_code == 400, answer.text
    assert set(told) <= {"error", "code", "fields"}
    assert told["code"] == "invalid_request"
    assert kept(shop) == []
    assert list(shop.simulator.world.all_transactions()) == []
    return told["error"], told.get("fields", {})


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@example.org", "a b@example.org", "ada@ex ample.org", "a@b@c.org"]
)
def test_an_email_that_is_none_is_refused(shop: Shop, email: str) -> None:
    sentence, fields = refused(shop, email=email)

    assert set(fields) == {"email"}
    assert sentence == f"email: {fields['email']}"
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    "email", [5, True, ["ada@example.org"], {"a": 1}, "x" * 300 + "@example.org", "ada@example.org\r\nBcc: b@c.org"]
)
def test_an_odd_email_is_refused(shop: Shop, email: Any) -> None:
    assert set(refused(shop, email=email)[1]) == {"email"}


def test_a_missing_email_is_asked_for(shop: Shop) -> None:
    for body in ({}, {"email": None}):
        answer = shop.client.post("/pay/womaye-gsp", json=body)

        assert answer.status_code == 400
        assert answer.get_json()["fields"] == {"email": "This field is required."}


AMOUNTS = [
    "true",
    "false",
    "1e2",
    "1.0",
    "100.5",
    '"100"',
    '"१०"',
    "-1",
    "0",
    "-0",
    "-0.0",
    str(2**63),
    str(2**64),
    str(10**18),
]
AMOUNTS += ["1" + "0" * 4000, "[100]", '{"a": 1}', '""']


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("product", ["womaye-gsp", "donation"])
def test_amounts_are_whole_subunits(shop: Shop, product: str, amount: str) -> None:
    answer = shop.client.post(
        f"/pay/{product}", data=f'{{"email": "{EMAIL}", "amount": {amount}}}', content_type="application/json"
    )
    told = answer.get_json()

    assert answer.status_code == 400
    assert set(told["fields"]) == {"amount"}
    assert "whole number of subunits" in told["fields"]["amount"]
    assert "without quotes and without a decimal point" in told["error"]
    assert kept(shop) == []


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 5000, "01", "0x10", "+1", "1_0", "१०", "٣"]
)
def test_amounts_that_are_no_json_are_refused(shop: Shop, amount: str) -> None:
    answer = shop.client.post(
        "/pay/donation", data=f'{{"email": "{EMAIL}", "amount": {amount}}}'.encode(), content_type="application/json"
    )

    assert answer.status_code == 400
    assert answer.get_json()["code"] == "invalid_request"
    assert kept(shop) == []


def test_amounts_control_a_form_that_converts_takes_what_is_no_amount() -> None:
    """A number is what JSON calls one: neither text, nor a float that happens to be whole, nor ``true``."""

    class Lax(BaseModel):
        amount: int

    taken = []
    for amount in AMOUNTS:
        with suppress(ValueError):
            taken.append(Lax.model_validate_json(f'{{"amount": {amount}}}').amount)
    assert {1, 100} <= set(taken)


@pytest.mark.parametrize("amount", [1, 499999, 500001])
def test_amount_tamper_a_fixed_price_is_the_servers(shop: Shop, amount: int) -> None:
    sentence, fields = refused(shop, amount=amount)

    assert "costs 500000 subunits (₦5,000.00)" in sentence
    assert set(fields) == {"amount"}


@pytest.mark.parametrize("amount", [9999, 100000001, None])
def test_amount_tamper_a_chosen_price_has_bounds(shop: Shop, amount: int | None) -> None:
    sentence, fields = refused(shop, "donation", amount=amount)

    assert sentence.startswith("amount: Donation")
    assert set(fields) == {"amount"}


def test_the_fixed_price_may_be_repeated(shop: Shop) -> None:
    assert shop.pay(amount=500000).status_code == 201


@pytest.mark.parametrize(
    "order", ["", "a" * 65, "a b", "a/b", "é", "a\x00", "a\n", "pay-" + "0af1" * 8, 7, True, ["a"], {}]
)
def test_an_order_that_is_none_is_refused(shop: Shop, order: Any) -> None:
    assert set(refused(shop, order=order)[1]) == {"order"}


def test_an_order_may_not_look_like_one_of_our_references(shop: Shop) -> None:
    sentence, _ = refused(shop, order=new_reference())

    assert "may not look like one of our references" in sentence


@pytest.mark.parametrize("metadata", ["text", 5, [], True, {"a": "x" * 9000}, {"cancel_action": "https://evil.test"}])
def test_metadata_that_cannot_be_passed_on_is_refused(shop: Shop, metadata: Any) -> None:
    assert set(refused(shop, metadata=metadata)[1]) == {"metadata"}


@pytest.mark.parametrize(
    "metadata", [{}, {"a": None}, {"a": "\x00\x1f"}, {"": 0}, {"a": [1, {"b": 2.5}]}, {"a": 2**70}]
)
def test_metadata_may_hold_anything_json_does(shop: Shop, metadata: dict[str, Any]) -> None:
    reference = shop.open_payment(metadata=metadata)

    found = shop.ours.records.payments.get(reference)
    assert found is not None
    assert found.metadata == metadata


@pytest.mark.parametrize(
    "url", ["https://evil.test/", "//shop.test/", "javascript:alert(1)", "", "https://shop.test@evil.test/", 5]
)
def test_a_way_back_to_somewhere_else_is_refused(shop: Shop, url: Any) -> None:
    sentence, fields = refused(shop, callback_url=url)

    assert set(fields) == {"callback_url"}
    assert sentence == f"callback_url: {fields['callback_url']}"


@pytest.mark.parametrize(
    "name", ["price", "status", "currency", "reference", "user_id", "paid_at", "a\x00\u2028b", "x" * 500]
)
def test_a_field_that_does_not_exist_is_refused(shop: Shop, name: str) -> None:
    sentence, fields = refused(shop, **{name: "x"})

    assert sentence.endswith("There is no such field.")
    assert len(fields) == 1
    assert len(sentence) < 120


def test_every_wrong_field_is_told(shop: Shop) -> None:
    _, fields = refused(shop, email="ada", amount=True, order="a b", metadata=5, nonsense=1)

    assert set(fields) == {"email", "amount", "order", "metadata", "nonsense"}


@pytest.mark.parametrize(
    "slug", ["nothing", "WOMAYE-GSP", "womaye-gsp%00", "%ff", "..%2f", "a" * 5000, "womaye-gsp%20"]
)
def test_an_unknown_product_is_not_found(shop: Shop, slug: str) -> None:
    answer = shop.client.post(f"/pay/{slug}", json={"email": EMAIL})

    assert answer.status_code == 404
    assert answer.get_json()["code"] == "not_found"
    assert kept(shop) == []


@pytest.mark.parametrize("slug", ["webhook", "verify", "retry"])
def test_no_product_stands_where_a_route_does(shop: Shop, slug: str) -> None:
    assert shop.client.post(f"/pay/{slug}", json={"email": EMAIL}).status_code in {401, 404, 405}


class Observer(SimulatorAdapter):
    """Carries calls to Paystack, and looks around before each."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.paystack)
        self._shop = shop
        self.seen: list[Any] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.seen.append(kept(self._shop))
        return super().send(request, *args, **kwargs)


@contextmanager
def observed(shop: Shop) -> Iterator[Observer]:
    observer = Observer(shop)
    before = shop.session.get_adapter(PAYSTACK)
    shop.session.mount(PAYSTACK, observer)
    yield observer
    shop.session.mount(PAYSTACK, before)


def test_a_payment_is_on_disk_before_paystack_hears_of_it(shop: Shop) -> None:
    with observed(shop) as observer:
        reference = shop.open_payment()

    assert [[row.reference for row in rows] for rows in observer.seen] == [[reference]]
    assert observer.seen[0][0].status == "pending"


def test_an_early_webhook_settles_a_payment_whose_opening_has_not_been_answered(shop: Shop) -> None:
    """The customer cannot be that fast, but a webhook may be (FAULTS R6)."""
    shop.simulator.faults.add("initialize", "webhook-first")
    reference = shop.open_payment()

    shop.run("processEvents")

    assert shop.verify(reference)["status"] == "success"


def test_an_early_webhook_that_is_processed_at_once_is_not_undone_by_the_answer(shop: Shop) -> None:
    class Early(SimulatorAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            answer = super().send(request, *args, **kwargs)
            shop.run("processEvents")
            return answer

    shop.simulator.faults.add("initialize", "webhook-first")
    shop.session.mount(PAYSTACK, Early(shop.paystack))

    reference = shop.open_payment(order="ord-1")

    assert shop.verify(reference)["status"] == "success"
    assert shop.pay(order="ord-1").status_code == 409


def test_paystacks_no_is_a_502_and_fails_the_payment(shop: Shop) -> None:
    shop.simulator.settings.currencies = ["GHS"]

    answer = shop.pay()

    assert answer.status_code == 502
    assert answer.get_json()["code"] == "paystack_rejected"
    assert "Currency not supported by merchant" in answer.get_json()["error"]
    (row,) = kept(shop)
    assert row.status == "failed"
    told = shop.verify(row.reference)
    assert (told["status"], told["message"]) == ("failed", "Currency not supported by merchant")


@pytest.mark.parametrize("mode", ["timeout-after-commit", "reset-after-commit", "500-after-commit"])
def test_without_an_answer_a_payment_stays_pending_and_a_later_verify_settles_it(shop: Shop, mode: str) -> None:
    """Paystack did open it: what we do not know is never a failure."""
    shop.simulator.faults.add("initialize", mode)

    answer = shop.pay()
    told = answer.get_json()

    assert answer.status_code == 503
    assert told["code"] == "paystack_unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    (row,) = kept(shop)
    assert row.status == "pending"
    assert row.next_check_at is not None
    assert told["reference"] == row.reference

    shop.customer_pays(row.reference)
    shop.advance(4)
    assert shop.verify(row.reference)["status"] == "success"


@pytest.mark.parametrize("mode", ["hang", "reset", "500", "html", "429"])
def test_a_payment_that_paystack_never_got_stays_pending(shop: Shop, mode: str) -> None:
    shop.simulator.faults.add("initialize", mode)
    assert shop.pay().status_code == 503

    (row,) = kept(shop)
    shop.advance(4)

    assert shop.verify(row.reference)["status"] == "pending"
