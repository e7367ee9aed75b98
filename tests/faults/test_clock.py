"""Short runs of ``python -m tests.faults clock`` and ``redis-loss``, and the controls that they must turn red."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import machine
from tests.faults import clock, redis_loss
from tests.faults.faketime import Clockwork, Libfaketime, TimeFile, faketime_missing

SOME = [each for each in clock.TRIES if each[0] in {49.9, 50.1, 599.9, -3600}]
Kind = Callable[[Path], Clockwork]


@pytest.fixture(params=[Libfaketime, TimeFile])
def kind(request: pytest.FixtureRequest) -> Kind:
    """The time of whole processes where it can be set, and that of our clock."""
    missing = faketime_missing()
    if request.param is Libfaketime and missing:
        machine.is_missing("faketime", missing)
    chosen: Kind = request.param
    return chosen


@pytest.mark.parametrize("store", ["memory", "redis", "sqlite"])
def test_expiry_nobody_gains_by_a_clock_that_jumps(kind: Kind, store: str) -> None:
    outcome = clock.jump(kind, [store], ["Europe/Berlin"], tries=SOME)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", clock.CONTROLS)
def test_expiry_control_the_time_on_the_wall_is_no_utc(kind: Kind, control: str) -> None:
    tries = [each for each in clock.TRIES if each[0] == 3600.1]
    assert not clock.jump(kind, ["sqlite"], ["Europe/Berlin"], control, tries).ok


def test_without_redis_nothing_goes_uncounted_and_money_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = redis_loss.lose()
    assert outcome.ok, f"{outcome}\n{capsys.readouterr().out}"


@pytest.mark.parametrize("control", redis_loss.CONTROLS)
def test_control_what_cannot_be_counted_counts_as_one(control: str) -> None:
    assert not redis_loss.lose(control).ok
