"""``flask db``: the database's schema."""

import click

from flask_paystack.cli.group import Group, ours
from flask_paystack.records import upgrades
from flask_paystack.records.schema import REVISION

db = Group("db", help="The database's schema.")


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema. Safe to run at any time, and by several at once."""
    database = ours().records.database
    before = upgrades.current_revision(database)
    upgrades.upgrade(database)
    click.echo(
        f"The database has schema {REVISION}"
        + (", as before." if before == REVISION else f"; it had {before or 'none'}.")
    )


@db.command()
def current() -> None:
    """Show which schema the database has."""
    database = ours().records.database
    click.echo(f"{upgrades.current_revision(database) or 'none'} (this program wants {REVISION})")
