"""Why a bank said no, and what that means for trying again."""

import re
from enum import StrEnum

from flask_paystack.payments.model import Payment


class Reason(StrEnum):
    """What may be done about a decline."""

    LATER = "try again later"
    """It may pass by itself: money arrives, a bank is reachable again."""
    ASK = "ask the customer"
    """Only the customer can mend it: another card, another PIN. Whatever we do not know is this."""
    NEVER = "never"
    """The card is lost, closed or suspected: charging it again harms the customer and the shop."""


CODES = {
    **dict.fromkeys(("04", "07", "14", "15", "34", "35", "36", "37", "41", "43", "46", "59", "62"), Reason.NEVER),
    **dict.fromkeys(("R0", "R1", "R3"), Reason.NEVER),
    **dict.fromkeys(("lost_card", "stolen_card", "pick_up_card", "restricted_card", "closed_account"), Reason.NEVER),
    **dict.fromkeys(("suspected_fraud", "invalid_card_number"), Reason.NEVER),
    **dict.fromkeys(("51", "61", "68", "91", "96", "97"), Reason.LATER),
    **dict.fromkeys(("insufficient_funds", "exceeds_withdrawal_limit", "transaction_timeout"), Reason.LATER),
    **dict.fromkeys(("issuer_unavailable", "system_malfunction"), Reason.LATER),
}
"""ISO 8583 response codes, and Paystack's names for them (CONTRACT §3.1). A code that is not here says nothing."""

WORDS = (
    (Reason.NEVER, r"stolen|lost card|pick ?-?up|fraud|restricted card|blacklist|account (is )?closed|closed account"),
    (Reason.NEVER, r"invalid card|no such card|stop payment|revo(ked|cation)|do not (try|retry)"),
    (Reason.LATER, r"insufficient|not sufficient|exceeds .*limit|limit exceeded"),
    (Reason.LATER, r"time(d)? ?-?out|inoperative|issuer .*(unavailable|not available)|system malfunction"),
    (Reason.LATER, r"cannot be fulfilled until"),
)
"""Words of ``gateway_response``, which have no list of their own at Paystack; read in this order."""


def reason_for(words: str | None, code: str | None = None) -> Reason:
    """What ``gateway_response`` and the response code mean. A *never* of either counts; else the words come first."""
    by_code = CODES.get(code) if code else None
    by_words = next((reason for reason, pattern in WORDS if re.search(pattern, words or "", re.IGNORECASE)), None)
    if Reason.NEVER in (by_code, by_words):
        return Reason.NEVER
    return by_words or by_code or Reason.ASK


def reason_of(payment: Payment) -> Reason:
    """What the last decline of ``payment`` means."""
    return reason_for(payment.message, payment.decline_code)
