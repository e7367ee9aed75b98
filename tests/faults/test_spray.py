"""A short run of ``python -m tests.faults spray``, and the control that it must turn red."""

from tests.faults import spray


def test_neither_sprayed_passwords_nor_floods_get_through_or_lock_anybody_out() -> None:
    outcome = spray.spray(1, 250, 150)
    assert outcome.ok, str(outcome)


def test_control_a_store_for_each_server_doubles_every_limit() -> None:
    assert not spray.spray(1, 250, 100, "store-each").ok
