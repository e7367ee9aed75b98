"""What a bank's no means for trying again."""

import pytest

from flask_paystack.payments.reasons import Reason, reason_for

LATER, ASK, NEVER = Reason.LATER, Reason.ASK, Reason.NEVER


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ("Insufficient Funds", None, LATER),
        ("Insufficient Balance", "05", LATER),
        ("Not sufficient funds", "unheard-of", LATER),
        ("Exceeds withdrawal limit", None, LATER),
        ("Issuer or switch inoperative", None, LATER),
        ("Transaction timed out", None, LATER),
        ("Timeout", "97", LATER),
        ("Charge attempt cannot be fulfilled until 55 minutes", None, LATER),
        ("Declined", "51", LATER),
        (None, "insufficient_funds", LATER),
        (None, "transaction_timeout", LATER),
        ("Declined", None, ASK),
        ("Declined", "05", ASK),
        ("Declined", "do_not_honor", ASK),
        ("Incorrect PIN", "55", ASK),
        ("Incorrect PIN", "invalid_pin", ASK),
        ("Expired Card", "54", ASK),
        ("Token Authorization Not Successful. Incorrect Token Supplied", "06", ASK),
        ("Email does not match Authorization code. Authorization may be inactive", None, ASK),
        ("Words nobody has seen", None, ASK),
        ("Words nobody has seen", "ZZ", ASK),
        ("", "", ASK),
        (None, None, ASK),
        ("Stolen card, pick-up", None, NEVER),
        ("Lost Card", None, NEVER),
        ("Pick up card", "05", NEVER),
        ("Suspected Fraud", None, NEVER),
        ("Restricted card", None, NEVER),
        ("Account closed", None, NEVER),
        ("Declined", "43", NEVER),
        ("Insufficient Funds", "41", NEVER),
        ("Suspected fraud", "51", NEVER),
        ("Invalid card number", None, NEVER),
        (None, "stolen_card", NEVER),
    ],
)
def test_each_reason_has_its_rule(words: str | None, code: str | None, reason: Reason) -> None:
    assert reason_for(words, code) is reason
