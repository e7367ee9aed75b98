"""``flask demo``: everything at work on this machine, to click through or to check."""

import logging
import signal
import threading
from importlib.util import find_spec

import click


@click.command()
@click.option("--check", "only_check", is_flag=True, help="Play customers over HTTP, say what was true, and stop.")
def demo(*, only_check: bool) -> None:
    """Run a shop, the backend, a simulated Paystack and a mailbox on this machine: no settings, no account, no network."""
    if find_spec("aiosmtpd") is None:
        raise click.ClickException(
            "The demonstration needs a mail server of its own: pip install 'flask-paystack[demo]'"
        )
    # Imported here, so that the other commands need none of it.
    from flask_paystack.demo import check  # noqa: PLC0415
    from flask_paystack.demo.stack import Stack  # noqa: PLC0415

    with Stack(check.PACE) if only_check else Stack() as stack:
        _keep_the_log_short(logging.ERROR if only_check else logging.INFO)
        if only_check:
            if not check.check(stack, click.echo):
                raise SystemExit(1)
            return
        click.echo(
            f"Flask-Paystack is running on this machine, with nobody's money.\n\n"
            f"  shop               {stack.shop_url}/\n"
            f"  mailbox            {stack.mailbox_url}/\n"
            f"  backend            {stack.backend_url}/readyz\n"
            f"  simulated Paystack {stack.simulator_url}/_simulator/state\n\n"
            "Pay for something in the shop. The checkout page offers the test cards: 4084 0840 8408 4081 pays at once,\n"
            "4084 0800 0000 5408 is declined, 5060 6666 6666 6666 666 asks for PIN 1234 and OTP 123456.\n"
            "Mails go to the mailbox, whatever address you type. Stop with Ctrl+C."
        )
        _wait_for_a_signal()
        click.echo("\nStopping.")


def _keep_the_log_short(level: int) -> None:
    """What happens to payments is told from ``level`` on; each single request is not."""
    logging.getLogger("flask_paystack").setLevel(level)
    logging.getLogger("flask_paystack.requests").setLevel(logging.WARNING)


def _wait_for_a_signal() -> None:
    """Until Ctrl+C, or the polite signal a process manager sends."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
