"""``python -m tests.faults smuggling`` and ``slow-clients``, small, in full, and the controls that they must turn red."""

import pytest

from tests.faults import ambiguous, slow_clients, smuggling

FEW = [
    "CL.TE chunked",
    "TE.CL chunked",
    "TE.CL xchunked",
    "CL.TE space before the colon",
    "CL +",
    "two CL that differ",
    "bare LF everywhere",
    "NUL in a value",
    "two Hosts",
    "chunk size +",
    "hidden in a body, a sound one behind it",
]


def test_a_request_hidden_in_another_is_never_served(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = [case for case in ambiguous.cases() if case.name in FEW]
    assert len(chosen) == len(FEW)

    outcome = smuggling.smuggle(chosen=chosen, proxied=False)
    assert outcome.ok, f"{outcome}\n{capsys.readouterr().out}"


@pytest.mark.slow
def test_the_same_of_every_case_and_behind_nginx(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = smuggling.smuggle()
    assert outcome.ok, f"{outcome}\n{capsys.readouterr().out}"


@pytest.mark.parametrize("control", smuggling.CONTROLS)
def test_control_a_proxy_that_trusts_lengths_serves_a_hidden_request(control: str) -> None:
    [chosen] = [case for case in ambiguous.cases() if case.name == "TE.CL chunked"]
    outcome = smuggling.smuggle(control, [chosen])
    assert not outcome.ok
    assert outcome.numbers["hidden_seen"]


def test_a_server_recovers_from_clients_that_stalled(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = slow_clients.stall(200, 0.5, proxied=False)
    assert outcome.ok, f"{outcome}\n{capsys.readouterr().out}"


@pytest.mark.slow
def test_the_same_for_longer_and_behind_nginx(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = slow_clients.stall()
    assert outcome.ok, f"{outcome}\n{capsys.readouterr().out}"


@pytest.mark.parametrize("control", slow_clients.CONTROLS)
def test_control_threads_that_wait_for_clients_that_are_gone_do_not_come_back(control: str) -> None:
    """A second is enough: the sound one needs a twentieth."""
    outcome = slow_clients.stall(200, 0.5, control, recovery=1.0)
    assert not outcome.ok
    assert outcome.numbers["bare_recovery_ms"] == "never"
