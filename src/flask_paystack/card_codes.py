"""Paystack's authorization codes, which charge a card: taken out of words that are kept or told."""

import re

CODE = re.compile(r"AUTH_[A-Za-z0-9_-]+", re.ASCII)
MASK = "AUTH_***"


def without_codes(text: str) -> str:
    """``text``, with ``AUTH_***`` wherever it quotes a code."""
    return CODE.sub(MASK, text)
