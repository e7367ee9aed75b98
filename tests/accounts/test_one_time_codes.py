"""One-time codes, by the vectors of their standard."""

from datetime import UTC, datetime

import pytest

from flask_paystack.accounts.one_time_codes import STEP, matching_steps

SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_the_codes_are_those_of_rfc_6238() -> None:
    """Appendix B, SHA-1, cut to six digits."""
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        now = datetime.fromtimestamp(seconds, UTC)
        assert list(matching_steps(SEED, code, now)) == [seconds // STEP]


@pytest.mark.parametrize(
    "odd", ["", "28708", "2870820", " 287082", "287082\n", "٢٨٧٠٨٢", "２８７０８２", "28708x", "\ud800"]
)
def test_a_code_is_six_ascii_digits(odd: str) -> None:
    now = datetime.fromtimestamp(59, UTC)

    assert list(matching_steps(SEED, odd, now)) == []
