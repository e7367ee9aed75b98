"""A short run of ``python -m tests.faults fork-pool``, and the control that it must turn red."""

from pathlib import Path

from tests.faults import fork_pool, silence
from tests.faults.fleet import make_ready


def test_fork_pool_gives_each_worker_connections_of_its_own(tmp_path: Path, postgres_url: str) -> None:
    make_ready(postgres_url)
    with silence():
        outcome = fork_pool.query(tmp_path, postgres_url, 1000)

    assert outcome.ok, str(outcome)


def test_control_fork_pool_that_is_shared_garbles_answers(tmp_path: Path, postgres_url: str) -> None:
    make_ready(postgres_url)
    with silence():
        outcome = fork_pool.query(tmp_path, postgres_url, 1000, "kept-over-the-fork")

    assert not outcome.ok
    assert int(str(outcome.numbers["protocol_errors"])) > 0
