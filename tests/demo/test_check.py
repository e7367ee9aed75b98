"""``flask demo --check`` says what is true, and only that."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from flask_paystack.cli.demo import demo
from flask_paystack.demo import check as checking
from flask_paystack.demo import customers, stack
from flask_paystack.demo.check import PACE, STORIES, check
from flask_paystack.demo.stack import Stack

FLASK = [sys.executable, "-m", "flask"]
LONGEST = 30
"""Seconds that ``flask demo --check`` may take."""


def bare_environment() -> dict[str, str]:
    """What a shell has on a machine with no settings, and a proxy that leads nowhere."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    return {**kept, "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}


def test_every_story_is_true_with_no_app_no_settings_and_no_network(tmp_path: Path) -> None:
    done = subprocess.run(
        [*FLASK, "demo", "--check"],
        cwd=tmp_path,
        env=bare_environment(),
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("✓") == len(STORIES)
    assert "✗" not in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_the_demonstration_prints_addresses_that_answer_and_stops_when_told(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*FLASK, "demo"], cwd=tmp_path, env=bare_environment(), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        try:
            addresses = list(_addresses(running.stdout))
            with requests.Session() as http:
                http.trust_env = False
                answers = [http.get(address, timeout=5).status_code for address in addresses]
        finally:
            running.terminate()
            rest, _ = running.communicate(timeout=10)

    assert answers == [200] * 4
    assert running.returncode == 0
    assert rest.endswith("Stopping.\n")


def _addresses(lines: Iterator[str]) -> Iterator[str]:
    """The four addresses, as they are printed."""
    found = 0
    for line in lines:
        if "http://" in line:
            found += 1
            yield "http://" + line.partition("http://")[2].strip()
        if found == 4:
            return


def test_a_price_that_is_not_the_promised_one_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: one thing is wrong, and the exit status says so."""
    monkeypatch.setattr(stack, "PRODUCTS", stack.PRODUCTS.replace("500000", "400000", 1))
    monkeypatch.setattr(checking, "STORIES", (customers.pays_and_returns, customers.gets_a_receipt))

    done = CliRunner().invoke(demo, ["--check"])

    assert done.exit_code == 1
    assert "✗ Ada pays ₦5,000.00" in done.output
    assert "expected  the amount: 500000\n    came      400000" in done.output
    assert "✓ Femi" in done.output


def test_a_lost_webhook_makes_its_story_untrue() -> None:
    """The control of the story that no one else settles: the others may pass by verify."""
    said: list[str] = []
    with Stack(PACE) as running:
        _set_simulator(running, webhooks="dropped")
        outcome = check(running, said.append, [customers.pays_and_never_returns], patience=1)

    assert outcome is False
    assert "a hand-over of pay-" in said[0]
    assert "came      nothing" in said[0]


def test_a_webhook_that_cannot_be_verified_makes_its_story_untrue() -> None:
    said: list[str] = []
    with Stack(PACE) as running:
        _set_simulator(running, bad_signatures=1)
        outcome = check(running, said.append, [customers.same_webhook_three_times])

    assert outcome is False
    assert "401" in said[0]


def test_a_lost_webhook_that_nobody_asks_about_is_not_found() -> None:
    """The control of the poller's story: without its minute the payment stays unknown."""
    said: list[str] = []
    with Stack({**PACE, "POLL_EVERY": 3600}) as running:
        outcome = check(running, said.append, [customers.is_found_without_a_webhook], patience=2)

    assert outcome is False
    assert "a receipt for pay-" in said[0]


def _set_simulator(running: Stack, **changes: object) -> None:
    answer = requests.post(f"{running.simulator_url}/_simulator/settings", json=changes, timeout=5)
    assert answer.status_code == 200, answer.text


def test_without_its_extra_the_demonstration_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtpd", None)

    done = CliRunner().invoke(demo)

    assert done.exit_code == 1
    assert "pip install 'flask-paystack[demo]'" in done.output
