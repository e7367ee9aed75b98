"""A short run of ``python -m tests.faults amount-tamper``, and the control that it must turn red."""

from tests.faults import amount_tamper


def test_amount_tamper_nobody_sets_the_price() -> None:
    outcome = amount_tamper.tamper(2000)
    assert outcome.ok, str(outcome)


def test_amount_tamper_control_a_trusted_amount_is_noticed() -> None:
    assert not amount_tamper.tamper(100, control="trusting").ok
