"""Time that can be moved."""

import pytest

from paystack_simulator.clock import MovableClock, iso
from tests.clock import START, ManualClock


def test_a_clock_follows_the_one_handed_in_and_its_own_offset() -> None:
    source = ManualClock()
    clock = MovableClock(source)

    source.advance(10)
    clock.advance(5.5)

    assert (clock.now() - START).total_seconds() == 15.5


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 10**12])
def test_a_clock_never_goes_back_or_out_of_the_calendar(seconds: float) -> None:
    clock = MovableClock(ManualClock())

    with pytest.raises(ValueError, match="forward only"):
        clock.advance(seconds)
    assert clock.now() == START


def test_without_a_source_a_clock_runs() -> None:
    clock = MovableClock()

    assert clock.now() <= clock.now()


def test_instants_are_written_in_milliseconds_of_utc() -> None:
    assert iso(START) == "2026-03-01T10:00:00.000Z"
