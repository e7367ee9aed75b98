"""A short run of ``python -m tests.faults ref-path``, and the controls that it must turn red."""

import pytest

from tests.faults import broken_references, ref_path


def test_no_reference_leaves_its_path_or_settles_by_another() -> None:
    outcome = ref_path.ask(60)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", broken_references.BREAKS)
def test_control_other_addresses_and_readers_are_noticed(control: str) -> None:
    assert not ref_path.ask(10, control=control).ok
