"""``python -m tests.faults client-env``, and the control that it must turn red."""

from tests.faults import client_env


def test_the_key_goes_to_its_origin_whatever_the_environment_says() -> None:
    outcome = client_env.tempt()
    assert outcome.ok, str(outcome)


def test_control_plain_requests_follow_the_environment() -> None:
    assert not client_env.tempt(client_env.PlainClient).ok
