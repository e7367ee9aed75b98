"""``flask jobs``: the periodic jobs, as a process of their own or one by hand."""

import signal

import click

from flask_paystack.cli.group import Group, ours

jobs = Group("jobs", help="The periodic jobs.", quiet=False)


@jobs.command()
def start() -> None:
    """Run every job until told to stop. Start as many of these as you like: each piece of work is claimed by one."""
    background = ours().background
    ends = {signal.SIGINT, signal.SIGTERM}
    # Waited for, not handled: a handler that sets what this very thread waits on can find it locked by itself, for ever.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    background.start()
    click.echo(f"Running {len(background.jobs)} jobs. Ctrl-C stops them.", err=True)
    signal.sigwait(ends)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
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
        last = (
            beats[job.name].isoformat(timespec="seconds")
            if job.name in beats
            else ("in each process" if job.local else "never")
        )
        click.echo(f"{job.name:<32} every {job.period.total_seconds():>5.0f} s   last: {last}")
