"""A shop with an operator in it, and the stories an operator has to understand."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.shop import Shop


class Operator:
    """Somebody with a session, who knows every route under ``/admin``."""

    def __init__(self, shop: Shop, admin: str = "admin1") -> None:
        self.shop = shop
        self.headers = {"X-Session-Token": shop.ours.services.sessions.open(admin)}

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.shop.client.get(f"/admin{path}", query_string=query, headers=self.headers)

    def post(self, path: str, body: object = None) -> TestResponse:
        return self.shop.client.post(f"/admin{path}", json=body, headers=self.headers)

    def show(self, reference: str) -> dict[str, Any]:
        """One payment."""
        answer = self.get(f"/payments/{reference}")
        assert answer.status_code == 200
        shown: dict[str, Any] = answer.get_json()
        return shown

    def act(self, reference: str, act: str, body: object = None) -> dict[str, Any]:
        """Do something to a payment that its state allows; the payment after it."""
        answer = self.post(f"/payments/{reference}/{act}", body)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.get_json()
        assert shown == self.show(reference)
        return shown

    def is_refused(self, reference: str, act: str) -> str:
        """The sentence with which an act is refused."""
        before = self.show(reference)
        answer = self.post(f"/payments/{reference}/{act}")
        assert (answer.status_code, answer.get_json()["code"]) == (409, "not_allowed")
        assert self.show(reference) == before
        return str(answer.get_json()["error"])

    def story(self, reference: str) -> list[str]:
        """A payment's timeline: who, and what."""
        return [f"{line['actor']}: {line['sentence']}" for line in self.show(reference)["timeline"]]


@pytest.fixture(scope="module")
def one_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def shop(one_shop: Shop) -> Shop:
    one_shop.begin_anew()
    return one_shop


@pytest.fixture
def operator(shop: Shop) -> Operator:
    return Operator(shop)


def work_off(shop: Shop) -> None:
    """Deliver and understand every webhook that is due."""
    shop.deliver_webhooks()
    for _ in range(3):
        shop.run("processEvents")
        shop.advance(3)


def underpaid(shop: Shop, **body: Any) -> str:
    """A payment that was quarantined, since too little came; its reference."""
    reference = shop.open_payment(**body)
    transaction = shop.simulator.world.find(reference)
    assert transaction is not None
    transaction.overrides.amount = 499900
    shop.customer_pays(reference)
    shop.advance(3)
    work_off(shop)
    return reference


def paid_twice(shop: Shop, order: str) -> tuple[str, str]:
    """An order and its two paid payments: the one that settled it, and the one that came too late."""
    second = shop.open_payment(order=order)
    shop.ours.records.payments.note(second, changes={"authorization_url": None, "asking_until": None})
    first = shop.open_payment(order=order)
    for reference in (first, second):
        shop.customer_pays(reference)
        work_off(shop)
    return first, second


def failed(shop: Shop, **body: Any) -> str:
    """A payment that failed for a wrong PIN; its reference."""
    reference = shop.open_payment(**body)
    shop.customer_pays(reference, "pin", pin="9999")
    shop.advance(3)
    assert shop.verify(reference)["status"] == "failed"
    return reference
