"""Short runs of ``python -m tests.faults logout-everywhere``, and the control that it must turn red. Each starts four workers.

The same without servers, on every store: ``pytest -k session_contract``.
"""

import pytest

from tests.faults import logout_everywhere


@pytest.mark.parametrize("store", logout_everywhere.STORES)
def test_session_contract_what_ends_a_token_ends_it_at_every_worker(store: str) -> None:
    outcome = logout_everywhere.end_everywhere(store, 1)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize("control", logout_everywhere.CONTROLS)
def test_session_contract_control_a_process_that_remembers_tokens_is_late(control: str) -> None:
    assert not logout_everywhere.end_everywhere("redis", 1, control).ok
