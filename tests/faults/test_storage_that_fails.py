"""Short runs of ``db-flap``, ``disk-full`` and ``fsync-eio``, and the controls that they must turn red."""

from pathlib import Path

import pytest

from tests.faults import db_flap, disk_full, fsync_eio


def test_db_flap_while_postgresql_is_away_webhooks_are_refused_and_none_is_lost() -> None:
    outcome = db_flap.flap(4, every=2)
    assert outcome.ok, str(outcome)


def test_control_db_flap_finds_an_answer_before_the_commit() -> None:
    outcome = db_flap.flap(3, every=2, control="ack-first")
    assert int(str(outcome.numbers["lost"])) > 0, str(outcome)


@pytest.mark.usefixtures("mounting")
def test_disk_full_refuses_webhooks_loses_none_and_heals(tmp_path: Path) -> None:
    outcome = disk_full.fill(tmp_path, 2, between=0.5)
    assert outcome.ok, str(outcome)


@pytest.mark.usefixtures("mounting")
def test_control_disk_full_finds_an_answer_before_the_commit(tmp_path: Path) -> None:
    outcome = disk_full.fill(tmp_path, 1, "ack-first", between=0.5, longest=2)
    assert int(str(outcome.numbers["lost"])) > 0, str(outcome)


@pytest.mark.usefixtures("tracing")
def test_fsync_eio_refuses_webhooks_loses_none_and_heals(tmp_path: Path) -> None:
    outcome = fsync_eio.fail(tmp_path, 2, between=0.5)
    assert outcome.ok, str(outcome)


@pytest.mark.usefixtures("tracing")
def test_control_fsync_eio_finds_an_answer_before_the_commit(tmp_path: Path) -> None:
    outcome = fsync_eio.fail(tmp_path, 1, "ack-first", between=0.5, longest=2)
    assert int(str(outcome.numbers["lost"])) > 0, str(outcome)
