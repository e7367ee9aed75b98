"""``python -m tests.faults smuggling``, a short run of ``slow-clients``, and the controls that they must turn red."""

import pytest

from tests.faults import ambiguous, nginx, slow_clients, smuggling
from tests.machine import needs

GENEROUS = 1.0
"""Seconds for a check of health behind nginx: this machine may have other things to do."""


def test_a_request_hidden_in_another_is_never_served(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = smuggling.smuggle()
    assert outcome.ok, f"{outcome}\n{capsys.readouterr().out}"
    needs("nginx", nginx.require)  # the other half


@pytest.mark.parametrize("control", smuggling.CONTROLS)
def test_control_a_proxy_that_trusts_lengths_serves_a_hidden_request(control: str) -> None:
    """Before gunicorn itself, and before nginx."""
    [chosen] = [case for case in ambiguous.cases() if case.name == "TE.CL chunked"]
    outcome = smuggling.smuggle(control, [chosen])
    assert not outcome.ok
    assert outcome.numbers["hidden_seen"]
    needs("nginx", nginx.require)
    assert outcome.numbers["nginx_hidden_seen"]
    assert outcome.numbers["nginx_wrong"]


def test_behind_nginx_clients_that_stall_hold_up_nobody_and_a_bare_server_recovers() -> None:
    outcome = slow_clients.stall(seconds=1.5, quick=GENEROUS)
    assert outcome.ok, str(outcome)
    needs("nginx", nginx.require)


@pytest.mark.slow
def test_the_same_for_longer_and_within_a_tenth_of_a_second() -> None:
    outcome = slow_clients.stall()
    assert outcome.ok, str(outcome)


def test_control_threads_that_wait_for_clients_that_are_gone_do_not_come_back() -> None:
    """A second is enough: the sound one needs a twentieth."""
    outcome = slow_clients.stall(200, 0.5, "held", recovery=1.0)
    assert not outcome.ok
    assert outcome.numbers["bare_recovery_ms"] == "never"


@pytest.mark.usefixtures("behind_nginx")
def test_control_an_nginx_that_passes_on_halves_of_bodies_lets_them_hold_threads() -> None:
    outcome = slow_clients.stall(seconds=1.5, control="unbuffered", quick=GENEROUS)
    assert not outcome.ok
    assert outcome.numbers["nginx_health_p99_ms"] == "never"
