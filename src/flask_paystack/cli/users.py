"""``flask users``: accounts."""

import sys
from typing import Any

import click

from flask_paystack.accounts.model import Role, User
from flask_paystack.cli.group import Group, json_option, ours, page_options, say_page, services
from flask_paystack.cli.output import say, say_json, when
from flask_paystack.payments.facts import instant

users = Group("users", help="Accounts: open, list and disable; reset a second factor.")


@users.command()
@click.argument("email")
@click.option("--operator", is_flag=True, help="One who may ask for access keys beyond the strangers' budget.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input, up to the end of its line."
)
@json_option
def create(*, email: str, operator: bool, password_stdin: bool, as_json: bool) -> None:
    """Open an account. The password is asked for, hidden, twice."""
    accounts = services().accounts
    password = _read_password() if password_stdin else _prompt_for_password()
    user = accounts.create(email, password, Role.OPERATOR if operator else Role.CUSTOMER)
    if as_json:
        say_json(_told(user))
    else:
        say(f"{user.email} has an account, as {user.role.value}.")


def _read_password() -> str:
    """The first line of standard input. A password that is no text is told as such."""
    try:
        line = sys.stdin.buffer.readline().decode()
    except UnicodeDecodeError:
        raise click.ClickException("The password on standard input is not UTF-8 text.") from None
    return line.removesuffix("\n").removesuffix("\r")


def _prompt_for_password() -> str:
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


@users.command()
@click.argument("email")
@json_option
def disable(*, email: str, as_json: bool) -> None:
    """Keep somebody out, at once: every token of theirs ends, and no password lets them in."""
    _say_state(services().accounts.disable(email), as_json=as_json)


@users.command()
@click.argument("email")
@json_option
def enable(*, email: str, as_json: bool) -> None:
    """Let somebody in again, by the password they had."""
    _say_state(services().accounts.enable(email), as_json=as_json)


@users.command("reset-totp")
@click.argument("email")
@json_option
def reset_totp(*, email: str, as_json: bool) -> None:
    """Remove the second factor of somebody who lost it, recovery codes and all. They are told by mail.

    Know who asks you for it: from now on the password alone lets them in.
    """
    user = services().accounts.named(email)
    was_there = services().second_factors.reset(user)
    if as_json:
        say_json({**_told(user), "removed": was_there})
    else:
        say(f"{user.email} logs in by the password alone{'' if was_there else ', as before'}.")


def _say_state(user: User, *, as_json: bool) -> None:
    if as_json:
        say_json(_told(user))
    else:
        say(f"{user.email} is {'disabled' if user.is_disabled else 'enabled'}.")


@users.command("list")
@page_options
@json_option
def list_(*, limit: int, after: str | None, as_json: bool) -> None:
    """Show accounts, newest first."""
    page = ours().records.accounts.list_users(after, limit)
    columns = {
        "email": lambda each: each["email"],
        "role": lambda each: f"{each['role']}, disabled" if each["disabled"] else each["role"],
        "opened (UTC)": lambda each: when(each["created_at"]),
    }
    say_page("users", [_told(each) for each in page.items], page.next, columns, as_json=as_json)


def _told(user: User) -> dict[str, Any]:
    opened = instant(user.created_at)
    return {"email": user.email, "role": user.role.value, "disabled": user.is_disabled, "created_at": opened}
