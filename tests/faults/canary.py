"""Secrets planted over a whole story, and looked for wherever anything is told (FAULTS R57).

The real backend, the simulator and a real mail server play a story in which twenty-odd secrets take part: keys, passwords,
tokens, an authorization code, a card's number. Then every log line, answer, mail, page, metric, admin JSON and byte of the
database is searched. A secret may stand only where ``GIVEN_TO`` says, which is where it is handed to its owner. The controls
log a session token, and keep events in clear.
"""

import argparse
import base64
import io
import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from flask_paystack.errors import Failure, SettingsError
from flask_paystack.expiring import open_store
from flask_paystack.records.database import Database
from flask_paystack.settings import Settings
from flask_paystack.web.log import JsonLines, LinesForPeople
from tests.faults import Outcome, canary_codes
from tests.faults.moved_time import shop_of_moved_time
from tests.servers import free_port
from tests.shop import EMAIL, SECRET_KEY, Shop, settings_in
from tests.smtp import Mailbox, running_smtp

CONTROLS = ("logged", "in-clear")

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
MADE = ("access token", "reset token", "retry token", "access key", "session token", "authorization code")
"""The story makes these itself."""

GIVEN_TO: dict[str, tuple[str, ...]] = {
    "access token": ("answer of POST /auth/register", "answer of POST /auth/login"),
    "session token": ("answer of POST /admin-keys/verify",),
    "access key": ("mail to ada@example.org",),
    "reset token": ("mail to ada@example.org",),
    "retry token": ("mail to ada@example.org", "page of the retry link"),
    # Paystack's signed bytes are kept sealed, and shown to operators: what was signed could not be proved otherwise.
    "authorization code": ("signed bytes for operators",),
}
"""Where a secret may stand. Nothing else may stand anywhere."""


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

    def finds(self) -> Iterator[str]:
        """A secret and a place where it may not stand."""
        for name, secret in {**CHOSEN, **self.made}.items():
            # Six digits are found as a word of their own only: they stand in longer numbers by chance.
            sought = re.compile(rb"(?<![0-9a-zA-Z.])" + re.escape(secret.encode()) + rb"(?![0-9a-zA-Z])")
            for place, told in self.places:
                if sought.search(told) and place not in GIVEN_TO.get(name, ()):
                    yield f"{name} in {place}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return look(options.control)


def look(control: str | None = None) -> Outcome:
    """Play the story, and search."""
    told = Told()
    with ExitStack() as stack:
        if control == "in-clear":
            stack.enter_context(canary_codes.in_clear())
        log = stack.enter_context(_listening())
        mailbox = stack.enter_context(running_smtp())
        shop = stack.enter_context(
            shop_of_moved_time(
                paystack_secret_key=f"{SECRET_KEY},{CHOSEN['older Paystack key']}",
                jwt_secret=CHOSEN["JWT secret"],
                metrics_token=CHOSEN["metrics token"],
                notify_url=f"http://127.0.0.1:{free_port()}/told",
                notify_secret=CHOSEN["hand-over secret"],
                mail_server="127.0.0.1",
                mail_port=mailbox.port,
                mail_username="payments",
                mail_password=CHOSEN["SMTP password"],
            )
        )
        log.listen()
        if control == "logged":
            _log_sessions(shop)
        _play(shop, mailbox, told)
        _fail_to_open(shop, told)
        for raw, (_, recipients) in zip(mailbox.raw, mailbox.envelopes, strict=True):
            told.places.append((f"mail to {','.join(recipients)}", _decoded(raw)))
        told.places += [(place, text.encode()) for place, text in log.written()]
        told.places.append(("repr of the settings", f"{shop.ours.settings!r}{shop.ours.settings}".encode()))
        files = [each for each in shop.directory.iterdir() if "sqlite3" in each.name]
        told.places.append(("database", b"".join(each.read_bytes() for each in sorted(files))))
        finds = [*told.finds(), *canary_codes.finds()]
    for find in finds:
        print(find)
    planted = len(CHOSEN) + len(told.made)
    is_whole = set(told.made) == set(MADE) and all(_reached(told, name) for name in MADE)
    numbers: dict[str, object] = {
        "canaries": planted,
        "places": len(told.places),
        "bytes": sum(len(each) for _, each in told.places),
        "found": len(finds),
    }
    return Outcome(not finds and is_whole and planted >= 20, numbers)


def _reached(told: Told, name: str) -> bool:
    """Whether the search finds a secret where it is given to its owner: one that finds nothing anywhere proves nothing."""
    secret = told.made[name].encode()
    return any(secret in text for place, text in told.places if place in GIVEN_TO[name])


def _decoded(raw: bytes) -> bytes:
    """A mail as it went over the wire, and with its quoted-printable lines joined."""
    return raw + b"\n" + re.sub(rb"=\r?\n", b"", raw).replace(b"=3D", b"=")


def _is_ours(record: logging.LogRecord) -> bool:
    """Not of the mail server that plays along in this process, which may tell what it takes."""
    return record.name != "mail.log"


class _Listening:
    """Everybody's log lines, in both forms."""

    def __init__(self) -> None:
        self._streams = {"log for machines": io.StringIO(), "log for people": io.StringIO()}
        formatters = (JsonLines(), LinesForPeople())
        self._handlers = [logging.StreamHandler(each) for each in self._streams.values()]
        for handler, formatter in zip(self._handlers, formatters, strict=True):
            handler.setFormatter(formatter)
            handler.addFilter(_is_ours)
        self._loggers = (logging.getLogger(), logging.getLogger("flask_paystack"))
        self._before = [(list(each.handlers), each.level) for each in self._loggers]

    def listen(self) -> None:
        for logger in self._loggers:  # the second does not hand its lines on
            logger.handlers = list(self._handlers)
            logger.setLevel(logging.DEBUG)

    def stop(self) -> None:
        for logger, (handlers, level) in zip(self._loggers, self._before, strict=True):
            logger.handlers = handlers
            logger.setLevel(level)

    def written(self) -> list[tuple[str, str]]:
        return [(place, stream.getvalue()) for place, stream in self._streams.items()]


@contextmanager
def _listening() -> Iterator[_Listening]:
    listening = _Listening()
    try:
        yield listening
    finally:
        listening.stop()


def _log_sessions(shop: Shop) -> None:
    sessions = shop.ours.services.sessions
    opening = sessions.open

    def opened(admin: str) -> str:
        token = opening(admin)
        logging.getLogger("flask_paystack.control").info("opened %s", token)
        return token

    sessions.open = opened  # type: ignore[method-assign]


def _play(shop: Shop, mailbox: Mailbox, told: Told) -> None:
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
    with shop.simulator.world.lock:
        [code] = [each for world in shop.simulator.world.integrations.values() for each in world.authorizations]
    told.made["authorization code"] = code
    told.answer(shop.client.get(f"/pay/verify/{reference}"))
    told.answer(shop.client.get("/payments", headers=access))
    return reference


def _decline(shop: Shop, mailbox: Mailbox, told: Told) -> None:
    reference = shop.open_payment()
    shop.customer_pays(reference, "declined")
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
    told.answer(client.post(f"/admin/payments/{reference}/refund", json={"amount": 100}, headers=session))
    for room in ("payments", f"payments/{reference}", "events", "messages", "summary"):
        told.answer(client.get(f"/admin/{room}", headers=session))
    return session


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


def _fail_to_open(shop: Shop, told: Told) -> None:
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
