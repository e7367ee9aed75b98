"""A short run of ``python -m tests.faults two-servers``, a long one by name, and the control that it must turn red."""

import pytest

from tests.faults import partition, two_servers
from tests.faults.namespaces import namespaces_missing


@pytest.mark.slow
def test_kill_9_of_servers_jobs_redis_and_postgresql_loses_nothing_and_settles_once() -> None:
    outcome = two_servers.strike(10, seed=1)
    assert outcome.ok, str(outcome)


@pytest.mark.slow
def test_the_same_for_ten_minutes() -> None:
    outcome = two_servers.strike(600, seed=2)
    assert outcome.ok, str(outcome)


def test_control_an_answer_before_the_commit_loses_events() -> None:
    outcome = two_servers.strike(6, seed=3, control="ack-first")
    assert not outcome.ok
    assert int(str(outcome.numbers["lost"])) > 0


@pytest.fixture
def _namespaces() -> None:
    if missing := namespaces_missing():
        pytest.skip(missing)


@pytest.mark.slow
@pytest.mark.usefixtures("_namespaces")
def test_one_that_is_cut_off_is_replaced_and_nothing_is_lost() -> None:
    outcome = partition.cut_off(80)
    assert outcome.ok, str(outcome)


@pytest.mark.slow
@pytest.mark.usefixtures("_namespaces")
def test_control_jobs_without_a_lease_run_too_often() -> None:
    outcome = partition.cut_off(30, "no-lease")
    assert outcome.numbers["not_once_a_period"] != 0, str(outcome)
