"""The story of ``canary``: what is done with every secret, and what is told of it."""

import base64
import logging
import re
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from flask_paystack.cli.checks.configuration import check_addresses, check_keys, check_processes
from flask_paystack.cli.checks.database import check_database
from flask_paystack.cli.checks.reach import check_mail, check_store
from flask_paystack.errors import Failure, SettingsError
from flask_paystack.expiring import open_store
from flask_paystack.records.database import Database
from flask_paystack.settings import Settings
from tests.faults.broken_secrets import authorization_code
from tests.servers import free_port
from tests.shop import EMAIL, SECRET_KEY, Shop, settings_in
from tests.smtp import Mailbox

CHOSEN = {
    "Paystack key": SECRET_KEY,
    "older Paystack key": "sk_test_77aa88bb99cc00dd11ee22ff33aa44bb55cc66dd",
    "JWT secret": "Yc5Rk9Lj2Hs7Gf4Da0Qe8Ui1OWm3Zp8Tq1Bx6Nv0",
    "metrics token": "Nq7Vb2Xw9Lr4Ty6Kd1Mz",
    "hand-over secret": "whsec_TWZLUTlyOEdLWXFyVHdqVVBEOElMUFpJbzJMYUxhU3c=",
    "SMTP password": "Hx3smtpJw8canaryPq5",
    "database password": "Rt6databaseGv1canaryKs",
    "store password": "Bn4storeLf7canaryWd",
    "password": "Otter-Gravel-71-Lantern",
    "wrong password": "Marmot-Pebble-28-Candle",
    "new password": "Heron-Basalt-94-Torch",
    "card number": "4084080000005408",
    "wrong access token": "eyJhbGciOiJIUzI1NiJ9.canary.Jd8Lq2",
    "wrong session token": "Vw5canarysessionUq9Ze3",
    "wrong signature": "ab" * 60 + "c0ffee42",
    "token in a query": "Sf2canaryqueryXo6Ip0",
}
MADE = (
    "access token",
    "reset token",
    "retry token",
    "access key",
    "session token",
    "authorization code",
    "password hash",
)
"""The story makes these itself."""


@dataclass
class Told:
    """Everything that went out, by place."""

    places: list[tuple[str, bytes]] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)

    def answer(self, answer: TestResponse, where: str | None = None) -> TestResponse:
        """Keep an answer, headers too."""
        place = where or f"answer of {answer.request.method} {answer.request.path}"
        self.places.append((place, str(answer.headers).encode() + answer.data))
        return answer


def play(shop: Shop, mailbox: Mailbox, told: Told) -> None:
    """Pay, fail, administer and try what is wrong, with every secret."""
    client = shop.client
    access = _log_in(shop, mailbox, told)
    reference = _pay(shop, told, access)
    _decline(shop, mailbox, told)
    session = _administer(shop, mailbox, told, reference)
    _try_wrongly(shop, told, reference)
    event = next(iter(shop.ours.records.webhooks.list_page(None, 1, reference=reference).items))
    shown = told.answer(client.get(f"/admin/events/{event.id}", headers=session)).get_json()
    told.places.append(("signed bytes for operators", base64.b64decode(shown["body"])))
    told.answer(client.get("/metrics", headers={"Authorization": f"Bearer {CHOSEN['metrics token']}"}))
    mailbox.accepts_logins = False
    told.answer(client.post("/admin-keys/request", json={"permission_from": "admin2"}))
    told.answer(client.post("/auth/logout", headers=access))
    _command(shop, told, reference)


def _log_in(shop: Shop, mailbox: Mailbox, told: Told) -> dict[str, str]:
    client = shop.client
    told.answer(client.post("/auth/register", json={"email": EMAIL, "password": CHOSEN["password"]}))
    told.answer(client.post("/auth/login", json={"email": EMAIL, "password": CHOSEN["wrong password"]}))
    told.answer(client.post("/auth/forgot", json={"email": EMAIL}))
    shop.run("sendMessages")
    told.made["reset token"] = _in_mail(mailbox, r"reset_token=([\w.-]+)")
    new = {"token": told.made["reset token"], "password": CHOSEN["new password"]}
    told.answer(client.post("/auth/reset", json=new))
    told.answer(client.post("/auth/reset", json=new))
    login = told.answer(client.post("/auth/login", json={"email": EMAIL, "password": CHOSEN["new password"]}))
    told.made["access token"] = login.get_json()["access_token"]
    return {"Authorization": f"Bearer {told.made['access token']}"}


def _pay(shop: Shop, told: Told, access: dict[str, str]) -> str:
    for mode in ("500", "reset", "half-json"):
        shop.simulator.faults.add("initialize", mode)
        told.answer(shop.pay(headers=access))
    opened = told.answer(shop.pay(headers=access))
    reference = str(opened.get_json()["reference"])
    shop.customer_pays(reference)
    shop.deliver_webhooks()
    shop.run("processEvents", "sendMessages", "handOver")
    told.made["authorization code"] = authorization_code(shop)
    told.answer(shop.client.get(f"/pay/verify/{reference}"))
    told.answer(shop.client.get("/payments", headers=access))
    return reference


def _decline(shop: Shop, mailbox: Mailbox, told: Told) -> None:
    reference = shop.open_payment()
    checkout = f"/checkout/{shop.ours.services.payments.get(reference).access_code}"
    paystack = shop.paystack.test_client()
    typed = {"card": "other", "number": CHOSEN["card number"], "expiry": "12/40", "cvv": "001"}
    told.answer(paystack.post(checkout, data=typed, follow_redirects=True), "page of the checkout")
    told.answer(paystack.get(checkout), "page of the checkout")
    for _ in range(30):
        shop.advance(60)
        shop.run("pollPayments", "noticeFailures", "sendMessages")
    told.made["retry token"] = _in_mail(mailbox, r"/pay/retry/([\w.-]+)")
    told.answer(shop.client.get(f"/pay/retry/{told.made['retry token']}"), "page of the retry link")
    told.answer(shop.client.get(f"/pay/retry/{told.made['retry token']}x"), "page of a link that does not work")


def _administer(shop: Shop, mailbox: Mailbox, told: Told, reference: str) -> dict[str, str]:
    client = shop.client
    issued = told.answer(client.post("/admin-keys/request", json={"permission_from": "admin1"})).get_json()
    told.made["access key"] = _in_mail(mailbox, r"(?m)^\s*([0-9]{6})\s*$")
    verified = {"id": issued["id"], "key": told.made["access key"]}
    told.made["session token"] = told.answer(client.post("/admin-keys/verify", json=verified)).get_json()[
        "session_token"
    ]
    told.answer(client.post("/admin-keys/verify", json=verified))
    session = {"X-Session-Token": told.made["session token"]}
    told.answer(client.post("/check-session", json={"session_token": told.made["session token"]}))
    refund = client.post(f"/admin/payments/{reference}/refund", json={"amount": 100}, headers=session)
    told.answer(refund, "answer of POST /admin/payments/<reference>/refund")
    for room in ("payments", "payments/<reference>", "events", "messages", "summary"):
        path = f"/admin/{room}".replace("<reference>", reference)
        told.answer(client.get(path, headers=session), f"answer of GET /admin/{room}")
    return session


def _command(shop: Shop, told: Told, reference: str) -> None:
    """What operators read in a terminal, and what ``flask doctor`` finds on this machine."""
    runner = shop.app.test_cli_runner()
    lists = ("payments list", "events list", "messages list", "handovers list", "users list", "jobs list")
    [user] = shop.ours.records.accounts.list_users(None, 9).items
    told.made["password hash"] = user.password_hash
    for words in (*lists, "payments show <reference>", "events show 1", "users disable " + EMAIL):
        for form in ("", " --json"):
            command = f"{words}{form}".replace("<reference>", reference).split()
            if words == "jobs list" and form:
                continue
            shows_bytes = words == "events show 1" and not form
            place = "signed bytes for operators" if shows_bytes else f"output of flask {words}{form}"
            told.places.append((place, runner.invoke(args=command).output.encode()))
    for check in (check_keys, check_addresses, check_processes, check_database, check_store, check_mail):
        for each in check(shop.ours.settings, shop.clock):
            told.places.append((f"output of flask doctor: {each.check}", each.sentence.encode()))


def _try_wrongly(shop: Shop, told: Told, reference: str) -> None:
    """What people send to the wrong place, or with the wrong proof."""
    client, card = shop.client, {"number": CHOSEN["card number"], "cvv": "408"}
    told.answer(shop.pay(card=card))
    told.answer(client.post("/pay/womaye-gsp", data=f'{{"card": "{CHOSEN["card number"]}'))
    told.answer(client.get(f"/pay/verify/{reference}?token={CHOSEN['token in a query']}"))
    told.answer(client.get("/auth/me", headers={"Authorization": f"Bearer {CHOSEN['wrong access token']}"}))
    told.answer(client.get("/metrics", headers={"Authorization": f"Bearer {CHOSEN['wrong access token']}"}))
    told.answer(client.get("/admin/summary", headers={"X-Session-Token": CHOSEN["wrong session token"]}))
    told.answer(client.post("/check-session", json={"session_token": CHOSEN["wrong session token"]}))
    told.answer(client.post("/auth/register", json={"email": EMAIL, "password": CHOSEN["wrong password"]}))
    told.answer(client.post("/auth/login", json={"email": EMAIL, "password": [CHOSEN["wrong password"]]}))
    told.answer(shop.post_webhook(b'{"event":"x"}', CHOSEN["wrong signature"]))
    told.answer(client.get("/openapi.json"))
    told.answer(client.get("/readyz"))


def fail_to_open(shop: Shop, told: Told) -> None:
    """Databases and stores that do not answer, and a setting that cannot be used: what their failures say."""
    port = free_port()
    try:
        Database(f"postgresql://ada:{CHOSEN['database password']}@127.0.0.1:{port}/shop").ping()
    except Failure as failure:
        told.places.append(("failure of the database", f"{failure!r} {failure}".encode()))
        logging.getLogger("flask_paystack.canary").exception("no database")
    try:
        store = open_store(f"redis://:{CHOSEN['store password']}@127.0.0.1:{port}/0", shop.clock)
        store.map("canary", shop.ours.settings.lease).add("a", value=True)
    except Failure as failure:
        told.places.append(("failure of the store", f"{failure!r} {failure}".encode()))
        logging.getLogger("flask_paystack.canary").exception("no store")
    odd: dict[str, Any] = {"jwt_secret": CHOSEN["password"], "notify_secret": CHOSEN["new password"], "mail_port": "no"}
    odd |= {"database_url": f"mysql://ada:{CHOSEN['database password']}@db/shop", "store_url": CHOSEN["store password"]}
    try:
        Settings.read(settings_in(shop.directory, **odd))
    except SettingsError as failure:
        told.places.append(("failure of the settings", f"{failure!r} {failure}".encode()))


def _in_mail(mailbox: Mailbox, pattern: str) -> str:
    """What the last letter that has it says."""
    for letter in reversed(mailbox.received):
        body = letter.get_body(("plain",))
        if body is not None and (found := re.search(pattern, body.get_content())):
            return found[1]
    raise LookupError(pattern)
