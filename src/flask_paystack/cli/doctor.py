"""``flask doctor``: whether everything this program needs is there and fits together."""

from collections.abc import Iterable

import click

from flask_paystack.cli.checks.configuration import (
    check_addresses,
    check_keys,
    check_processes,
    check_products,
    check_tls,
    read_settings,
)
from flask_paystack.cli.checks.database import check_database
from flask_paystack.cli.checks.finding import Check, Finding, State
from flask_paystack.cli.checks.reach import check_mail, check_paystack, check_store
from flask_paystack.cli.checks.webhook import NGROK, PATH, check_webhook, find_tunnel, webhook_base
from flask_paystack.cli.output import say, say_json, with_progress
from flask_paystack.clock import SystemClock
from flask_paystack.settings import Settings
from flask_paystack.web.log import one_line

CHECKS: tuple[Check, ...] = (
    check_keys,
    check_paystack,
    check_mail,
    check_database,
    check_store,
    check_products,
    check_addresses,
    check_tls,
    check_processes,
)
MARKS = {State.OK: "✓", State.FAILED: "✗", State.NOTE: "–"}


@click.command()
@click.option(
    "--ngrok", "inspection", metavar="URL", default=NGROK, show_default=True, help="ngrok's local inspection API."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def doctor(*, inspection: str, as_json: bool) -> None:
    """Check the settings and everything they name. Ends with 1 where something has to be mended."""
    settings, findings = read_settings()
    findings += _examine(settings)
    tunnel = find_tunnel(inspection)
    findings += check_webhook(settings, tunnel)
    failed = any(each.state is State.FAILED for each in findings)
    if as_json:
        base = webhook_base(settings, tunnel)
        checks = [{"check": each.check, "state": each.state.value, "sentence": each.sentence} for each in findings]
        say_json({"ok": not failed, "checks": checks, "webhook_url": base + PATH if base else None})
    else:
        _tell(findings)
    if failed:
        raise SystemExit(1)


def _examine(settings: Settings | None) -> list[Finding]:
    if settings is None:
        return [Finding("the rest", State.NOTE, "What the settings name is looked at once they can be used.")]
    clock = SystemClock()
    return [found for check in with_progress(CHECKS, "Looking") for found in check(settings, clock)]


def _tell(findings: Iterable[Finding]) -> None:
    findings = list(findings)
    width = max(len(each.check) for each in findings)
    for each in findings:
        say(f"{MARKS[each.state]} {each.check.ljust(width)}  {one_line(each.sentence)}")
