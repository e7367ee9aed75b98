"""``flask payments``: what an operator does with payments."""

from datetime import datetime
from typing import Any

import click

from flask_paystack.cli.group import (
    ACTOR,
    Group,
    json_option,
    moment,
    page_options,
    say_page,
    sentence_of,
    services,
    yes_option,
)
from flask_paystack.cli.output import say, say_facts, say_json, say_table, when, with_progress
from flask_paystack.errors import Failure, PaystackUnavailable
from flask_paystack.money import Money, is_amount
from flask_paystack.payments import facts
from flask_paystack.payments.model import Status, Wanted
from flask_paystack.records.pages import LONGEST

PATIENCE = 3
"""After so many questions in a row without an answer, Paystack is asked no more."""

payments = Group("payments", help="Payments: look, ask Paystack, and decide.")


@payments.command("list")
@click.option("--status", type=click.Choice([each.value for each in Status]))
@click.option("--order", help="The merchant's own id.")
@click.option("--email", help="Who pays.")
@click.option("--from", "since", callback=moment, help="Opened at or after this.")
@click.option("--to", "until", callback=moment, help="Opened before this.")
@page_options
@json_option
def list_(
    *,
    status: str | None,
    order: str | None,
    email: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    after: str | None,
    as_json: bool,
) -> None:
    """Show payments, newest first."""
    wanted = Wanted(status=Status(status) if status else None, order=order, email=email, since=since, until=until)
    page = services().console.list_payments(wanted, after, limit)
    columns = {
        "reference": lambda each: each["reference"],
        "status": lambda each: each["status"],
        "amount": _due,
        "product": lambda each: each["product"],
        "email": lambda each: each["email"],
        "opened (UTC)": lambda each: when(each["created_at"]),
    }
    say_page("payments", [facts.full(each) for each in page.items], page.next, columns, as_json=as_json)


@payments.command()
@click.argument("reference")
@json_option
def show(*, reference: str, as_json: bool) -> None:
    """Show a payment, and the timeline that tells why it is as it is."""
    _tell(reference, as_json=as_json)


@payments.command()
@click.argument("references", metavar="[REFERENCE]...", nargs=-1)
@click.option("--open", "all_open", is_flag=True, help="Every payment that is pending.")
@json_option
def verify(*, references: tuple[str, ...], all_open: bool, as_json: bool) -> None:
    """Ask Paystack about payments now."""
    if bool(references) == all_open:
        raise click.UsageError("Name the payments to ask about, or take --open for all that are pending.")
    if len(references) == 1:
        services().console.verify(references[0], ACTOR)
        _tell(references[0], as_json=as_json)
        return
    answers = _ask(_open_references() if all_open else list(dict.fromkeys(references)))
    if as_json:
        say_json({"payments": answers})
    else:
        say_table(
            ["reference", "status", "message"],
            [[each["reference"], each["status"], each.get("error") or each["message"]] for each in answers],
            loose=True,
        )
    if any("error" in each for each in answers):
        raise SystemExit(1)


def _open_references() -> list[str]:
    found: list[str] = []
    after: str | None = None
    while True:
        page = services().console.list_payments(Wanted(status=Status.PENDING), after, LONGEST)
        found += [each.reference for each in page.items]
        after = page.next
        if after is None:
            return found


def _ask(references: list[str]) -> list[dict[str, Any]]:
    """What became of each payment; with an ``error`` where Paystack could not be asked about it."""
    answers: list[dict[str, Any]] = []
    silent = 0
    for reference in with_progress(references, "Asking Paystack"):
        if silent == PATIENCE:
            answers.append(_not_known(reference, "Not asked, since Paystack does not answer."))
            continue
        try:
            answers.append(facts.full(services().console.verify(reference, ACTOR)))
            silent = 0
        except Failure as failure:
            answers.append(_not_known(reference, sentence_of(failure)))
            silent = silent + 1 if isinstance(failure, PaystackUnavailable) else 0
    return answers


def _not_known(reference: str, error: str) -> dict[str, Any]:
    return {"reference": reference, "status": None, "error": error}


@payments.command()
@click.argument("reference")
@json_option
def retry(*, reference: str, as_json: bool) -> None:
    """Mail the customer a link to try again."""
    services().console.retry(reference, ACTOR)
    _tell(reference, as_json=as_json)


@payments.command()
@click.argument("reference")
@yes_option
@json_option
def accept(*, reference: str, yes: bool, as_json: bool) -> None:
    """Settle a quarantined payment on your word."""
    payment = services().payments.get(reference)
    _ask_whether_meant(
        f"{payment.message or 'It does not fit.'} Settle {reference} ({payment.due}) all the same", yes=yes
    )
    services().console.accept(reference, ACTOR)
    _tell(reference, as_json=as_json)


@payments.command()
@click.argument("reference")
@click.option("--amount", type=int, help="Whole subunits (kobo, pesewas, cents); all that is left without it.")
@yes_option
@json_option
def refund(*, reference: str, amount: int | None, yes: bool, as_json: bool) -> None:
    """Give money back."""
    if amount is not None and not is_amount(amount):
        raise click.BadParameter("An amount is a positive, whole number of subunits.", param_hint="--amount")
    payment = services().payments.get(reference)
    how_much = "all that is left" if amount is None else str(Money(amount, payment.currency))
    _ask_whether_meant(f"Give back {how_much} of {reference} ({payment.due}) to {payment.email}", yes=yes)
    services().console.refund(reference, amount, ACTOR)
    _tell(reference, as_json=as_json)


def _ask_whether_meant(act: str, *, yes: bool) -> None:
    if not yes:
        click.confirm(f"{act}?", abort=True, err=True)


def _due(payment: dict[str, Any]) -> Money:
    return Money(payment["amount"], payment["currency"])


def _tell(reference: str, *, as_json: bool) -> None:
    told = services().console.show_payment(reference)
    if as_json:
        say_json(told)
        return
    shown = {name: told[name] for name in ("reference", "order", "product", "email", "status", "message", "channel")}
    say_facts(
        {
            **shown,
            "amount": _due(told),
            "paid": None if told["paid_amount"] is None else Money(told["paid_amount"], told["currency"]),
            "opened": when(told["created_at"]),
            "paid at": when(told["paid_at"]),
            "settled": when(told["settled_at"]),
            "hand-over": _handover(told["handover"]),
        }
    )
    if told["refunds"]:
        say("\nRefunds")
        rows = [
            [when(each["created_at"]), _due(each), each["status"], each["requested_by"]] for each in told["refunds"]
        ]
        say_table(["at (UTC)", "amount", "status", "asked for by"], rows)
    if told["disputes"]:
        say("\nDisputes")
        columns = ["opened (UTC)", "status", "resolution", "answer by (UTC)"]
        say_table(
            columns,
            [
                [when(each["created_at"]), each["status"], each["resolution"], when(each["due_at"])]
                for each in told["disputes"]
            ],
        )
    say("\nTimeline")
    lines = [[when(each["at"]), each["actor"], each["kind"], each["sentence"]] for each in told["timeline"]]
    say_table(["at (UTC)", "actor", "kind", "what happened"], lines, loose=True)


def _handover(handover: dict[str, Any] | None) -> str | None:
    if handover is None:
        return None
    tries = "1 try" if handover["attempts"] == 1 else f"{handover['attempts']} tries"
    words = f"{handover['state']} after {tries}"
    return f"{words}: {handover['error']}" if handover["error"] else words
