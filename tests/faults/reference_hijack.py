"""Users after the payments of each other: in 1,000 tries nobody sees or uses what is not theirs (FAULTS R25).

Everybody of the cast has payments that are open, paid and declined, and one for the e-mail address of another. They list with
other people's cursors and names, verify each other's references, name each other's orders, references and idempotency keys,
and forge each other's tokens and retry links. An answer that holds something of another's which the asker did not bring along
has been seen; a payment that turns up in another list, or changes hands, has been used. A reference is enough to verify a
payment: that answer may hold nothing personal.

The controls list payments by e-mail, and tell whoever verifies all there is.
"""

import argparse
import base64
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from flask_paystack.payments import facts
from flask_paystack.payments.model import Wanted, new_reference
from flask_paystack.payments.retry_tokens import RetryTokens
from tests.faults import Outcome, silence
from tests.faults.moved_time import kept, shop_of_moved_time
from tests.shop import Shop

CONTROLS = ("by-email", "tells-all")
NAMES = ("alice", "bob", "carol", "dave", "eve", "frank")
PRODUCT = "womaye-gsp"
PUBLIC = {"reference", "order", "product", "status", "amount", "currency", "channel", "paid_at", "message"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with silence():
        return hijack(options.tries, options.seed, options.control)


@dataclass
class User:
    """One of the cast, and what is theirs alone."""

    name: str
    headers: dict[str, str]
    id: str
    email: str
    canary: str
    opened: list[dict[str, Any]] = field(default_factory=list)
    """The answers to what they opened: the first is open, the second paid, the third declined."""

    @property
    def references(self) -> set[str]:
        return {each["reference"] for each in self.opened}

    @property
    def secrets(self) -> set[str]:
        """What nobody else may read anywhere."""
        pages = {each[name] for each in self.opened for name in ("access_code", "authorization_url")}
        return {self.email, self.id, self.canary, *pages}


def hijack(tries: int, seed: int = 1, control: str | None = None) -> Outcome:
    """Let the cast try so often, and count what was seen and used."""
    chance = random.Random(seed)
    public = facts.public
    with shop_of_moved_time() as shop:
        cast = [_join(shop, name) for name in NAMES]
        for user in cast:
            _open_payments(shop, user, chance.choice(cast))
        _break(shop, cast, control)
        try:
            found = Counter[str]()
            for _ in range(tries):
                thief, victim = chance.sample(cast, 2)
                kind = chance.choice(list(TRIES))
                found.update(TRIES[kind](Try(shop, chance, thief, victim)))
            found.update(_audit(shop, cast))
        finally:
            facts.public = public
    numbers: dict[str, object] = {"users": len(cast), "tries": tries, "kinds": len(TRIES)}
    return Outcome(found.total() == 0, {**numbers, "seen_or_used": found.total(), **found})


def _break(shop: Shop, cast: list[User], control: str | None) -> None:
    if control == "tells-all":
        public = facts.public
        facts.public = lambda payment: {**public(payment), "email": payment.email, "metadata": dict(payment.metadata)}
    if control == "by-email":
        emails = {user.id: user.email for user in cast}
        records, payments = shop.ours.records.payments, shop.ours.services.payments
        by_email: Any = lambda user, after, limit: records.list_page(after, limit, Wanted(email=emails[user]))  # noqa: E731
        payments.list_of = by_email  # type: ignore[method-assign]


def _join(shop: Shop, name: str) -> User:
    email = f"{name}@example.org"
    token = shop.ours.services.accounts.register(email, f"correct horse battery {name}", "192.0.2.1").token
    claims = json.loads(_decoded(token.split(".")[1]))
    return User(name, {"Authorization": f"Bearer {token}"}, claims["sub"], email, f"canary-of-{name}-7f3a")


def _open_payments(shop: Shop, user: User, friend: User) -> None:
    """Three for themselves, and one for a friend's address."""
    for number in range(4):
        body = {"order": f"{user.name}-{number}", "metadata": {"note": user.canary}}
        headers = {**user.headers, "Idempotency-Key": f"key-of-{user.name}-{number}"}
        email = friend.email if number == 3 else None
        user.opened.append(shop.pay(PRODUCT, headers, email=email, **body).get_json())
    shop.customer_pays(user.opened[1]["reference"])
    shop.customer_pays(user.opened[2]["reference"], "declined")
    shop.deliver_webhooks()
    shop.run("processEvents")


@dataclass
class Try:
    """One of the cast after what another has."""

    shop: Shop
    chance: random.Random
    thief: User
    victim: User

    def theirs(self) -> dict[str, Any]:
        """One of the victim's payments."""
        return self.chance.choice(self.victim.opened)

    def get(self, path: str, headers: dict[str, str] | None = None, **query: str) -> TestResponse:
        """Ask, as the thief unless ``headers`` say otherwise."""
        return self.shop.client.get(
            path, headers=self.thief.headers if headers is None else headers, query_string=query
        )

    def pay(self, headers: dict[str, str] | None = None, **body: Any) -> TestResponse:
        """Open a payment, as the thief unless ``headers`` say otherwise; it is theirs from now on."""
        answer = self.shop.pay(PRODUCT, {**self.thief.headers, **(headers or {})}, **body)
        told = answer.get_json()
        if answer.status_code == 201 and told["reference"] not in self.victim.references:
            self.thief.opened.append(told)
        return answer

    def seen(self, what: str, answer: TestResponse, *brought: str, refused: bool = True) -> list[str]:
        """``what`` when the answer holds something of the victim's, or is not the refusal that it should be."""
        text = answer.get_data(as_text=True) + str(answer.headers)
        held = (self.victim.secrets | self.victim.references) - set(brought)
        leaks = any(secret in text for secret in held)
        return [what] if leaks or (refused and not 400 <= answer.status_code < 500) else []


def _list(case: Try) -> list[str]:
    theirs, victim = case.theirs(), case.victim
    page = case.get("/payments", victim.headers, limit="1").get_json()
    query = case.chance.choice(
        [
            {"limit": "100"},
            {"limit": "100", "after": page["next"] or ""},
            {"user_id": victim.id, "user": victim.id, "limit": "100"},
            {"email": victim.email, "limit": "100"},
            {"order": theirs["order"], "reference": theirs["reference"], "limit": "100"},
        ]
    )
    headers = {**case.thief.headers, "X-User": victim.id, "X-Forwarded-User": victim.email, "From": victim.email}
    answer = case.get("/payments", headers, **query)
    strangers = {each["reference"] for each in answer.get_json()["payments"]} - case.thief.references
    return ["listed"] if strangers else case.seen("listed", answer, refused=False)


def _forged_login(case: Try) -> list[str]:
    """The thief's token with the victim's name in it."""
    head, _, signature = case.thief.headers["Authorization"].removeprefix("Bearer ").split(".")
    claims = json.loads(_decoded(case.victim.headers["Authorization"].split(".")[1]))
    unsigned = _encoded(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    token = case.chance.choice(
        [
            f"{head}.{_encoded(json.dumps(claims).encode())}.{signature}",
            f"{unsigned}.{_encoded(json.dumps(claims).encode())}.",
        ]
    )
    return case.seen("forged_login", case.get("/payments", {"Authorization": f"Bearer {token}"}))


def _verify(case: Try) -> list[str]:
    reference = case.theirs()["reference"]
    answer = case.get(f"/pay/verify/{reference}")
    is_public = set(answer.get_json()) == PUBLIC
    return [] if is_public and not case.seen("verify", answer, reference, refused=False) else ["verify_tells"]


def _guess(case: Try) -> list[str]:
    reference = case.theirs()["reference"]
    place = case.chance.randrange(4, len(reference))
    other = reference[:place] + ("0" if reference[place] != "0" else "1") + reference[place + 1 :]
    return case.seen("guessed", case.get(f"/pay/verify/{case.chance.choice([other, new_reference()])}"))


def _order(case: Try) -> list[str]:
    """Their order, with one's own address: it is refused, and their reference stays unknown."""
    return case.seen(
        "order", case.pay(email=case.thief.email, order=case.victim.opened[case.chance.randrange(2)]["order"])
    )


def _order_and_address(case: Try) -> list[str]:
    """Who knows both may pay for it; it stays the victim's."""
    theirs = case.victim.opened[0]
    answer = case.pay(email=case.victim.email, order=theirs["order"])
    payment = kept(case.shop, theirs["reference"])
    opened_another = answer.get_json().get("reference") != theirs["reference"]
    return ["order_taken"] if opened_another or payment.user_id != case.victim.id else []


def _in_their_name(case: Try) -> list[str]:
    """A payment for the victim's address is the thief's own, and in nobody else's list."""
    reference = case.pay(email=case.victim.email).get_json()["reference"]
    listed = case.get("/payments", case.victim.headers, limit="100").get_json()["payments"]
    return ["in_their_name"] if reference in {each["reference"] for each in listed} else []


def _reference_for_order(case: Try) -> list[str]:
    reference = case.theirs()["reference"]
    field_ = case.chance.choice(["order", "reference", "retry_of", "trxref"])
    return case.seen("reference_used", case.pay(**{field_: reference}), reference)


def _idempotency_key(case: Try) -> list[str]:
    """Their very request once more, under their key."""
    number = case.chance.randrange(3)
    headers = {"Idempotency-Key": f"key-of-{case.victim.name}-{number}"}
    if case.chance.random() < 0.5:
        headers["Authorization"] = ""
    body = {"order": case.victim.opened[number]["order"], "metadata": {"note": "none"}, "email": case.thief.email}
    if not headers.get("Authorization", "x"):
        return case.seen("key", case.shop.pay(PRODUCT, {"Idempotency-Key": headers["Idempotency-Key"]}, **body))
    return case.seen("key", case.pay(headers, **body))


def _retry_link(case: Try) -> list[str]:
    reference = case.victim.opened[2]["reference"]
    other = RetryTokens(["of another shop, and quite long enough"], 3600, case.shop.clock).make(reference)
    own = case.shop.ours.wiring.retry_tokens.make(case.thief.opened[2]["reference"])
    swapped = ".".join([_encoded(json.dumps(reference).encode()), *own.split(".")[1:]])
    jwt = case.victim.headers["Authorization"].removeprefix("Bearer ")
    token = case.chance.choice([other, swapped, jwt, reference, f"{reference}.{own.partition('.')[2]}"])
    path = f"/pay/retry/{token}"
    answer = case.get(path) if case.chance.random() < 0.5 else case.shop.client.post(path, json={})
    return case.seen("retry_link", answer, reference)


def _console(case: Try) -> list[str]:
    """What operators see, with a customer's login."""
    token = case.thief.headers["Authorization"].removeprefix("Bearer ")
    reference = case.theirs()["reference"]
    headers = {**case.thief.headers, "X-Session-Token": token}
    path = case.chance.choice(["/admin/payments", f"/admin/payments/{reference}", "/admin/messages", "/admin/events"])
    return case.seen("console", case.get(path, headers, email=case.victim.email), reference)


TRIES: dict[str, Callable[[Try], list[str]]] = {
    "list": _list,
    "forged login": _forged_login,
    "verify": _verify,
    "guess": _guess,
    "order": _order,
    "order and address": _order_and_address,
    "in their name": _in_their_name,
    "reference for order": _reference_for_order,
    "idempotency key": _idempotency_key,
    "retry link": _retry_link,
    "console": _console,
}


def _audit(shop: Shop, cast: list[User]) -> list[str]:
    """In the end everybody's payments are still theirs, and their lists hold those and no others."""
    found = []
    for user in cast:
        listed: set[str] = set()
        after: str | None = ""
        while after is not None:
            query = {"limit": "100", "after": after}
            page = shop.client.get("/payments", headers=user.headers, query_string=query).get_json()
            listed |= {each["reference"] for each in page["payments"]}
            after = page["next"]
        found += ["list_of_another"] * (listed != user.references)
        found += ["changed_hands" for each in user.references if kept(shop, each).user_id != user.id]
    return found


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
