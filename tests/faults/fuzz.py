"""Malformed bodies, signed and not, over every POST of the backend and of the simulator: none is answered 5xx (FAULTS R33).

All happens in process, so that a failure names its body. Memory may grow by 20 MiB after the first tenth, and no more. The
control is a webhook view that trusts Flask's ``get_json()``: it dies of nested brackets.
"""

import argparse
import gc
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, request
from flask.testing import FlaskClient

from flask_paystack.accounts.model import Role
from flask_paystack.accounts.tokens import Tokens
from paystack_simulator import Simulator, create_simulator
from paystack_simulator.settings import Settings
from tests.clock import ManualClock
from tests.faults import Outcome, silence
from tests.faults.malformed import Malformed, Sent
from tests.faults.moved_time import shop_of_moved_time
from tests.shop import JWT_SECRET, SECRET_KEY, Shop, signed
from tests.smtp import running_smtp

CONTROLS = ("bare-json",)
MOST_GROWTH = 20 * 1024 * 1024
PAGE_SIZE = 4096

USUAL: dict[str, Any] = {
    "email": "ada@example.org",
    "amount": 500000,
    "reference": "ord-1",
    "metadata": {"a": [1, {"b": "c"}]},
}
BODIES: dict[str, dict[str, Any]] = {
    "/pay/<product>": {"email": "ada@example.org", "order": "ord-9", "metadata": {"a": 1}, "callback_url": "https://shop.test/"},
    "/pay/webhook": {
        "event": "charge.success",
        "data": {**USUAL, "id": 7, "domain": "test", "status": "success", "currency": "NGN", "customer": {"email": "a@b.test"},
                 "authorization": {"authorization_code": "AUTH_1"}, "paid_at": "2026-03-01T10:00:00.000Z"},
    },
    "/auth/register": {"email": "ada@example.org", "password": "short"},
    "/auth/login": {"email": "nobody@example.org", "password": "short"},
    "/auth/forgot": {"email": "nobody@example.org"},
    "/auth/reset": {"token": "a.b.c", "password": "correct horse battery"},
    "/auth/password": {"password": "short", "new_password": "correct horse battery"},
    "/auth/sessions/end": {"password": "shorter than it", "id": "5f0c"},
    "/auth/totp": {"password": "shorter than it"},
    "/auth/totp/confirm": {"code": "287082"},
    "/auth/totp/remove": {"password": "shorter than it", "code": "287082"},
    "/admin-keys/request": {"permission_from": "nobody"},
    "/admin-keys/verify": {"id": "1772359200000-0123456789abcdef", "key": "123456"},
    "/check-session": {"session_token": "abc"},
    "/admin/payments/<reference>/refund": {"amount": 100},
    "/_simulator/clock": {"seconds": 1},
    "/_simulator/page/clock": {"seconds": 1},
    "/_simulator/settings": {"webhook_copies": 2, "fault_rates": {"*": 0.1}, "currencies": ["NGN"]},
    "/_simulator/page/settings": {"webhook_copies": 2, "seed": 1},
    "/_simulator/faults": {"operation": "verify", "mode": "500", "times": 1},
    "/_simulator/page/faults": {"fault": "verify 500", "times": 1},
    "/_simulator/disputes": {"reference": "ord-1", "amount": 100, "category": "fraud"},
    "/_simulator/keys": {"old": "sk_test_a", "new": "sk_test_b"},
    "/checkout/<access_code>": {"card": "success"},
    "/charge": {**USUAL, "card": {"number": "4084084084084081", "cvv": "408", "expiry_month": "01", "expiry_year": "99"}},
    "/customer": {"email": "ada@example.org", "first_name": "Ada", "metadata": {"a": 1}},
    "/refund": {"transaction": "ord-1", "amount": 100, "merchant_note": "x"},
    "/transaction/charge_authorization": {**USUAL, "authorization_code": "AUTH_1", "queue": True},
    "/transaction/partial_debit": {**USUAL, "authorization_code": "AUTH_1", "at_least": "5"},
}  # fmt: skip
"""Bodies that nearly do, by route; the others start from ``USUAL``."""


FORGET_EVERY = 500
"""Bodies."""


@dataclass(frozen=True)
class Target:
    """A POST route of one of the two applications."""

    client: FlaskClient
    rule: str
    path: str
    credentials: dict[str, str]
    is_signed: bool

    def send(self, sent: Sent, *, trusted: bool) -> tuple[int, str]:
        """The status, and what was answered. ``trusted`` comes with every credential there is."""
        headers = {**sent.headers, **(self.credentials if trusted else {})}
        if trusted and self.is_signed:
            headers["x-paystack-signature"] = signed(sent.body)
        with self.client.post(self.path, data=sent.body, headers=headers) as answer:
            return answer.status_code, answer.text[:300]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return fuzz(options.n, options.seed, options.control)


def fuzz(count: int, seed: int, control: str | None = None) -> Outcome:
    """Send ``count`` bodies, each to a route by chance, every second one with credentials."""
    chance, bodies = random.Random(seed), Malformed(seed)
    statuses: Counter[int] = Counter()
    worst: list[str] = []
    before = 0
    with ExitStack() as stack:
        shop = stack.enter_context(_shop(stack))
        if control == "bare-json":
            shop.app.view_functions["paystack.webhook.webhook"] = _bare_json
        simulator = create_simulator(clock=ManualClock())
        targets = [*of_the_backend(shop), *_of_the_simulator(simulator)]
        if control == "bare-json":
            targets = [each for each in targets if each.is_signed]
        for number in range(count):
            if number == count // 10:
                before = memory()
            target = chance.choice(targets)
            sent = bodies.next(BODIES.get(target.rule, USUAL))
            status, told = target.send(sent, trusted=number % 2 == 0)
            statuses[status // 100] += 1
            if status >= 500 and len(worst) < 20:
                worst.append(f"{status} {target.path} {sent.headers} {sent.body[:200]!r}: {told}")
            if target.rule.startswith("/_simulator"):
                _as_it_was(simulator.extensions["simulator"])
            if number % FORGET_EVERY == 0:
                _forget(simulator.extensions["simulator"])
        growth = memory() - before
    for line in worst:
        print(line)
    numbers: dict[str, object] = {
        "bodies": count,
        "routes": len({(id(each.client), each.rule) for each in targets}),
        **{f"{hundred}xx": statuses[hundred] for hundred in (2, 3, 4, 5)},
        "memory_before_KiB": before // 1024,
        "memory_after_KiB": (before + growth) // 1024,
        "memory_growth_KiB": growth // 1024,
    }
    return Outcome(statuses[5] == 0 and growth <= MOST_GROWTH, numbers)


def memory() -> int:
    """Resident bytes of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_SIZE


def _bare_json() -> str:
    request.get_json()
    return "ok"


def _shop(stack: ExitStack) -> Any:
    """A shop that logs nothing, whose mail is taken."""
    mailbox = stack.enter_context(running_smtp())
    opened = shop_of_moved_time(mail_server="127.0.0.1", mail_port=mailbox.port, jobs="off")
    stack.enter_context(silence())
    return opened


def of_the_backend(shop: Shop) -> Iterator[Target]:
    """Its POST routes, with credentials that last."""
    reference = shop.settled_payment()
    user = shop.ours.services.accounts.create("fuzz@example.org", "correct horse battery staple", Role.CUSTOMER)
    token = Tokens([JWT_SECRET], "access", timedelta(hours=1), shop.clock).make(user.id, user.generation)
    session = {"X-Session-Token": shop.ours.services.sessions.open("admin1")}
    retry = shop.ours.wiring.links.retry(reference).url.rsplit("/", 1)[1]
    named = {"product": "womaye-gsp", "reference": reference, "token": retry, "number": "1"}
    for rule in posts(shop.app):
        # Logging out would end the token that the other routes come with.
        access = {} if rule == "/auth/logout" else {"Authorization": f"Bearer {token}"}
        yield Target(shop.client, rule, filled(rule, named), {**access, **session}, rule == "/pay/webhook")


def _of_the_simulator(app: Flask) -> Iterator[Target]:
    client, bearer = app.test_client(), {"Authorization": f"Bearer {SECRET_KEY}"}
    opened = client.post(
        "/transaction/initialize",
        json={"email": "ada@example.org", "amount": 500000, "reference": "ord-1"},
        headers=bearer,
    ).get_json()["data"]
    named = {"reference": "ord-1", "access_code": opened["access_code"], "code": "AUTH_1", "path": "x"}
    for rule in posts(app):
        yield Target(client, rule, filled(rule, named), bearer, is_signed=False)


def posts(app: Flask) -> list[str]:
    """The addresses that take a POST; what the simulator answers 501 by design has no view that could fail."""
    rules = [each for each in app.url_map.iter_rules() if "not_simulated" not in each.endpoint]
    return sorted({re.sub(r"<[^<>]*:", "<", each.rule) for each in rules if "POST" in (each.methods or ())})


def filled(rule: str, named: dict[str, str]) -> str:
    """A rule with its variables filled in."""
    return re.sub(r"<([^<>]+)>", lambda found: named.get(found[1], "1"), rule)


def _as_it_was(simulator: Simulator) -> None:
    """What a body happened to change, so that no planned fault answers 500."""
    usual = Settings()
    for name in Settings.model_fields:
        setattr(simulator.settings, name, getattr(usual, name))
    simulator.faults.clear()


def _forget(simulator: Simulator) -> None:
    """What accepted bodies left in the simulator, which keeps all it is told: that is no leak."""
    simulator.webhooks.clear()
    with simulator.world.lock:
        simulator.agenda.clear()
        for integration in simulator.world.integrations.values():
            integration.disputes.clear()
            integration.refunds.clear()
            integration.customers.clear()
            for reference in set(integration.transactions) - {"ord-1"}:
                del integration.transactions_by_id[integration.transactions.pop(reference).id]
