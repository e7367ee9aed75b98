"""What customers, members, operators and machines ask for. Each answer is held against the document."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp
from werkzeug.test import TestResponse

from flask_paystack.payments.retry_tokens import RetryTokens
from tests.admin_keys import mailed_key
from tests.openapi import Document
from tests.shop import EMAIL, JWT_SECRET, Shop
from tests.smtp import Mailbox

PASSWORD = "correct horse battery staple"
NOBODY = f"pay-{'0' * 32}"


@dataclass
class Caller:
    """Calls the shop, and holds each answer against the document."""

    shop: Shop
    mailbox: Mailbox
    document: Document
    seen: set[str] = field(default_factory=set)
    """``201 POST /pay/{product}``."""
    faults: list[str] = field(default_factory=list)

    def __call__(self, asked: str, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        method, address = asked.split(" ")
        path = address.partition("?")[0]
        answer = self.shop.client.open(address, method=method, headers=headers, **options)
        self.seen.add(f"{answer.status_code} {method} {self.document.path_of(path)}")
        self.faults += [
            f"{asked} {answer.status_code}: {fault}" for fault in self.document.faults_of_answer(method, path, answer)
        ]
        return answer

    def session(self) -> dict[str, str]:
        """The header of a session."""
        return {"X-Session-Token": self.shop.ours.services.sessions.open("admin1")}

    def logged_in(self, password: str) -> dict[str, str]:
        """The header of a member whose password this is."""
        answer = self("POST /auth/login", json={"email": EMAIL, "password": password})
        return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}

    def login(self) -> dict[str, str]:
        """The header of a member, who registers on the way."""
        body = {"email": EMAIL, "password": PASSWORD}
        answer = self("POST /auth/register", json=body)
        if answer.status_code == 409:
            answer = self("POST /auth/login", json=body)
        return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}

    def retry_token(self, reference: str) -> str:
        """What the failure mail of a payment ends with."""
        return RetryTokens([JWT_SECRET], 3600, self.shop.clock).make(reference)


def story_of_paying(call: Caller) -> None:
    ask = {"email": EMAIL, "order": "o-1"}
    opened = call("POST /pay/womaye-gsp", json=ask).get_json()
    reference = opened["reference"]
    call("POST /pay/womaye-gsp", json=ask)
    call("POST /pay/womaye-gsp", json={**ask, "email": "ben@example.org"})
    call(f"GET /pay/verify/{reference}")
    call.shop.customer_pays(reference)
    call.shop.advance(5)
    call(f"GET /pay/verify/{reference}")
    call("POST /pay/womaye-gsp", json=ask)
    call(f"GET /pay/verify/{NOBODY}")


def story_of_bad_bodies(call: Caller) -> None:
    for path in ("/pay/donation", "/auth/register", "/auth/login", "/auth/forgot", "/auth/reset"):
        call(f"POST {path}", json={"amount": 1.5, "é": None})
    auth = ("/auth/register", "/auth/login", "/auth/forgot", "/auth/reset")
    login = call.login()
    for path in ("/auth/password", "/auth/sessions/end", "/auth/totp", "/auth/totp/confirm", "/auth/totp/remove"):
        call(f"POST {path}", headers=login, json={"é": None})
        call(f"POST {path}", headers=login, data=b"a", content_type="text/plain")
        call(f"POST {path}", headers=login, data=b" " * 70_000, content_type="application/json")
    for path in (*auth, "/admin-keys/request", "/admin-keys/verify", "/check-session", "/pay/donation"):
        call(f"POST {path}", data=b"a", content_type="text/plain")
        call(f"POST {path}", data=b" " * 70_000, content_type="application/json")
        call(f"POST {path}", data=b"[", content_type="application/json")
    call("POST /pay/nothing", json={"email": EMAIL})
    call("POST /pay/donation", json={"email": EMAIL, "amount": 1, "callback_url": "https://evil.test"})
    call("POST /pay/donation", json={"email": EMAIL, "amount": 10000}, headers={"Authorization": "Bearer x"})
    call("POST /pay/donation", json={"email": EMAIL, "amount": 10000}, headers={"Idempotency-Key": "a b"})


def story_of_one_key_twice(call: Caller) -> None:
    key = {"Idempotency-Key": "k-1"}
    call("POST /pay/donation", json={"email": EMAIL, "amount": 10000}, headers=key)
    call("POST /pay/donation", json={"email": EMAIL, "amount": 10000}, headers=key)
    call("POST /pay/donation", json={"email": EMAIL, "amount": 20000}, headers=key)


def story_of_a_paystack_in_trouble(call: Caller) -> None:
    session, faults = call.session(), call.shop.simulator.faults
    for mode in ("401", "hang", "429"):
        faults.add("initialize", mode)
        lost = call("POST /pay/womaye-gsp", json={"email": EMAIL}).get_json()
        faults.add("initialize", "401")
        call(f"POST /pay/retry/{call.retry_token(lost.get('reference', NOBODY))}", json={})
        faults.clear()
    reference = call.shop.open_payment()
    for mode in ("401", "hang", "429"):
        call.shop.advance(60)
        faults.clear()
        faults.add("verify", mode, times=9)
        call(f"GET /pay/verify/{reference}")
        call.shop.advance(60)
        faults.clear()
        faults.add("verify", mode, times=9)
        call(f"POST /admin/payments/{reference}/verify", headers=session)
    faults.clear()
    paid = call.shop.settled_payment()
    for mode in ("401", "hang"):
        faults.add("create_refund", mode)
        call(f"POST /admin/payments/{paid}/refund", headers=session, json={"amount": 100})


def story_of_trying_again(call: Caller) -> None:
    reference = call.shop.open_payment()
    token = call.retry_token(reference)
    call(f"GET /pay/retry/{token}")
    call(f"POST /pay/retry/{token}", json={})
    call(f"POST /pay/retry/{token}", data={"a": "form"})
    for method in ("GET", "POST"):
        call(f"{method} /pay/retry/made-up")
    call("POST /pay/retry/made-up", data={"a": "form"})
    call("POST /pay/retry/made-up/withdraw", json={})
    call("POST /pay/retry/made-up/withdraw", data={"a": "form"})
    call(f"POST /pay/retry/{token}/withdraw", json={})
    call(f"POST /pay/retry/{token}/withdraw", data={"a": "form"})
    call.shop.customer_pays(reference)
    call.shop.deliver_webhooks()
    call.shop.run("processEvents")
    call(f"POST /pay/retry/{token}", json={})
    call(f"POST /pay/retry/{token}", data={"a": "form"})
    call(f"GET /pay/retry/{token}")


def story_of_webhooks(call: Caller) -> None:
    for body, signature in ((b'{"event": "x"}', None), (b"", None), (b"\xff", None), (b"{}", "00"), (b"{}", "é")):
        answer = call.shop.post_webhook(body, signature)
        call.seen.add(f"{answer.status_code} POST /pay/webhook")
        call.faults += call.document.faults_of_answer("POST", "/pay/webhook", answer)
    call("POST /pay/webhook", data=b" " * (1024 * 1024 + 1))
    call("POST /pay/webhook", data=b"{}")


def story_of_a_member(call: Caller) -> None:
    login = call.login()
    call.login()
    call("GET /auth/me", headers=login)
    for _ in range(3):
        call.shop.pay(headers=login)
    page = call("GET /payments?limit=2", headers=login).get_json()
    call(f"GET /payments?after={page['next']}", headers=login)
    for wrong in ("after=x", "limit=0", "limit=", "after=é"):
        call(f"GET /payments?{wrong}", headers=login)
    call("POST /auth/login", json={"email": EMAIL, "password": "something else"})
    for chosen in ("password", "another horse battery"):
        changed = call("POST /auth/password", headers=login, json={"password": PASSWORD, "new_password": chosen})
    login = {"Authorization": f"Bearer {changed.get_json()['access_token']}"}
    call("POST /auth/password", headers=login, json={"password": PASSWORD, "new_password": "yet another horse"})
    logins = call("GET /auth/sessions", headers=login).get_json()["sessions"]
    ends: list[dict[str, str]] = [{"id": logins[-1]["id"]}, {"id": "none"}, {}]
    for end in ends:
        call("POST /auth/sessions/end", headers=login, json={"password": "another horse battery", **end})
        login = call.logged_in("another horse battery")
    call("POST /auth/sessions/end", headers=login, json={"password": "yet another horse"})
    call("POST /auth/forgot", json={"email": EMAIL})
    accounts = call.shop.ours.services.accounts
    user = accounts.who(login["Authorization"].split(" ")[1])
    token = accounts.password_reset_token(user.id)
    call("POST /auth/logout", headers=login)
    for path in (
        "GET /payments",
        "GET /auth/me",
        "POST /auth/logout",
        "POST /auth/password",
        "POST /auth/sessions/end",
        "POST /auth/totp",
        "POST /auth/totp/confirm",
        "POST /auth/totp/remove",
        "GET /auth/sessions",
    ):
        call(path, headers=login)
    call("POST /auth/reset", json={"token": token, "password": "another password"})
    call("POST /auth/reset", json={"token": token, "password": "another password"})


def story_of_a_second_factor(call: Caller) -> None:
    login, password = call.login(), {"password": PASSWORD}
    call("POST /auth/totp", headers=login, json={"password": "something else"})
    call("POST /auth/totp/confirm", headers=login, json={"code": "123456"})
    totp = pyotp.TOTP(call("POST /auth/totp", headers=login, json=password).get_json()["secret"])
    for code in ("no code", totp.at(call.shop.clock.now()), "123456"):
        confirmed = call("POST /auth/totp/confirm", headers=login, json={"code": code})
        if confirmed.status_code == 200:
            codes = confirmed.get_json()["recovery_codes"]
    call("POST /auth/totp", headers=login, json=password)
    call("GET /auth/me", headers=login)
    for given in ({}, {"code": "no code"}, {"code": codes[0]}):
        call("POST /auth/login", json={"email": EMAIL, **password, **given})
    for code in ("no code", codes[1], codes[2]):
        call("POST /auth/totp/remove", headers=login, json={**password, "code": code})


def story_of_an_access_key(call: Caller) -> None:
    issued = call("POST /admin-keys/request", json={"permission_from": "admin1"}).get_json()
    call("POST /admin-keys/verify", json={"id": issued["id"], "key": "00000"})
    opened = call("POST /admin-keys/verify", json={"id": issued["id"], "key": mailed_key(call.mailbox)}).get_json()
    token = opened["session_token"]
    call("POST /check-session", json={"session_token": token})
    call("POST /check-session", json={"session_token": "x"})
    call("DELETE /sessions", headers={"X-Session-Token": token})
    call("DELETE /sessions", headers={"X-Session-Token": token})
    call("POST /admin-keys/request", json={"permission_from": "nobody"})
    call("POST /admin-keys/request", json={"permission_from": "admin1"}, headers={"Authorization": "Bearer x"})
    call.mailbox.answer_recipient = "450 4.2.0 Come again"
    call("POST /admin-keys/request", json={"permission_from": "admin1"})
    call.mailbox.answer_recipient = None
    for _ in range(6):
        call("POST /admin-keys/request", json={"permission_from": "admin2"})


def story_of_an_operator(call: Caller) -> None:
    session = call.session()
    waiting = call.shop.open_payment(metadata={"seat": [1, {"row": None}]})
    call(f"POST /admin/payments/{waiting}/retry", headers=session)
    call(f"POST /admin/payments/{waiting}/verify", headers=session)
    paid = call.shop.settled_payment()
    call(f"GET /admin/payments/{paid}", headers=session)
    call.shop.run("handOver", "sendMessages")
    call(f"POST /admin/payments/{paid}/refund", headers=session, json={"amount": 100})
    call(f"POST /admin/payments/{paid}/refund", headers=session, json={"amount": "100"})
    call(f"POST /admin/payments/{paid}/refund", headers=session, data=b"x")
    call(f"POST /admin/payments/{paid}/refund", headers=session, data=b" " * 70_000, content_type="application/json")
    call(f"POST /admin/payments/{paid}/refund", headers=session)
    for act in ("verify", "accept", "refund", "retry"):
        call(f"POST /admin/payments/{paid}/{act}", headers=session)
        call(f"POST /admin/payments/{NOBODY}/{act}", headers=session)
        call(f"POST /admin/payments/{paid}/{act}")
    call(f"GET /admin/payments/{NOBODY}", headers=session)
    call(f"GET /admin/payments/{paid}")
    call(f"GET /admin/payments/{paid}", headers=session)
    for query in (
        "limit=1",
        "status=success&order=x&email=a@b.test&from=2026-01-01&to=2027-01-01",
        "status=",
        "limit=1",
    ):
        call(f"GET /admin/payments?{query}", headers=session)
    for wrong in ("status=made-up", "limit=1.0", "from=yesterday", "after=x", "email=x"):
        call(f"GET /admin/payments?{wrong}", headers=session)


def story_of_what_waits_for_a_person(call: Caller) -> None:
    """A payment in quarantine, an event that nobody understood, a letter that was sent."""
    session = call.session()
    odd = call.shop.open_payment("donation", amount=10000)
    world = call.shop.paystack.test_client()
    assert world.post(f"/_simulator/transactions/{odd}/overrides", json={"currency": "GHS"}).status_code == 200
    call.shop.advance(10)
    call.shop.customer_pays(odd)
    call.shop.deliver_webhooks()
    call.shop.post_webhook(b"not json")
    call.shop.run("processEvents")
    call(f"POST /admin/payments/{odd}/accept", headers=session)
    call.shop.run("sendMessages")
    events = call("GET /admin/events?limit=1", headers=session).get_json()
    number = events["events"][0]["id"]
    call(f"GET /admin/events?after={events['next']}&state=done", headers=session)
    call(f"GET /admin/events/{number}", headers=session)
    call(f"POST /admin/events/{number}/replay", headers=session)
    call(f"POST /admin/events/{number}/replay", headers=session)
    call.shop.run("processEvents")
    call("POST /admin/events/replay", headers=session)
    messages = call("GET /admin/messages", headers=session).get_json()
    letter = messages["messages"][0]["id"]
    call(f"POST /admin/messages/{letter}/resend", headers=session)
    call(f"POST /admin/messages/{letter}/resend", headers=session)
    call("GET /admin/summary", headers=session)
    for beyond in (0, 2**63 - 1):
        call(f"GET /admin/events/{beyond}", headers=session)
        call(f"POST /admin/events/{beyond}/replay", headers=session)
        call(f"POST /admin/messages/{beyond}/resend", headers=session)
    for path in ("GET /admin/events", "GET /admin/messages"):
        call(f"{path}?limit=x", headers=session)
        call(f"{path}?state=x", headers=session)
        call(path)
    for path in ("GET /admin/events/1", "POST /admin/events/1/replay", "POST /admin/messages/1/resend"):
        call(path)
    for path in ("GET /admin/summary", "GET /admin/payments", "POST /admin/events/replay"):
        call(path)


def story_of_machines(call: Caller) -> None:
    call("GET /healthz")
    call("GET /readyz")
    for job in call.shop.ours.background.jobs:
        call.shop.ours.records.jobs.take_turn(job, timedelta(0))
    call("GET /readyz")
    call("GET /metrics")
    call("GET /metrics", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    etag = call("GET /openapi.json").headers["ETag"]
    call("GET /openapi.json", headers={"If-None-Match": etag})


def story_of_too_many(call: Caller) -> None:
    """On a shop that counts requests."""
    limited = {
        "POST /pay/womaye-gsp": 60,
        "GET /pay/verify/x": 120,
        "POST /auth/login": 10,
        "POST /admin-keys/verify": 10,
    }
    for asked, most in limited.items():
        for _ in range(most):
            call.shop.client.open(asked.split(" ")[1], method=asked.split(" ")[0])
        call(asked)
    for asked in (
        "POST /auth/register",
        "POST /auth/forgot",
        "POST /auth/reset",
        "POST /auth/password",
        "POST /auth/sessions/end",
        "POST /auth/totp",
        "POST /auth/totp/confirm",
        "POST /auth/totp/remove",
        "POST /admin-keys/request",
    ):
        call(asked)
    for asked in ("GET /pay/retry/x", "POST /pay/retry/x", "POST /pay/retry/x/withdraw"):
        call(asked)


Story = Callable[[Caller], None]
STORIES: list[Story] = [
    story_of_paying,
    story_of_bad_bodies,
    story_of_one_key_twice,
    story_of_a_paystack_in_trouble,
    story_of_trying_again,
    story_of_webhooks,
    story_of_a_member,
    story_of_a_second_factor,
    story_of_an_access_key,
    story_of_an_operator,
    story_of_what_waits_for_a_person,
    story_of_machines,
    story_of_too_many,
]
