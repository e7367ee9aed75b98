"""``flask simulator``: an offline Paystack on a port of this machine."""

import secrets

import click
from pydantic import ValidationError

from paystack_simulator import control
from paystack_simulator.app import create_simulator
from paystack_simulator.server import SimulatorServer
from paystack_simulator.settings import Settings
from paystack_simulator.simulator import simulator as simulated


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
@click.option(
    "--fault",
    "planned",
    multiple=True,
    metavar="OPERATION=MODE[:TIMES]",
    help="Let something go wrong, e.g. verify=500:3, webhook=duplicated, payment=fees-on-top, refund=failed. Repeatable.",
)
@click.option("--seed", type=int, help="Draw faults from this seed; the same seed gives the same story.")
@click.option(
    "--rate",
    "rates",
    multiple=True,
    metavar="OPERATION=RATE",
    help="How likely a drawn fault is, from 0 to 1, e.g. webhook=0.3. Repeatable; replaces the usual rates.",
)
def simulator(
    host: str,
    port: int,
    webhook_url: str | None,
    callback_url: str | None,
    secret_key: str | None,
    mode_timetable: str,
    planned: tuple[str, ...],
    seed: int | None,
    rates: tuple[str, ...],
) -> None:
    """Run an offline Paystack: its API, checkout page and webhooks. No account, no network, no real money."""
    key = secret_key or f"sk_test_{secrets.token_hex(20)}"
    if not key.startswith("sk_test_"):
        raise click.BadParameter("only test keys, which begin with sk_test_, belong here.", param_hint="--secret-key")
    try:
        settings = Settings(
            webhook_url=webhook_url,
            callback_url=callback_url,
            webhook_timetable="live" if mode_timetable == "live" else "test",
            seed=seed,
        )
        application = create_simulator(settings=settings)
        with application.app_context():
            _plan(planned)
            if rates:
                control.apply_settings({"fault_rates": dict(_pair(each) for each in rates)})
    except ValueError as error:
        raise click.UsageError(_sentence(error)) from None
    try:
        server = SimulatorServer(application, host, port)
    except OSError as error:
        raise click.ClickException(f"Port {port} of {host} cannot be used; another program may hold it.") from error
    click.echo(f"Paystack is simulated at  {server.url}")
    click.echo(f"  PAYSTACK_BASE_URL       {server.url}")
    click.echo(f"  PAYSTACK_SECRET_KEY     {key}")
    click.echo(f"  webhooks go to          {webhook_url or 'nowhere; set --webhook-url'}")
    click.echo(f"  state and switches      {server.url}/_simulator/")
    click.echo("Stop it with Ctrl+C.")
    try:
        server.serve()
    except KeyboardInterrupt:
        click.echo("")


def _pair(text: str) -> tuple[str, str]:
    """``verify=500`` in two. Raises ValueError."""
    operation, equals, rest = text.partition("=")
    if not (operation and equals and rest):
        raise ValueError(f"{text!r} is not of the form OPERATION=…, as in verify=500.")
    return operation, rest


def _plan(planned: tuple[str, ...]) -> None:
    """Raises ValueError for a fault nobody knows."""
    for each in planned:
        operation, rest = _pair(each)
        mode, _, times = rest.partition(":")
        if times and not (times.isascii() and times.isdigit()):
            raise ValueError(f"{each!r} ends in no number of times, as in verify=500:3.")
        control.know(operation)
        simulated().faults.add(operation, mode, int(times or 1))


def _sentence(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}."
    return str(error)
