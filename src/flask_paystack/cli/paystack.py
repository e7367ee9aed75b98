"""``flask paystack``: the command line of Flask-Paystack within an application that mounted it."""

import click


@click.group()
def paystack() -> None:
    """Payments, events, messages, users and jobs of the mounted Flask-Paystack."""
