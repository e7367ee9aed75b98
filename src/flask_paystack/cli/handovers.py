"""``flask handovers``: what the merchant's own code was told of settled payments."""

from typing import Any

import click

from flask_paystack.cli.group import Group, json_option, ours, page_options, say_page
from flask_paystack.cli.output import say, say_json, when
from flask_paystack.console import facts
from flask_paystack.errors import NotAllowed, NotFound
from flask_paystack.handover.model import Handover
from flask_paystack.payments.facts import instant

handovers = Group("handovers", help="Settled payments on their way to your own code.")


@handovers.command("list")
@click.option("--state", type=click.Choice(["waiting", "done", "dead"]), help="Dead is given up.")
@page_options
@json_option
def list_(*, state: str | None, limit: int, after: str | None, as_json: bool) -> None:
    """Show hand-overs, newest first."""
    page = ours().records.handovers.list_page(after, limit, state)
    columns = {
        "reference": lambda each: each["reference"],
        "state": lambda each: each["state"],
        "attempts": lambda each: each["attempts"],
        "accepted by": lambda each: ", ".join(each["accepted_by"]),
        "settled (UTC)": lambda each: when(each["created_at"]),
        "error": lambda each: each["error"],
    }
    say_page("handovers", [_told(each) for each in page.items], page.next, columns, as_json=as_json)


@handovers.command()
@click.argument("reference")
@json_option
def repeat(*, reference: str, as_json: bool) -> None:
    """Tell your code of a payment once more, under the same id. Who has accepted already is not told again."""
    records = ours().records.handovers
    found = records.get_by_reference(reference)
    if found is None:
        raise NotFound("No payment with that reference has settled.")
    if not records.repeat(found.id):
        raise NotAllowed("This hand-over waits for its next try already.")
    if as_json:
        say_json(_told(records.get_by_reference(reference)))
    else:
        say(f"The hand-over of {reference} waits to be delivered.")


def _told(found: Handover) -> dict[str, Any]:
    return {"reference": found.reference, "created_at": instant(found.created_at), **facts.handover(found)}
