"""No secret shows where it should not, and one that does is found."""

import pytest

from tests.faults import canary
from tests.faults.broken_secrets import LEAKS


def test_no_secret_is_told_to_anyone_but_its_owner(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = canary.look()
    assert outcome.ok, f"{outcome}\n{capsys.readouterr().out}"


def test_control_each_leak_is_found_in_its_place_and_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    """In one play for all, since one takes seconds: no line can be another leak's, since no two leaks share any."""
    assert sum(len(leak.finds) for leak in LEAKS.values()) == len(frozenset().union(*_all_finds()))

    assert not canary.look(*LEAKS).ok
    assert set(capsys.readouterr().out.splitlines()) == frozenset().union(*_all_finds())


@pytest.mark.slow
@pytest.mark.parametrize("control", canary.CONTROLS)
def test_control_a_leak_alone_is_found_in_its_place_alone(control: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert not canary.look(control).ok
    assert set(capsys.readouterr().out.splitlines()) == LEAKS[control].finds


def _all_finds() -> list[frozenset[str]]:
    return [leak.finds for leak in LEAKS.values()]
