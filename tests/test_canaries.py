"""The plugin that looks for secrets finds them."""

import logging
from pathlib import Path

import pytest

from tests import canaries
from tests.processes import completed
from tests.shop import EMAIL, SECRET_KEY, Shop
from tests.smtp import running_smtp

TOLD = [
    ("Paystack key", SECRET_KEY),
    ("hand-over secret", "whsec_TWZLUTlyOEdLWXFyVHdqVVBEOElMUFpJbzJMYUxhU3c="),
    ("authorization code", "AUTH_8dfhjjdt0"),
    ("card number", "4084 0800 0000 5408"),
    ("CVV or PIN", '{"cvv": "408"}'),
]


@pytest.mark.parametrize(("kind", "secret"), TOLD)
def test_a_secret_is_known_by_its_form(kind: str, secret: str) -> None:
    assert list(canaries.finds([("log", f"told {secret}.")])) == [f"{kind} in log"]


def test_secrets_that_a_shop_makes_are_found_in_what_is_told(tmp_path: Path) -> None:
    account = {"email": EMAIL, "password": "Otter-Gravel-71-Candle"}
    with running_smtp() as mailbox, Shop(tmp_path, mail_server="127.0.0.1", mail_port=mailbox.port) as shop:
        access = shop.client.post("/auth/register", json=account).get_json()["access_token"]
        [hashed] = [each.password_hash for each in shop.ours.records.accounts.list_users(None, 1).items]
        issued = shop.client.post("/admin-keys/request", json={"permission_from": "admin1"}).get_json()
        [key] = canaries._short
        session = shop.client.post("/admin-keys/verify", json={"id": issued["id"], "key": key}).get_json()
        retry = shop.ours.wiring.retry_tokens.make(shop.open_payment())
    secrets = {
        "signed token": access,
        "password hash": hashed,
        "access key": key,
        "session token": session["session_token"],
        "retry token": retry,
        "password": account["password"],
        "JWT_SECRET": shop.ours.settings.jwt_secret[0],
    }
    for kind, secret in secrets.items():
        assert list(canaries.finds([("log", f"told {secret} to all")])) == [f"{kind} in log"]
    assert list(canaries.finds([("log", f"took 1{key} ms, {key}.5 s, and nothing of secret or key")])) == []


LEAKING = f"""
import logging, subprocess, sys
import click
from click.testing import CliRunner

def test_silent():
    print("nothing of note")
    logging.getLogger("flask_paystack").warning("settled pay-1")

def test_log():
    logging.getLogger("flask_paystack.control").warning("calls with %s", "{SECRET_KEY}")

def test_traceback():
    try:
        raise ValueError("{SECRET_KEY}")
    except ValueError:
        logging.getLogger("flask_paystack.control").exception("it failed")

def test_extra():
    logging.getLogger("flask_paystack.control").warning("it failed", extra={{"operator": "{SECRET_KEY}"}})

def test_printed():
    print("{SECRET_KEY}")

def test_printed_and_read(capsys):
    print("{SECRET_KEY}", file=sys.stderr)
    assert capsys.readouterr().err

def test_printed_by_a_child():
    subprocess.run([sys.executable, "-c", "print('{SECRET_KEY}')"], check=True)

def test_command():
    assert CliRunner().invoke(click.Command("tell", callback=lambda: click.echo("{SECRET_KEY}"))).exit_code == 0
"""


def test_control_a_test_that_tells_a_secret_fails_and_does_not_repeat_it(tmp_path: Path) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING)
    root = Path(__file__).parent.parent
    options = ("-p", "tests.canaries", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "--show-capture=no", "-rA")

    code, told = completed(tmp_path, "pytest", *options, "-o", f"pythonpath={root}", "test_leaking.py")

    assert code == 1, told
    assert "PASSED test_leaking.py::test_silent" in told
    assert "7 failed, 1 passed" in told
    places = ("output", "output of a command", "log for machines, by flask_paystack.control")
    assert all(f"  Paystack key in {place}\n" in told for place in places)
    assert "log for people, by" in told
    assert SECRET_KEY not in told


def test_the_tests_own_mail_server_may_tell() -> None:
    logging.getLogger("mail.log").warning("AUTH %s", SECRET_KEY)
