"""``flask paystack``: the command line of Flask-Paystack in an application that mounted it."""

import click

from flask_paystack.cli.admin_keys import admin_keys
from flask_paystack.cli.db import db
from flask_paystack.cli.events import events
from flask_paystack.cli.handovers import handovers
from flask_paystack.cli.jobs import jobs
from flask_paystack.cli.messages import messages
from flask_paystack.cli.payments import payments
from flask_paystack.cli.users import users

GROUPS = (payments, events, messages, handovers, users, admin_keys, jobs, db)
"""They hang on our own app as well, without the ``paystack`` before them."""


@click.group()
def paystack() -> None:
    """Flask-Paystack's payments, events, messages, users and jobs, in the app that mounted it."""


for group in GROUPS:
    paystack.add_command(group)
