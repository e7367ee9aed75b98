"""The command line as the processes that people start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from paystack_simulator import create_simulator
from paystack_simulator.server import SimulatorServer
from tests.cli import answering
from tests.servers import free_port
from tests.shop import Shop, settings_in, write_products
from tests.smtp import running_smtp

ROOT = Path(__file__).parent.parent.parent
FLASK = Path(sys.executable).parent / "flask"


def flask(directory: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``flask <words>`` in a directory, with nothing in the environment that could be a setting."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        [FLASK, *words], cwd=directory, env={**inherited, **environment}, capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def write_env(directory: Path, **changes: object) -> None:
    """A ``.env``, the catalogue and ``wsgi.py``, as in a checkout."""
    write_products(directory)
    (directory / "wsgi.py").write_text((ROOT / "wsgi.py").read_text())
    lines = [f"{name}={value}\n" for name, value in settings_in(directory, **changes).items()]
    (directory / ".env").write_text("".join(lines))


def test_a_doctor_without_settings_says_what_is_missing(tmp_path: Path) -> None:
    done = flask(tmp_path, "doctor", "--ngrok", f"http://127.0.0.1:{free_port()}")

    assert done.returncode == 1
    assert done.stderr == ""
    assert "✗ settings  PAYSTACK_SECRET_KEY is not set" in done.stdout
    assert "✗ settings  JWT_SECRET is not set" in done.stdout
    assert "copy .env.example" in done.stdout


def test_a_terminal_without_our_signs_gets_question_marks(tmp_path: Path) -> None:
    done = flask(tmp_path, "doctor", PYTHONIOENCODING="latin-1")

    assert "? settings" in done.stdout


def test_a_doctor_for_programs_finds_a_tunnel_and_everything_fine(tmp_path: Path) -> None:
    tunnels = (
        b'{"tunnels": [{"public_url": "https://1a2b.ngrok.invalid", "config": {"addr": "http://localhost:5000"}}]}'
    )
    with SimulatorServer(create_simulator()) as paystack, running_smtp() as mail, answering(tunnels) as ngrok:
        write_env(
            tmp_path,
            paystack_base_url=paystack.url,
            mail_server="127.0.0.1",
            mail_port=mail.port,
            public_url="http://127.0.0.1:5000",
        )
        done = flask(tmp_path, "doctor", "--json", "--ngrok", ngrok)

    report = json.loads(done.stdout)
    assert [each for each in report["checks"] if each["state"] == "failed"] == []
    assert report["ok"] is True
    assert report["webhook_url"] == "https://1a2b.ngrok.invalid/pay/webhook"
    assert done.returncode == 0
    assert not (tmp_path / "payments.sqlite3").exists()


def test_an_env_file_that_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    """Flask reads the file before us, and has no sentence for it; where it is told not to, ours is."""
    (tmp_path / ".env").write_bytes(b"JWT_SECRET=\xff\xfe")

    done = flask(tmp_path, "doctor", "--ngrok", f"http://127.0.0.1:{free_port()}", FLASK_SKIP_DOTENV="1")

    assert done.returncode == 1
    assert ".env cannot be read" in done.stdout


def test_payments_are_listed_from_a_directory_with_an_env_file(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        reference = shop.open_payment()
    write_env(tmp_path)

    done = flask(tmp_path, "payments", "list", "--json")

    assert done.returncode == 0
    assert done.stderr == ""
    assert [each["reference"] for each in json.loads(done.stdout)["payments"]] == [reference]


def test_help_needs_no_settings(tmp_path: Path) -> None:
    (tmp_path / "wsgi.py").write_text((ROOT / "wsgi.py").read_text())

    done = flask(tmp_path, "--help")

    assert done.returncode == 0
    assert "doctor" in done.stdout
    assert "JWT_SECRET is not set" in done.stderr
    assert flask(tmp_path, "payments", "list").returncode == 3


def test_the_paystack_group_works_in_an_app_that_mounted_us(tmp_path: Path) -> None:
    host = Flask("host")
    with Shop(tmp_path, host=host, prefix="/money") as shop:
        reference = shop.open_payment()
    (tmp_path / "app.py").write_text(
        "from flask import Flask\nfrom flask_paystack import FlaskPaystack\n"
        f"app = Flask('host')\napp.config.from_mapping({settings_in(tmp_path)!r})\n"
        "FlaskPaystack(app, url_prefix='/money')\n"
    )

    done = flask(tmp_path, "paystack", "payments", "list", "--json")

    assert [each["reference"] for each in json.loads(done.stdout)["payments"]] == [reference]
    assert "No such command" in flask(tmp_path, "payments", "list").stderr


@pytest.mark.parametrize("words", [("payments", "list"), ("db", "current"), ("jobs", "list"), ("users", "list")])
def test_the_paystack_group_says_where_it_has_nothing_to_work_on(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask('other')\n")

    done = flask(tmp_path, "paystack", *words)

    assert done.returncode == 1
    assert "This application has no Flask-Paystack" in done.stderr
