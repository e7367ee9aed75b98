"""``flask messages``: the e-mail outbox."""

import click

from flask_paystack.cli.events import Number
from flask_paystack.cli.group import Group, json_option, page_options, say_page, services
from flask_paystack.cli.output import say, say_json, when
from flask_paystack.console import facts

messages = Group("messages", help="The e-mail outbox: look, and send once more.")


@messages.command("list")
@click.option("--state", type=click.Choice(["waiting", "done", "dead"]), help="Done is taken by the mail server.")
@click.option("--reference", help="About this payment.")
@page_options
@json_option
def list_(*, state: str | None, reference: str | None, limit: int, after: str | None, as_json: bool) -> None:
    """Show messages, newest first."""
    page = services().console.list_messages(after, limit, state, reference)
    columns = {
        "id": lambda each: each["id"],
        "kind": lambda each: each["kind"],
        "recipient": lambda each: each["recipient"],
        "reference": lambda each: each["reference"],
        "state": lambda each: each["state"],
        "attempts": lambda each: each["attempts"],
        "queued (UTC)": lambda each: when(each["created_at"]),
        "error": lambda each: each["error"],
    }
    say_page("messages", [facts.message(each) for each in page.items], page.next, columns, as_json=as_json)


@messages.command()
@click.argument("number", type=Number)
@json_option
def resend(*, number: int, as_json: bool) -> None:
    """Send a message once more."""
    told = facts.message(services().console.resend(number))
    if as_json:
        say_json(told)
    else:
        say(f"The {told['kind']} message {number} to {told['recipient']} waits to be sent.")
