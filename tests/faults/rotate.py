"""JWT secret (and with it the pepper), Paystack's key and the SMTP password rotate while people work (FAULTS R49).

Two servers over one database and one Redis are restarted in turn with the settings that docs/deploying.md names, while
members, an operator, a frontend and Paystack go on asking; a server that is away is what a load balancer hides. Paystack
and the mail server change to the new secret in the midst of it, and know one at a time. Nothing good may be refused, and when
the time is over, nothing old may be accepted. The controls change everything at once, and sign with the new secret too early.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import requests

from flask_paystack.accounts.tokens import Tokens
from flask_paystack.admin_keys.service import AdminKeys
from flask_paystack.clock import SystemClock
from flask_paystack.errors import MailUnavailable, PaystackRejected
from flask_paystack.expiring import open_store
from flask_paystack.mail.letters import Letter
from flask_paystack.mail.sender import Sender
from flask_paystack.paystack.client import PaystackClient
from flask_paystack.sessions.service import Sessions
from tests.admin_keys import mailed_key
from tests.faults import Outcome, silence
from tests.faults.pair import Server, scratch, started
from tests.faults.rotating import NEW, OLD, TTL, Stream, World
from tests.mail import ShopLinks, mail_settings
from tests.shop import signed

CONTROLS = ("at-once", "sign-early")
ADMINS = {"admin1": "ada@example.org"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return rotate(options.control)


def plan(control: str | None) -> list[dict[str, Any]]:
    """The settings of each step, from the old secrets to the new ones."""
    both = {
        "paystack_secret_key": f"{NEW['paystack']},{OLD['paystack']}",
        "mail_password": NEW["mail"],
        "mail_password_old": OLD["mail"],
    }
    old = {"jwt_secret": OLD["jwt"], "paystack_secret_key": OLD["paystack"], "mail_password": OLD["mail"]}
    new = {"jwt_secret": NEW["jwt"], "paystack_secret_key": NEW["paystack"], "mail_password": NEW["mail"]}
    known = {**both, "jwt_secret": f"{OLD['jwt']},{NEW['jwt']}"}
    signing = {**both, "jwt_secret": f"{NEW['jwt']},{OLD['jwt']}"}
    if control == "at-once":
        return [old, new]
    return [old, signing, new] if control == "sign-early" else [old, known, signing, new]


def rotate(control: str | None = None) -> Outcome:
    """Restart both servers with each step's settings while good requests come, and then try what is old."""
    begun = time.monotonic()
    first, *steps = plan(control)
    with ExitStack() as stack:
        directory = stack.enter_context(scratch())
        stack.enter_context(silence())
        world = World.opened(stack, directory)
        servers = stack.enter_context(started(directory, **{**world.settings, **first}))
        stream = stack.enter_context(Stream(servers, world))
        for number, changed in enumerate(steps):
            if changed is steps[-1] and control is None:
                stream.pause(TTL)  # the set time: what the old secret signed has expired by then
            for server in servers:
                server.restart(**{**world.settings, **changed})
                stream.pause(0.5)
            if number == 0:
                world.partners_change()
                stream.pause(0.5)
        stream.stop()
        accepted = list(_still_accepted(world, servers))
    told = {f"{name}_asked": count for name, count in sorted(stream.asked.items())}
    numbers: dict[str, object] = {
        "restarts": 2 * len(steps),
        **told,
        "refused": len(stream.refused),
        "first_refusal": repr(stream.refused[0]) if stream.refused else "none",
        "old_accepted_after": ",".join(accepted) or 0,
        "seconds": round(time.monotonic() - begun, 1),
    }
    return Outcome(not stream.refused and not accepted and min(stream.asked.values()) >= 10, numbers)


def _still_accepted(world: World, servers: Sequence[Server]) -> Iterator[str]:
    """What the old secrets still open after the end; and what a new one does not open, or the trial would prove nothing."""
    for secrets, name in ((OLD, "old"), (NEW, "no new")):
        opens = {
            "token": _opens_with_token(world, servers, secrets["jwt"]),
            "access key": _opens_with_key(world, servers, secrets["jwt"]),
            "webhook": _opens_with_signature(servers, secrets["paystack"]),
            "paystack key": _is_taken_by_paystack(world, secrets["paystack"]),
            "smtp password": _is_taken_by_mail_server(world, secrets["mail"]),
        }
        yield from (f"{name} {what}" for what, is_open in opens.items() if is_open == (secrets is OLD))


def _opens_with_token(world: World, servers: Sequence[Server], secret: str) -> bool:
    token = Tokens([secret], "access", timedelta(seconds=TTL), SystemClock()).make(
        world.member.id, world.member.generation
    )
    bearer = {"Authorization": f"Bearer {token}"}
    return any(requests.get(f"{each.url}/auth/me", headers=bearer, timeout=20).ok for each in servers)


def _opens_with_key(world: World, servers: Sequence[Server], secret: str) -> bool:
    """Whether a key kept under this secret's pepper opens a session."""
    clock = SystemClock()
    store = open_store(world.store_url, clock)
    sender = Sender(mail_settings(world.mailbox.port, mail_username="shop", mail_password=NEW["mail"]), clock)
    keys = AdminKeys(ADMINS, store, Sessions(store, ADMINS), sender, ShopLinks(), (secret,), clock)
    form = {"id": keys.issue("admin1").id, "key": mailed_key(world.mailbox)}
    store.close()
    return any(requests.post(f"{each.url}/admin-keys/verify", json=form, timeout=20).ok for each in servers)


def _opens_with_signature(servers: Sequence[Server], key: str) -> bool:
    body = b'{"event":"transfer.success","data":{"id":1}}'
    headers = {"x-paystack-signature": signed(body, key)}
    return any(requests.post(f"{each.url}/pay/webhook", data=body, headers=headers, timeout=20).ok for each in servers)


def _is_taken_by_paystack(world: World, key: str) -> bool:
    client = PaystackClient(key, SystemClock(), str(world.settings["paystack_base_url"]))
    try:
        client.list(per_page=1)
    except PaystackRejected:
        return False
    finally:
        client.close()
    return True


def _is_taken_by_mail_server(world: World, password: str) -> bool:
    settings = mail_settings(world.mailbox.port, mail_username="shop", mail_password=password)
    try:
        Sender(settings, SystemClock()).send(Letter("Trial", "Trial", "<p>Trial"), "ada@example.org", "trial")
    except MailUnavailable:
        return False
    return True
