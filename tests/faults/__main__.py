"""``python -m tests.faults NAME``: one line, and an exit code that is 0 only when all held."""

import argparse
import signal
import sys
from collections.abc import Mapping
from typing import Protocol

from tests.faults import (
    Outcome,
    amount_tamper,
    body_limits,
    brute_force,
    canary,
    client_env,
    clock,
    crash_inbox,
    crash_points,
    db_flap,
    declined,
    disk_full,
    double_paid,
    early_webhook,
    egress,
    enumerate_users,
    flips,
    floors,
    fork_pool,
    fsync_eio,
    fsync_order,
    fuzz,
    idem_key,
    key_once,
    lease,
    logout_everywhere,
    migrate,
    no_webhooks,
    poison,
    prod_config,
    promises,
    provider,
    race_confirm,
    redis_loss,
    ref_path,
    reference_hijack,
    replay,
    restore,
    rolling,
    rotate,
    slow_clients,
    smtp,
    smuggling,
    spray,
    sqlite_busy,
    state_machine,
    stories,
    sweep,
    timeout_after_commit,
    two_servers,
    xff,
)


class Fault(Protocol):
    """What a module of this room offers. Its docstring is the help of its command."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what can be chosen."""
        ...

    def run(self, options: argparse.Namespace) -> Outcome:
        """Break it, and see what held."""
        ...


FAULTS: Mapping[str, Fault] = {
    "amount-tamper": amount_tamper,
    "body-limits": body_limits,
    "brute-days": brute_force.month,
    "brute-key": brute_force.one_key,
    "canary": canary,
    "client-env": client_env,
    "clock": clock,
    "crash-inbox": crash_inbox,
    "crash-points": crash_points,
    "db-flap": db_flap,
    "declined": declined,
    "disk-full": disk_full,
    "double-paid": double_paid,
    "early-webhook": early_webhook,
    "egress": egress,
    "enumerate": enumerate_users,
    "flips": flips,
    "floors": floors,
    "fork-pool": fork_pool,
    "fsync-eio": fsync_eio,
    "fsync-order": fsync_order,
    "fuzz": fuzz,
    "idem-key": idem_key,
    "key-once": key_once,
    "lease": lease,
    "logout-everywhere": logout_everywhere,
    "migrate": migrate,
    "no-webhooks": no_webhooks,
    "poison": poison,
    "prod-config": prod_config,
    "promises": promises,
    "provider": provider,
    "race-confirm": race_confirm,
    "redis-loss": redis_loss,
    "ref-path": ref_path,
    "reference-hijack": reference_hijack,
    "replay": replay,
    "restore": restore,
    "rolling": rolling,
    "rotate": rotate,
    "slow-clients": slow_clients,
    "smtp": smtp,
    "smuggling": smuggling,
    "spray": spray,
    "sqlite-busy": sqlite_busy,
    "state-machine": state_machine,
    "stories": stories,
    "sweep": sweep,
    "timeout-after-commit": timeout_after_commit,
    "two-servers": two_servers,
    "xff": xff,
}


def command_line() -> argparse.ArgumentParser:
    """Every fault by its name, with what can be chosen."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    names = parser.add_subparsers(dest="name", required=True)
    for name, fault in FAULTS.items():
        fault.add_arguments(names.add_parser(name, help=(fault.__doc__ or "").partition("\n")[0]))
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one fault by its name."""
    options = command_line().parse_args(arguments)
    outcome = FAULTS[options.name].run(options)
    print(f"{options.name}: {outcome}")
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    # Whoever ends this ends its servers too: they are in process groups of their own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
