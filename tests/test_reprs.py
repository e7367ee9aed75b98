"""What ``repr`` tells: of settings, of bodies and of everything that is passed around, never what lets somebody in.

Whatever shows variables beside a traceback, such as an error tracker, shows them by ``repr``.
"""

import dataclasses
import importlib
import inspect
import pkgutil
import re
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import flask_paystack
from flask_paystack.accounts.forms import EmailAndPassword, NewPassword
from flask_paystack.admin_keys.views import KeyForm
from flask_paystack.errors import Invalid, SettingsError
from flask_paystack.openapi.shapes import Answer
from flask_paystack.sessions.views import SessionForm
from flask_paystack.settings import Settings
from flask_paystack.web.parsing import validate
from tests.shop import settings_in, write_products

CANARY = "Qx7canaryVn3Hs9Lp2Kd8"
SECRET = re.compile(
    r"token|secret|password|passwd|(^|_)keys?(_|$)|code|hash|authorization|(^|_)(raw|body|url|data|answer|html)$"
)
"""Names that a secret is likely to have."""

HARMLESS = {
    "Operation.body": "a class, for the document",
    "Operation.raw_body": "a yes or no",
    "Payment.answer": "a status word of Paystack's",
    "Payment.callback_url": "where a shop sends its customer, named by whoever asks",
    "Payment.decline_code": "a bank's reason, 51 or 54",
    "Product.split_code": "the name of a split at Paystack, from products.toml",
    "Records.keys": "the store of record keys, which tells none",
    "Reply.codes": "codes of errors, for the document",
    "Opening.callback_url": "as Payment's",
    "PayForm.callback_url": "as Payment's",
    "Services.admin_keys": "a service, which holds none",
    "Settings.admin_keys_need_login": "a yes or no",
    "Settings.frontend_url": "an address that customers see",
    "Settings.limit_keys": "a number of requests",
    "Settings.paystack_base_url": "Paystack's address; one with a password is refused",
    "Settings.public_url": "an address that customers see",
    "Transaction.decline_code": "as Payment's",
    "Tunnel.public_url": "an address that Paystack is told",
    "User.tokens_valid_from": "an instant",
}
"""Fields whose names sound like a secret, whose values are none, and why."""


def shown_fields() -> Iterator[str]:
    """``Class.field`` of every field of ours that ``repr`` tells."""
    for module in pkgutil.walk_packages(flask_paystack.__path__, "flask_paystack."):
        if ".migrations" in module.name:
            continue
        found = importlib.import_module(module.name)
        for kind in vars(found).values():
            if not inspect.isclass(kind) or kind.__module__ != module.name:
                continue
            if issubclass(kind, Answer):
                continue  # they describe answers in the document, and are never made
            if dataclasses.is_dataclass(kind):
                yield from (f"{kind.__name__}.{each.name}" for each in dataclasses.fields(kind) if each.repr)
            elif issubclass(kind, BaseModel):
                yield from (f"{kind.__name__}.{name}" for name, each in kind.model_fields.items() if each.repr)
            elif issubclass(kind, tuple):
                yield from (f"{kind.__name__}.{name}" for name in getattr(kind, "_fields", ()))


def test_no_field_that_sounds_like_a_secret_is_told_by_repr() -> None:
    told = list(shown_fields())

    assert len(told) > 250
    assert {"Settings.mail_server", "Payment.reference", "Hits.count", "PayForm.email"} <= set(told)
    sounding = {each for each in told if SECRET.search(each.partition(".")[2])}
    assert sorted(sounding - HARMLESS.keys()) == []


def test_the_list_of_harmless_fields_names_no_others() -> None:
    assert sorted(HARMLESS.keys() - set(shown_fields())) == []


def test_control_a_field_is_found_by_its_name() -> None:
    names = ("session_token", "jwt_secret", "key", "api_keys", "password", "access_code", "password_hash", "body")
    assert all(SECRET.search(name) for name in names)
    assert not any(SECRET.search(name) for name in ("reference", "email", "status", "keyboard", "order"))


def settings_with_secrets(directory: Path) -> Settings:
    write_products(directory)
    secrets: dict[str, Any] = {
        "paystack_secret_key": f"sk_test_{CANARY}1,sk_test_{CANARY}2",
        "jwt_secret": f"{CANARY}{CANARY[::-1]}{CANARY}",
        "store_url": f"redis://:{CANARY}@127.0.0.1:1/0",
        "database_url": f"postgresql://ada:{CANARY}@127.0.0.1:1/shop",
        "notify_url": f"https://merchant.example/{CANARY}",
        "notify_secret": "whsec_" + CANARY + "A" * 15,
        "mail_username": "payments",
        "mail_password": CANARY,
        "mail_password_old": f"{CANARY}3",
        "metrics_token": CANARY,
    }
    return Settings.read(settings_in(directory, **secrets))


def words(value: Any) -> str:
    """Everything a value says of itself."""
    return f"{value!r} {value} {value:}"


def test_settings_tell_no_secret_of_theirs(tmp_path: Path) -> None:
    settings = settings_with_secrets(tmp_path)

    assert CANARY in settings.mail_password  # type: ignore[operator]  # it is there
    assert CANARY not in words(settings)
    assert CANARY not in str(list(settings.__rich_repr__()) + list(settings.__repr_args__()))


def test_variables_beside_a_traceback_show_no_secret_of_the_settings(tmp_path: Path) -> None:
    settings = settings_with_secrets(tmp_path)

    def fail(held: Settings) -> None:
        raise RuntimeError("the reason")

    with pytest.raises(RuntimeError) as raised:
        fail(settings)
    told = "".join(traceback.TracebackException.from_exception(raised.value, capture_locals=True).format())
    assert "held = Settings(" in told
    assert CANARY not in told


FORMS = (
    (EmailAndPassword, {"email": "ada@example.org", "password": CANARY}),
    (NewPassword, {"token": CANARY, "password": CANARY}),
    (KeyForm, {"id": "1-0123456789abcdef", "key": CANARY}),
    (SessionForm, {"session_token": CANARY}),
)


@pytest.mark.parametrize(("form", "body"), FORMS)
def test_a_body_tells_no_secret_of_its(form: type[Any], body: dict[str, str]) -> None:
    read = validate(form, body)

    assert CANARY in str(read.model_dump())
    assert CANARY not in words(read)


@pytest.mark.parametrize(("form", "body"), FORMS)
def test_what_is_wrong_with_a_body_is_told_without_what_it_held(form: type[Any], body: dict[str, str]) -> None:
    wrong = [{**body, name: [value]} for name, value in body.items()] + [{**body, "surplus": CANARY}]
    for each in wrong:
        with pytest.raises(Invalid) as refused:
            validate(form, each)
        assert CANARY not in f"{refused.value!r} {refused.value} {refused.value.details}"
        assert refused.value.__context__ is None or CANARY not in str(refused.value.__context__)
        with pytest.raises(ValidationError) as raised:
            form.model_validate(each)
        assert CANARY not in words(raised.value)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
@pytest.mark.parametrize("shape", ["{}", "sk_live_{}", "whsec_{}", "https://ada:{}@h/", "redis://:{}@h:x/", "a={}"])
def test_what_is_wrong_with_a_setting_is_told_without_its_value(tmp_path: Path, name: str, shape: str) -> None:
    write_products(tmp_path)
    given = settings_in(tmp_path, **{name: shape.format(CANARY)})
    with suppress(SettingsError):
        Settings.read(given)
        return
    with pytest.raises(SettingsError) as refused:
        Settings.read(given)
    told = "".join(traceback.format_exception(refused.value))
    assert CANARY not in f"{told} {refused.value!r} {refused.value.problems}"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_what_pydantic_says_of_a_setting_leaves_its_value_out(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({name: CANARY, "jobs": [CANARY]})
    assert CANARY not in words(refused.value)
