"""What production must not start with, and what it must not tell (FAULTS R58).

A real gunicorn is started with each slip in the settings, and must end with a sentence that names the setting. Started well,
with views that fail, it must answer a plain 500 with an id under which the log tells the rest. The control is an application
in debug mode that lets its exceptions out.
"""

import argparse
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from tests.faults import Outcome
from tests.faults.pair import scratch, started
from tests.processes import completed, deploy
from tests.servers import free_port
from tests.shop import JWT_SECRET

CONTROLS = {"debug": "tests.faults.broken_identity:debugging()"}
LIVE = "sk_live_0f1e2d3c4b5a69788796a5b4c3d2e1f0a1b2c3d4"
SLIPS: dict[str, tuple[str, dict[str, Any]]] = {
    "no Paystack key": ("PAYSTACK_SECRET_KEY", {"paystack_secret_key": None}),
    "a sample Paystack key": ("PAYSTACK_SECRET_KEY", {"paystack_secret_key": "sk_test_replace_me"}),
    "a public key": ("PAYSTACK_SECRET_KEY", {"paystack_secret_key": "pk_test_0f1e2d3c4b5a69788796"}),
    "test and live keys": ("PAYSTACK_SECRET_KEY", {"paystack_secret_key": f"{LIVE},sk_test_0f1e2d3c4b5a6978"}),
    "no JWT secret": ("JWT_SECRET", {"jwt_secret": None}),
    "a sample JWT secret": ("JWT_SECRET", {"jwt_secret": "change-me-change-me-change-me-change-me"}),
    "a short JWT secret": ("JWT_SECRET", {"jwt_secret": JWT_SECRET[:31]}),
    "a plain JWT secret": ("JWT_SECRET", {"jwt_secret": "ab" * 20}),
    "a weak old JWT secret": ("JWT_SECRET", {"jwt_secret": f"{JWT_SECRET},secret"}),
    "a weak metrics token": ("METRICS_TOKEN", {"metrics_token": "metrics"}),
    "a notify secret that is none": ("NOTIFY_SECRET", {"notify_secret": "whsec_...", "notify_url": "https://a.test"}),
    "a misspelt setting": ("JWT_SECRETS", {"jwt_secrets": JWT_SECRET}),
    "a live key without https": (
        "PUBLIC_URL",
        {"paystack_secret_key": LIVE, "public_url": "http://pay.shop.test"},
    ),
    "a live key for the simulator": (
        "PAYSTACK_BASE_URL",
        {"paystack_secret_key": LIVE, "public_url": "https://pay.shop.test", "paystack_base_url": "http://127.0.0.1:9"},
    ),
    "several processes and one memory": ("STORE_URL", {"gunicorn": "--workers 2"}),
    "debug mode": ("FLASK_DEBUG", {"gunicorn": "--env FLASK_DEBUG=1"}),
    "debug mode with a live key": (
        "FLASK_DEBUG",
        {"paystack_secret_key": LIVE, "public_url": "https://pay.shop.test", "gunicorn": "--env FLASK_DEBUG=1"},
    ),
}
"""What is wrong, the setting that the sentence must name, and the settings, with gunicorn's own options."""
CANARY = "canary-of-an-unforeseen-failure"
AT_ONCE = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return slip(options.control)


def slip(control: str | None = None) -> Outcome:
    """Start with each slip, and fail in a view."""
    with scratch() as directory:
        chosen = list(SLIPS.items())
        told = list(_starts(directory, chosen)) if control is None else []
        leaks = list(_leaks(directory, CONTROLS[control] if control else "tests.faults.broken_identity:failing()"))
    for line in [*told, *leaks]:
        print(line)
    numbers: dict[str, object] = {"slips": len(chosen), "started_or_not_told": len(told), "leaks": len(leaks)}
    return Outcome(not told and not leaks, numbers)


def _starts(directory: Path, slips: list[tuple[str, tuple[str, dict[str, Any]]]]) -> Iterator[str]:
    """Those slips with which it started, or ended without naming the setting."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        ends = list(threads.map(lambda each: _end(directory / each[0].replace(" ", "-"), each[1][1]), slips))
    for (what, (name, _)), (code, output) in zip(slips, ends, strict=True):
        if not code or name not in output or "Traceback" in output:
            yield f"{what}: exit {code}: {output[-300:]}"


def _end(directory: Path, changes: dict[str, Any]) -> tuple[int, str]:
    """Exit code and output of a gunicorn with these settings; 0 where it started."""
    directory.mkdir()
    options = changes.get("gunicorn", "").split()
    deploy(directory, **{name: value for name, value in changes.items() if name != "gunicorn"})
    try:
        return completed(directory, "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{free_port()}", *options)
    except subprocess.TimeoutExpired:
        return 0, "It started."


def _leaks(directory: Path, application: str) -> Iterator[str]:
    """What answers to an unforeseen failure tell that they should not, and what the log does not tell."""
    with started(directory, 1, application=application) as [server]:
        for path in ("/fails", "/pay/verify/fails"):
            answer = requests.get(server.url + path, timeout=20)
            if CANARY in answer.text or "Traceback" in answer.text or ".py" in answer.text:
                yield f"{path} shows what went wrong: {answer.text[:120]}"
                continue
            told = answer.json()
            if answer.status_code != 500 or told["code"] != "internal_error":
                yield f"{path} is no plain 500: {answer.status_code} {answer.text[:120]}"
            id = told["request_id"]  # noqa: A001
            lines = [line for line in server.output.splitlines() if id in line]
            if answer.headers["X-Request-ID"] != id or not any(CANARY in line for line in lines):
                yield f"{path} cannot be found in the log by its id"
        page = requests.get(f"{server.url}/?__debugger__=yes&cmd=resource&f=style.css", timeout=20)
        if page.status_code != 404:
            yield f"a debugger answers: {page.status_code}"
