"""A short run of ``python -m tests.faults crash-points``, and the controls that it must turn red."""

from pathlib import Path

import pytest

from tests.faults import crash_points, silence
from tests.faults.fleet import make_ready

COMMITS = ["WebhookRecords.claim", "PaymentRecords.settle", "MessageRecords.sent", "HandoverRecords.accepted"]


def test_crash_points_around_a_settlement_leave_one_effect_and_nobody_untold(tmp_path: Path) -> None:
    database_url = f"sqlite:///{tmp_path}/payments.sqlite3"
    make_ready(database_url)
    with silence():
        outcome = crash_points.die_at_each(tmp_path, database_url, COMMITS, kinds=["told"])

    assert outcome.ok, str(outcome)
    assert outcome.numbers["deaths"] == 2 * len(COMMITS)


@pytest.mark.parametrize(
    ("control", "commit", "wrong"),
    [
        ("two-transactions", "PaymentRecords.settle", "mail_lost"),
        ("mail-first", "PaymentRecords.settle", "mail_of_two_ids"),
    ],
)
def test_control_crash_points_see_what_is_committed_apart(
    control: str, commit: str, wrong: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/payments.sqlite3"
    make_ready(url)
    with silence():
        outcome = crash_points.die_at_each(tmp_path, url, [commit], control, kinds=["told"])

    assert not outcome.ok
    assert int(str(outcome.numbers[wrong])) > 0
