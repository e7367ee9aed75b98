"""``flask jobs``: the periodic jobs, as a process of their own or one by hand."""

import signal
import threading

import click

from flask_paystack.cli.group import Group, ours

jobs = Group("jobs", help="The periodic jobs.", quiet=False)


@jobs.command()
def start() -> None:
    """Run every job until told to stop. Start as many of these as you like: each piece of work is claimed by one."""
    background = ours().background
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    background.start()
    click.echo(f"Running {len(background.jobs)} jobs. Ctrl-C stops them.", err=True)
    stopped.wait()
    background.stop()


@jobs.command()
@click.argument("name")
def run(name: str) -> None:
    """Run one job now, and say what it did."""
    background = ours().background
    if name not in background.jobs:
        raise click.BadParameter(f"There is no job of that name. There are: {', '.join(sorted(background.jobs))}.")
    click.echo(f"{name}: {background.run(name)}")


@jobs.command("list")
def list_() -> None:
    """Show every job, its period, and when it ran last."""
    beats = ours().records.jobs.last_beats()
    for job in ours().background.jobs.values():
        last = beats[job.name].isoformat(timespec="seconds") if job.name in beats else "never, or in each process"
        click.echo(f"{job.name:<32} every {job.period.total_seconds():>5.0f} s   last: {last}")
