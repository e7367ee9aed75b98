"""``flask doctor``: whether everything this program needs is there and fits together."""

import click


@click.command()
def doctor() -> None:
    """Check the settings and everything they name."""
