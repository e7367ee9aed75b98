"""Imports point down: who may know whom, by file name and room.

A new file in a subject's room is a service unless it is called ``model``, ``views``, ``…_views`` or ``forms``. A new file
beside ``app.py`` needs its row in ``LAYERS``.
"""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src"
OURS = "flask_paystack"
SIMULATOR = "paystack_simulator"

LAYERS = {  # The first pattern that fits a file decides.
    "front": "__init__",
    "words": "errors clock money email_address card_codes strict_json backoff "
    "forking settings settings_files settings_names settings_tls settings_values signals sqlite_durability version",
    "model": "*/model",
    "sealing": "sealing",
    "factory": "app",
    "wiring": "wiring/*",
    "command": "cli/*",
    "demo": "demo/*",
    "running": "jobs background serving links web/mounting",
    "counting": "web/limits",
    "web": "web/* openapi/* */views */*_views */forms payments/pages",
    "records": "records/*",
    "expiring": "expiring/*",
    "paystack": "paystack/*",
    "service": "mail/outbox payments/* webhooks/* accounts/* admin_keys/* sessions/* handover/* console/* health/*",
    "mail": "mail/*",
}

KNOWS = {  # What a layer may know besides itself.
    "front": "factory words",  # lazily: to import a room is not to import the application
    "words": "",
    "model": "words",
    "sealing": "words",
    "records": "words model sealing",
    "expiring": "words",
    "paystack": "words model",
    "mail": "words model",
    "service": "words model sealing records expiring paystack mail",
    "counting": "words expiring",
    "web": "words model service counting",
    "running": "words model records expiring mail service counting web",
    "command": "words model sealing records expiring paystack mail service counting web running factory demo",
    "wiring": "words model sealing records expiring paystack mail service counting web running",
    "factory": "words model records service web running command wiring",
    "demo": "words factory",
}

LIBRARIES = {  # Who may know these; any other library is free to all.
    "flask": "web/* openapi/* */views */*_views payments/pages app wiring/* cli/* demo/*",
    "werkzeug": "web/* app cli/* demo/*",
    "flask_cors": "web/mounting",
    "click": "cli/*",
    "sqlalchemy": "records/* expiring/sql",
    "alembic": "records/*",
    "psycopg": "records/* expiring/sql",
    "redis": "expiring/redis",
    "requests": "paystack/* handover/receivers app wiring/* demo/*",
    "urllib3": "paystack/*",
    "flask_mail": "mail/*",
    "smtplib": "mail/*",
    "cryptography": "sealing",
    "jwt": "accounts/tokens",
    "argon2": "accounts/passwords",
    "pyotp": "accounts/one_time_codes",
    "apscheduler": "background",
    SIMULATOR: "demo/*",
}


def fits(file: str, patterns: str) -> bool:
    return any(fnmatch(file, pattern) for pattern in patterns.split())


def layer_of(file: str) -> str | None:
    room = file.removesuffix("/__init__")
    named = f"{room}/__init__" if (SRC / OURS / room).is_dir() else file
    return next((layer for layer, patterns in LAYERS.items() if fits(named, patterns)), None)


def file_of(path: Path) -> str:
    return path.relative_to(SRC / OURS).with_suffix("").as_posix()


def imported(source: str) -> Iterator[str]:
    """Every module that ``source`` imports, wherever in it: dotted names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                yield whole if is_module(whole) else node.module


def is_module(dotted: str) -> bool:
    path = SRC.joinpath(*dotted.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def violations(file: str, source: str) -> list[str]:
    """A sentence for each import in a file of ours that points up or out."""
    layer = layer_of(file)
    if layer is None:
        return [f"{file}.py has no place: give it a row in LAYERS."]
    found = []
    for module in imported(source):
        package, *rest = module.split(".")
        if package == OURS:
            target = "/".join(rest) or "__init__"
            below = layer_of(target)
            if below != layer and below not in KNOWS[layer].split():
                found.append(f"{file}.py ({layer}) imports {target}.py ({below}), which it may not know.")
        elif package in LIBRARIES and not fits(file, LIBRARIES[package]):
            found.append(f"{file}.py ({layer}) imports {module}; only {LIBRARIES[package]} may.")
    return found


OUR_FILES = sorted((SRC / OURS).rglob("*.py"))


def test_imports_point_down() -> None:
    found = [each for path in OUR_FILES for each in violations(file_of(path), path.read_text(encoding="utf-8"))]

    assert not found, "\n" + "\n".join(found)


def test_only_commands_and_the_demo_import_the_factory() -> None:
    """And ``wsgi.py``, which is no part of the package."""
    importers = {
        layer_of(file_of(path))
        for path in OUR_FILES
        if f"{OURS}.app" in imported(path.read_text(encoding="utf-8")) and file_of(path) != "app"
    }

    assert importers <= {"command", "demo", "front"}


def test_the_simulator_knows_nothing_of_the_backend() -> None:
    found = [
        f"{path.relative_to(SRC)} imports {module}."
        for path in (SRC / SIMULATOR).rglob("*.py")
        for module in imported(path.read_text(encoding="utf-8"))
        if module.split(".")[0] == OURS
    ]

    assert not found, "\n" + "\n".join(found)


def test_no_import_is_relative() -> None:
    """A relative one would slip past the tests above."""
    relative = [
        path
        for path in [*OUR_FILES, *(SRC / SIMULATOR).rglob("*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert not relative


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("payments/views", "import sqlalchemy"),
        ("payments/views", "from flask_paystack.records.payments import PaymentRecords"),
        ("payments/views", "from flask_paystack.paystack import client"),
        ("payments/forms", "from flask_paystack.records import payments"),
        ("payments/service", "from flask import request"),
        ("payments/service", "from werkzeug.exceptions import NotFound"),
        ("payments/service", "from flask_paystack.web.errors import STATUSES"),
        ("payments/service", "def later():\n    import requests"),
        ("payments/model", "from flask_paystack.payments.service import Payments"),
        ("payments/model", "from flask_paystack.records.payments import PaymentRecords"),
        ("records/payments", "from flask_paystack.payments.service import Payments"),
        ("records/payments", "from flask_paystack.expiring import ExpiringMap"),
        ("records/webhooks", "from cryptography.fernet import Fernet"),
        ("sealing", "from flask_paystack.records.database import Database"),
        ("expiring/sql", "from flask_paystack.records.database import Database"),
        ("expiring/memory", "import redis"),
        ("paystack/client", "from flask_paystack.records.payments import PaymentRecords"),
        ("web/guards", "from flask_paystack.app import create_app"),
        ("web/guards", "from flask_paystack.expiring import ExpiringMap"),
        ("jobs", "from flask_paystack import app"),
        ("errors", "from flask_paystack.web.errors import STATUSES"),
        ("payments/service", "import paystack_simulator"),
        ("helpers", "import re"),
    ],
)
def test_an_arrow_that_points_up_is_seen(file: str, source: str) -> None:
    """The control: each of these bad files is caught, once."""
    assert len(violations(file, source)) == 1
