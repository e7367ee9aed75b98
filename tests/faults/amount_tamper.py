"""The browser sends the price: of 10,000 seeded attempts none opens a payment at another than the shop's (FAULTS R23).

Each attempt is a ``POST /pay/<product>`` that tries to set what is paid: by an amount in any form, by names that other shops
use, in metadata, twice in one body, in the address, in a header, in a form, under an order or an idempotency key of before.
What was accepted is compared with the catalogue in three places: the answer, our record, and what Paystack was asked for.

The control believes the amount that it was sent.
"""

import argparse
import json
import random
from collections import Counter
from typing import Any

from flask_paystack.payments.products import Product
from tests.faults import Outcome, silence
from tests.faults.moved_time import kept, shop_of_moved_time
from tests.shop import Shop

CONTROLS = ("trusting",)
FIXED, CHOSEN = "womaye-gsp", "donation"
PRICE, LEAST, MOST = 500_000, 10_000, 100_000_000
NAMES = ["amount", "amount", "amount", "price", "total", "cost", "value", "unit_price", "requested_amount", "Amount"]
NAMES += [
    "AMOUNT",
    "amount ",
    "amount\x00",
    "\uff41mount",
    "amount[]",
    "amount.value",
    "discount",
    "coupon",
    "quantity",
]
NAMES += ["currency", "fees", "transaction_charge", "plan", "split", "split_code", "subaccount", "bearer", "channels"]
NAMES += [
    "invoice_limit",
    "product",
    "reference",
    "status",
    "paid",
    "domain",
    "price_kobo",
    "__proto__",
    "metadata.amount",
]
RESET_EVERY = 500
"""Attempts after which the shop begins anew, so that the last is as quick as the first."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--attempts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with silence():
        return tamper(options.attempts, options.seed, options.control)


def tamper(attempts: int, seed: int = 1, control: str | None = None) -> Outcome:
    """Make so many attempts, and count those that opened a payment at another price."""
    chance = random.Random(seed)
    statuses: Counter[int] = Counter()
    accepted = mispriced = 0
    with shop_of_moved_time() as shop:
        if control == "trusting":
            _trust(shop)
        for number in range(attempts):
            if number % RESET_EVERY == RESET_EVERY - 1:
                shop.begin_anew()
            product = chance.choice([FIXED, FIXED, CHOSEN])
            request, asked = _attempt(chance, product)
            answer = shop.client.post(**request)
            statuses[answer.status_code] += 1
            if answer.status_code == 201:
                accepted += 1
                mispriced += not _is_right(shop, product, answer.get_json(), asked)
    numbers: dict[str, object] = {
        "attempts": attempts,
        "accepted_at_our_price": accepted - mispriced,
        "accepted_at_another": mispriced,
        **{f"of_{status}": count for status, count in sorted(statuses.items())},
    }
    broken = sum(count for status, count in statuses.items() if status >= 500)
    return Outcome(mispriced == 0 and broken == 0 and accepted > 0, numbers)


def _is_right(shop: Shop, product: str, told: dict[str, Any], asked: object) -> bool:
    """Whether the catalogue's price was told, recorded, and asked of Paystack; for a chosen price, the one that was chosen."""
    payment, theirs = kept(shop, told["reference"]), shop.simulator.world.find(told["reference"])
    amounts = {told["amount"], payment.amount, theirs.amount if theirs else None}
    currencies = {told["currency"], payment.currency, theirs.currency if theirs else None}
    if product == FIXED:
        return amounts == {PRICE} and currencies == {"NGN"}
    return type(asked) is int and LEAST <= asked <= MOST and amounts == {asked} and currencies == {"NGN"}


def _trust(shop: Shop) -> None:
    class Trusting(Product):
        def price(self, asked: int | None) -> int:
            return self.amount or self.min or 1 if asked is None else asked

    products: Any = shop.ours.wiring.products
    for slug, product in list(products.items()):
        products[slug] = Trusting.model_validate(product.model_dump())


def _attempt(chance: random.Random, product: str) -> tuple[dict[str, Any], object]:
    """A request for the test client, and the ``amount`` in it as the last who reads it would see it."""
    body: dict[str, Any] = {"email": f"eve-{chance.randrange(50)}@example.org"}
    if product == CHOSEN or chance.random() < 0.3:
        body["amount"] = _price(chance) if chance.random() < 0.5 else chance.choice([PRICE, LEAST, MOST])
    headers = _put_a_price_somewhere(chance, body)
    path = f"/pay/{product}" + (f"?amount={_price(chance)}&price=1" if chance.random() < 0.1 else "")
    if chance.random() < 0.05:
        form = {name: str(value) for name, value in body.items()}
        return {"path": path, "data": form, "headers": headers}, None
    data = json.dumps(body, ensure_ascii=chance.random() < 0.5)
    asked = body.get("amount")
    if chance.random() < 0.1:  # an amount before, or behind, the one there is
        twice = f'"amount": {json.dumps(_value(chance))}'
        data = data[:-1] + f", {twice}}}" if chance.random() < 0.5 else f"{{{twice}, {data[1:]}"
        asked = json.loads(data)["amount"]
    request = {"path": path, "data": data.encode(errors="replace"), "headers": headers}
    return {**request, "content_type": "application/json"}, asked


def _put_a_price_somewhere(chance: random.Random, body: dict[str, Any]) -> dict[str, str]:
    """Change ``body``, and return the headers to send with it."""
    match chance.randrange(8):
        case 0 | 1 | 2:
            body[chance.choice(NAMES)] = _value(chance)
        case 3:
            body["metadata"] = {name: _value(chance) for name in chance.sample(NAMES, 3)}
        case 4:
            body |= {"order": f"order-{chance.randrange(20)}", "amount": _price(chance)}
        case 5:
            body["amount"] = _price(chance)
            return {"Idempotency-Key": f"key-{chance.randrange(20)}"}
        case 6:
            return {chance.choice(["X-Amount", "Amount", "X-Price"]): str(_price(chance))}
    return {}


def _price(chance: random.Random) -> int:
    return chance.choice([1, 100, PRICE - 1, PRICE, PRICE + 1, 5000, LEAST - 1, MOST + 1, chance.randrange(1, 10**9)])


def _value(chance: random.Random) -> object:
    price = _price(chance)
    odd = [
        0,
        -price,
        float(price),
        price / 100,
        str(price),
        f"{price}.00",
        f"{price:,}",
        True,
        False,
        None,
        [],
        [price],
    ]
    odd += [
        {"value": price},
        {"$gt": 0},
        2**63,
        2**64 + price,
        10**30,
        "1e2",
        "0x10",
        "५०००",
        "NaN",
        "GHS",
        ["card"],
        "",
    ]
    return chance.choice([price, price, *odd])
