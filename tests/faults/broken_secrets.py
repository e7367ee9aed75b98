"""The controls of ``canary``: one leak for each kind of place, and where it must be found."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from prometheus_client import Info

from flask_paystack.accounts.model import User
from flask_paystack.accounts.service import AccessToken
from flask_paystack.cli import users
from flask_paystack.errors import WrongCredentials
from flask_paystack.mail.letters import Letter
from flask_paystack.payments.retries import Offer
from flask_paystack.sessions import service as sessions
from flask_paystack.settings import Settings
from tests.faults import canary_codes
from tests.shop import Shop


@dataclass(frozen=True)
class Leak:
    """Something that tells a secret."""

    finds: frozenset[str]
    """What the search must print of it, and no other line."""
    spring: Callable[[Shop, ExitStack], object]
    """Make a shop leak until the stack ends."""


def _logged(shop: Shop, stack: ExitStack) -> None:
    opening = shop.ours.services.sessions.open

    def opened(admin: str) -> str:
        token = opening(admin)
        logging.getLogger("flask_paystack.control").info("opened %s", token)
        return token

    stack.enter_context(patch.object(shop.ours.services.sessions, "open", opened))


def _answered(shop: Shop, stack: ExitStack) -> None:
    """An error that repeats what it refuses."""
    logging_in = shop.ours.services.accounts.login

    def login(email: str, password: str, *others: Any) -> AccessToken:
        try:
            return logging_in(email, password, *others)
        except WrongCredentials as refused:
            raise WrongCredentials(f"{refused} ({password})") from None

    stack.enter_context(patch.object(shop.ours.services.accounts, "login", login))


def _mailed(shop: Shop, stack: ExitStack) -> None:
    """A letter that says how it was signed."""
    sender = shop.ours.wiring.outbox._sender
    sending, [secret] = sender.send, shop.ours.settings.jwt_secret

    def send(letter: Letter, recipient: str, identity: str) -> None:
        sending(replace(letter, text=f"{letter.text}\nSigned with {secret}\n"), recipient, identity)

    stack.enter_context(patch.object(sender, "send", send))


def _on_a_page(shop: Shop, stack: ExitStack) -> None:
    looking, older = shop.ours.services.retries.look, shop.ours.settings.paystack_secret_key[1]

    def look(token: str) -> Offer:
        offer = looking(token)
        return replace(offer, product_name=f"{offer.product_name} {older}")

    stack.enter_context(patch.object(shop.ours.services.retries, "look", look))


def _measured(shop: Shop, _: ExitStack) -> None:
    """A metric labelled with the key it was counted under."""
    info = Info("flask_paystack_key", "Which key is used.", registry=shop.ours.services.metrics)
    info.info({"key": shop.ours.settings.paystack_secret_key[0]})


def _kept(shop: Shop, stack: ExitStack) -> None:
    """Ended tokens kept whole, where their ids would do."""
    accounts, ending = shop.ours.services.accounts, shop.ours.services.accounts.logout

    def logout(token: str) -> None:
        expires_at: datetime = accounts.read(token)[1].expires_at
        ending(token)
        shop.ours.records.accounts.revoke(token, expires_at)

    stack.enter_context(patch.object(accounts, "logout", logout))


def _in_clear(_: Shop, stack: ExitStack) -> None:
    """Events kept as a program does that seals nothing."""
    stack.enter_context(canary_codes.in_clear())


def _stored(_: Shop, stack: ExitStack) -> None:
    """Sessions kept under their tokens, where a hash would do."""
    stack.enter_context(patch.object(sessions, "_digest", lambda token: token))


def _represented(_: Shop, stack: ExitStack) -> None:
    """``repr`` as it is without a word about any field."""
    stack.enter_context(patch.object(Settings, "__repr_args__", lambda settings: list(settings.__dict__.items())))


def _in_the_timeline(shop: Shop, stack: ExitStack) -> None:
    """A payment shown with everything Paystack said of its card."""
    console, showing = shop.ours.services.console, shop.ours.services.console.show_payment

    def show(reference: str) -> dict[str, Any]:
        told = showing(reference)
        told["timeline"][0]["facts"]["authorization"] = authorization_code(shop)
        return told

    stack.enter_context(patch.object(console, "show_payment", show))


def _printed(_: Shop, stack: ExitStack) -> None:
    """Accounts shown with all there is of them."""
    telling = users._told

    def told(user: User) -> dict[str, Any]:
        return {**telling(user), "password_hash": user.password_hash}

    stack.enter_context(patch.object(users, "_told", told))


LEAKS: Mapping[str, Leak] = {
    "logged": Leak(
        frozenset({"session token in log for machines", "session token in log for people"}),
        _logged,
    ),
    "answered": Leak(frozenset({"wrong password in answer of POST /auth/login"}), _answered),
    "mailed": Leak(frozenset({"JWT secret in mail to ada@example.org"}), _mailed),
    "page": Leak(frozenset({"older Paystack key in page of the retry link"}), _on_a_page),
    "metric": Leak(frozenset({"Paystack key in answer of GET /metrics"}), _measured),
    "kept": Leak(frozenset({"access token in database"}), _kept),
    "in-clear": Leak(
        frozenset({"authorization code in database"})
        | {
            f"authorization code {which} in {place}"
            for which in ("of a saved card", "in a bank's words")
            for place in ("dump of SQLite", "file of SQLite", "dump of PostgreSQL")
        },
        _in_clear,
    ),
    "stored": Leak(frozenset({"session token in store"}), _stored),
    "repr": Leak(
        frozenset(
            f"{secret} in repr of the settings"
            for secret in (
                "Paystack key",
                "older Paystack key",
                "JWT secret",
                "metrics token",
                "hand-over secret",
                "SMTP password",
            )
        ),
        _represented,
    ),
    "timeline": Leak(
        frozenset(
            f"authorization code in {place}"
            for place in (
                "answer of POST /admin/payments/<reference>/refund",
                "answer of GET /admin/payments/<reference>",
                "output of flask payments show <reference> --json",
            )
        ),
        _in_the_timeline,
    ),
    "printed": Leak(
        frozenset(
            f"password hash in output of flask users {words} --json" for words in ("list", "disable ada@example.org")
        ),
        _printed,
    ),
}
"""By the names of their controls."""


def authorization_code(shop: Shop) -> str:
    """The one code there is at the shop's Paystack, with which a card can be charged again."""
    with shop.simulator.world.lock:
        [code] = [each for world in shop.simulator.world.integrations.values() for each in world.authorizations]
    return str(code)


@contextmanager
def leaking(shop: Shop, *names: str) -> Iterator[None]:
    """A shop with these leaks."""
    with ExitStack() as stack:
        for name in names:
            LEAKS[name].spring(shop, stack)
        yield
