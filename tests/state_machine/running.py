"""Playing so many stories, by a seed."""

from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults import silence
from tests.state_machine.machine import Payments
from tests.state_machine.stage import Sabotage, stage

STEPS = 30


def play(
    runs: int,
    number: int,
    sabotage: Sabotage | None = None,
    *,
    counted: Counter[str] | None = None,
    shrink: bool = True,
) -> Counter[str]:
    """Play ``runs`` stories of at most ``STEPS`` steps on one stage, and count what happened, in ``counted`` where given.

    Raises:
        AssertionError: something was not as it must be; the shortest story of it found is in the error's notes.
    """
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    chosen = settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        phases=phases,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    happened: Counter[str] = Counter() if counted is None else counted
    with silence(), stage(sabotage) as opened:
        played = type("Payments", (Payments,), {"stage": opened, "counted": happened})
        run_state_machine_as_test(seed(number)(played), settings=chosen)
    return happened
