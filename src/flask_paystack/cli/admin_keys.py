"""``flask admin-keys``: an access key for whoever has the machine, whatever the budgets of others."""

from typing import Any

import click
from flask import current_app

from flask_paystack.cli.group import Group, json_option, ours, services
from flask_paystack.cli.local_http import NoAnswer, ask
from flask_paystack.cli.output import say, say_json

SERVERS = ("http://127.0.0.1:8000", "http://127.0.0.1:5000")
"""Where gunicorn and ``flask run`` serve on this machine, unless told otherwise."""
REQUEST = "paystack.admin_keys.request_key"

admin_keys = Group("admin-keys", help="Access keys for admins.")


@admin_keys.command()
@click.argument("admin")
@click.option(
    "--server",
    metavar="URL",
    help="Where our server runs, for a store in memory. Without it: this machine's usual ports, then PUBLIC_URL.",
)
@json_option
def issue(*, admin: str, server: str | None, as_json: bool) -> None:
    """Mail an access key to ADMIN."""
    told = _issue(admin) if ours().store.shared else _ask_the_server(admin, server)
    if as_json:
        say_json(told)
    else:
        say(f"{admin} was mailed a key that works for {told['expires_in']} seconds. Its id is {told['id']}")


def _issue(admin: str) -> dict[str, Any]:
    issued = services().admin_keys.issue(admin)
    return {"id": issued.id, "expires_in": issued.expires_in}


def _ask_the_server(admin: str, server: str | None) -> dict[str, Any]:
    """A store in memory belongs to the serving process, so that one has to issue the key: it knows us by our secrets."""
    settings = services().settings
    servers = [server] if server else [*SERVERS, *([settings.public_url] if settings.public_url else [])]
    path = next(rule.rule for rule in current_app.url_map.iter_rules(REQUEST))
    proof = {"Authorization": f"Bearer {services().admin_keys.machine_token()}"}
    wait = settings.mail_timeout + 5  # the server answers when the mail server has taken the key
    for base in servers:
        try:
            _, told = ask(base.rstrip("/") + path, {"permission_from": admin}, proof, wait)
        except NoAnswer:
            continue
        if isinstance(told, dict) and "id" in told and "expires_in" in told:
            return {"id": told["id"], "expires_in": told["expires_in"]}
        if isinstance(told, dict) and "error" in told and "code" in told:
            raise click.ClickException(f"{base} says: {told['error']}")
    raise click.ClickException(
        "STORE_URL is memory://, so the key must be issued by the process that serves, and no such process answers at "
        f"{', '.join(servers)}. Start it, or say with --server where it is."
    )
