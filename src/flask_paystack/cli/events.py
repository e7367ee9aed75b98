"""``flask events``: the webhooks that came, and what became of them."""

import base64
from typing import Any

import click

from flask_paystack.cli.group import Group, json_option, ours, page_options, say_page, services
from flask_paystack.cli.output import progress, say, say_facts, say_json, say_table, when
from flask_paystack.console import facts
from flask_paystack.jobs import PROCESS_EVENTS
from flask_paystack.payments.facts import instant
from flask_paystack.web.log import one_line

LARGEST_ID = 2**63 - 1
Number = click.IntRange(1, LARGEST_ID)

events = Group("events", help="Webhook events: look, and process once more.")


@events.command("list")
@click.option(
    "--state", type=click.Choice(["waiting", "done", "kept", "unmatched", "unreadable", "dead"]), help="How it stands."
)
@click.option("--reference", help="Of this payment.")
@page_options
@json_option
def list_(*, state: str | None, reference: str | None, limit: int, after: str | None, as_json: bool) -> None:
    """Show webhook events, newest first."""
    page = services().console.list_events(after, limit, state, reference)
    columns = {
        "id": lambda each: each["id"],
        "event": lambda each: each["event"],
        "reference": lambda each: each["reference"],
        "state": lambda each: each["state"],
        "deliveries": lambda each: each["deliveries"],
        "attempts": lambda each: each["attempts"],
        "received (UTC)": lambda each: when(each["received_at"]),
        "error": lambda each: each["error"],
    }
    say_page("events", [facts.event(each) for each in page.items], page.next, columns, as_json=as_json)


@events.command()
@click.argument("number", type=Number)
@json_option
def show(*, number: int, as_json: bool) -> None:
    """Show one webhook event, with the bytes that were signed."""
    told = facts.event_with_bytes(services().console.show_event(number))
    if as_json:
        say_json(told)
        return
    say_facts(_for_people(told))
    if told["body"] is None:
        return
    say()
    for line in base64.b64decode(told["body"]).decode(errors="backslashreplace").splitlines():
        say(one_line(line))


def _for_people(told: dict[str, Any]) -> dict[str, Any]:
    instants = {name: when(told[name]) for name in told if name.endswith("_at")}
    headers = ", ".join(f"{name}: {value}" for name, value in told["headers"].items())
    shown = {name: value for name, value in told.items() if name != "body"}
    return {name.replace("_", " "): value for name, value in {**shown, **instants, "headers": headers}.items()}


@events.command()
@click.argument("number", type=Number, required=False)
@click.option("--failed", is_flag=True, help="Every event that was given up, could not be read, or fits no payment.")
@click.option("--now", is_flag=True, help="Process what is due here and now, instead of leaving it to the jobs.")
@json_option
def replay(*, number: int | None, failed: bool, now: bool, as_json: bool) -> None:
    """Process an event once more, or all that failed."""
    if (number is None) != failed:
        raise click.UsageError("Name one event, or take --failed for all that wait for a person.")
    if number is None:
        _replay_failed(now=now, as_json=as_json)
        return
    services().console.replay_event(number)
    if now:
        _process(1)
    told = facts.event(services().console.show_event(number))
    if as_json:
        say_json(told)
    elif told["state"] == "waiting" and not now:
        say(f"Event {number} waits to be processed: the jobs do it, or --now here.")
    else:
        say_facts(_for_people({**told, "headers": {}}))


@events.command("catch-up")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--days", type=click.IntRange(1, 365), help="Look so far back, instead of from the last time on.")
@json_option
def catch_up(*, dry_run: bool, days: int | None, as_json: bool) -> None:
    """Take up what never reached us, after a time of being down or of a wrong webhook URL."""
    found = services().catch_up.run(dry_run=dry_run, days=days)
    if not dry_run:
        _process(found.events or 0)
    unknown: list[dict[str, Any]] = [
        {
            "reference": each.reference,
            "amount": each.amount,
            "currency": each.currency,
            "paid_at": instant(each.paid_at),
        }
        for each in found.unknown
    ]
    if as_json:
        told = {"dry_run": dry_run, "since": instant(found.since), "events": found.events}
        say_json({**told, "asked": list(found.asked), "unknown": unknown})
        return
    say(f"Since {when(instant(found.since))}:")
    if found.events is None:
        say("Paystack does not show its undelivered events; its transactions were read all the same.")
    else:
        say(f"{found.events} undelivered events {'would be' if dry_run else 'were'} taken up.")
    say(
        f"{len(found.asked)} payments unpaid here are paid at Paystack, which {'would be' if dry_run else 'was'} asked."
    )
    for reference in found.asked:
        say(f"  {reference}")
    if unknown:
        say(f"{len(unknown)} were paid at Paystack under references like ours, and are unknown here:")
        columns = ["reference", "amount", "currency", "paid (UTC)"]
        rows = [[each["reference"], each["amount"], each["currency"], when(each["paid_at"])] for each in unknown]
        say_table(columns, rows)


def _replay_failed(*, now: bool, as_json: bool) -> None:
    count = services().console.replay_failed()
    if now:
        _process(count)
    if as_json:
        say_json({"replayed": count})
    elif now:
        say(f"Processed {count} event{'' if count == 1 else 's'} once more; what still fails is in `events list`.")
    else:
        say(f"{count} events wait to be processed: the jobs do it, or --now here.")


def _process(expected: int) -> None:
    """Empty the queue of events, beside whoever else does: each is claimed by one."""
    with progress(expected, "Processing events") as steps:
        while done := ours().background.run(PROCESS_EVENTS):
            steps.update(done)
