"""A short run of ``python -m tests.faults fsync-order``, and the controls that it must turn red."""

from pathlib import Path

import pytest

from tests.faults import fsync_order

pytestmark = pytest.mark.usefixtures("tracing")


def test_fsync_order_each_200_comes_after_the_log_was_synced(tmp_path: Path) -> None:
    outcome = fsync_order.watch(tmp_path, 60)
    assert outcome.ok, str(outcome)


def test_fsync_order_is_asked_of_postgresql_at_the_start(tmp_path: Path) -> None:
    """Of three settings with which it forgets what it acknowledged, each is refused."""
    assert fsync_order.refusals(tmp_path / "forgetful") == "3 of 3"


@pytest.mark.parametrize("control", fsync_order.CONTROLS)
def test_control_an_answer_before_its_sync_is_found(control: str, tmp_path: Path) -> None:
    outcome = fsync_order.watch(tmp_path, 20, control)
    assert outcome.numbers["violations"] == 20, str(outcome)
