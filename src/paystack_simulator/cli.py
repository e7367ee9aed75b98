"""``flask simulator``: an offline Paystack on a port of this machine."""

import secrets

import click

from paystack_simulator.app import create_simulator
from paystack_simulator.server import SimulatorServer


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address to listen on; loopback unless you mean it."
)
@click.option("--port", default=5090, show_default=True, help="The port to listen on; 0 takes a free one.")
@click.option("--webhook-url", help="Where events are sent, e.g. http://127.0.0.1:5000/pay/webhook")
@click.option("--callback-url", help="Where customers return to when a transaction names no address of its own.")
@click.option("--secret-key", help="The secret key to show; any sk_test_… key is accepted.")
@click.option(
    "--mode-timetable",
    type=click.Choice(["test", "live"]),
    default="test",
    show_default=True,
    help="Which of Paystack's timetables webhooks are tried again by.",
)
def simulator(
    host: str, port: int, webhook_url: str | None, callback_url: str | None, secret_key: str | None, mode_timetable: str
) -> None:
    """Run an offline Paystack: its API, checkout page and webhooks. No account, no network, no real money."""
    key = secret_key or f"sk_test_{secrets.token_hex(20)}"
    if not key.startswith("sk_test_"):
        raise click.BadParameter("only test keys, which begin with sk_test_, belong here.", param_hint="--secret-key")
    application = create_simulator(webhook_url=webhook_url, callback_url=callback_url, webhook_timetable=mode_timetable)
    try:
        server = SimulatorServer(application, host, port)
    except OSError as error:
        raise click.ClickException(f"Port {port} of {host} cannot be used; another program may hold it.") from error
    click.echo(f"Paystack is simulated at  {server.url}")
    click.echo(f"  PAYSTACK_BASE_URL       {server.url}")
    click.echo(f"  PAYSTACK_SECRET_KEY     {key}")
    click.echo(f"  webhooks go to          {webhook_url or 'nowhere; set --webhook-url'}")
    click.echo(f"  state and switches      {server.url}/_simulator/state")
    click.echo("Stop it with Ctrl+C.")
    try:
        server.serve()
    except KeyboardInterrupt:
        click.echo("")
