"""``flask demo``: everything at work on this machine, to click through or to check."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import click


@click.command()
@click.option(
    "--check", "only_check", is_flag=True, help="Play customers and an operator, say what was true, and stop."
)
def demo(*, only_check: bool) -> None:
    """Run a shop, the backend, a simulated Paystack and a mailbox on this machine: no settings, no account, no network."""
    if find_spec("aiosmtpd") is None:
        raise click.ClickException(
            "The demonstration needs a mail server of its own: pip install 'flask-paystack[demo]'"
        )
    if only_check:
        _check()
    else:
        _serve()


def _check() -> None:
    # Imported here, so that the other commands need none of it.
    from flask_paystack.demo import check  # noqa: PLC0415
    from flask_paystack.demo.stack import Stack  # noqa: PLC0415

    with _only_errors_logged(), Stack(check.PACE) as stack:
        if not check.check(stack, click.echo, check.STORIES):
            raise SystemExit(1)


def _serve() -> None:
    from flask_paystack.demo.stack import Stack  # noqa: PLC0415

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # What happens to payments is worth reading; each single request is not.
    logging.getLogger("flask_paystack.requests").setLevel(logging.WARNING)
    with Stack() as stack:
        click.echo(
            f"Flask-Paystack is running on this machine, with nobody's money.\n\n"
            f"  shop                {stack.shop_url}/\n"
            f"  mailbox             {stack.mailbox_url}/\n"
            f"  backend             {stack.backend_url}/readyz\n"
            f"  simulated Paystack  {stack.simulator_url}/_simulator/state\n\n"
            "Pay for something in the shop. The checkout page offers the test cards: 4084 0840 8408 4081 pays at once,\n"
            "4084 0800 0000 5408 is declined, 5060 6666 6666 6666 666 asks for PIN 1234 and OTP 123456.\n"
            "Mails go to the mailbox, whatever address you type; access keys are mailed to admin1.\n"
            "Stop with Ctrl+C.\n"
        )
        stop.wait()
        click.echo("Stopping.")


@contextmanager
def _only_errors_logged() -> Iterator[None]:
    """The stories provoke warnings, and the transcript tells of them."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
