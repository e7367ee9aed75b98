"""Short runs of ``python -m tests.faults clock`` and ``redis-loss``, and the controls that they must turn red."""

import pytest

from tests.faults import clock, redis_loss

SOME = [each for each in clock.TRIES if each[0] in {50.1, 599.9, -3600}]


def test_expiry_nobody_gains_by_a_clock_that_jumps() -> None:
    outcome = clock.jump(tries=SOME)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", clock.CONTROLS)
def test_expiry_control_the_time_on_the_wall_is_no_utc(control: str) -> None:
    assert not clock.jump(control, [each for each in clock.TRIES if each[0] == 3600.1]).ok


def test_without_redis_nothing_goes_uncounted_and_money_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = redis_loss.lose()
    assert outcome.ok, f"{outcome}\n{capsys.readouterr().out}"


@pytest.mark.parametrize("control", redis_loss.CONTROLS)
def test_control_what_cannot_be_counted_counts_as_one(control: str) -> None:
    assert not redis_loss.lose(control).ok
