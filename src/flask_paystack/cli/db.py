"""``flask db``: the database's schema."""

from collections import Counter
from datetime import timedelta

import click

from flask_paystack.cli.group import Group, ours
from flask_paystack.records import pruning, upgrades
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


@db.command()
@click.option("--older-than", default=365, show_default=True, help="Days.", type=click.IntRange(min=30))
def prune(older_than: int) -> None:
    """Remove webhook events and e-mails that are old and done, in small batches. Payments and their timelines stay."""
    records = ours().records
    now = records.jobs.now()
    removed: Counter[str] = Counter()
    for table, count in pruning.prune(records.database, now - timedelta(days=older_than), now):
        removed[table] += count
        click.echo(f"\rremoved {removed.total()}", nl=False, err=True)
    click.echo("", err=True)
    for table, count in sorted(removed.items()):
        click.echo(f"{table}: {count} removed")
    if not removed:
        click.echo("Nothing is that old.")
