"""A short run of ``python -m tests.faults lease``, and the control that it must turn red."""

from pathlib import Path

from flask_paystack.records.schema import webhook_events
from tests.faults import lease, silence
from tests.faults.fleet import make_ready


def test_lease_of_the_dead_is_taken_over_and_the_sleeper_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/payments.sqlite3"
    make_ready(url)
    with silence():
        outcome = lease.outlive(tmp_path, url, None, [webhook_events], ["die", "sleep"], within=3.0)

    assert outcome.ok, str(outcome)


def test_control_lease_without_a_fence_lets_the_sleeper_commit(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/payments.sqlite3"
    make_ready(url)
    with silence():
        outcome = lease.outlive(tmp_path, url, "no-fence", [webhook_events], ["sleep"])

    assert not outcome.ok
    assert int(str(outcome.numbers["zombie_commits"])) > 0
