"""How values read in a letter: on one line, as money, as a moment, as a length of time."""

import unicodedata
from datetime import UTC, datetime

from flask_paystack.money import Money

LONGEST = 500
"""Characters that one value may take in a letter."""

_BREAKS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories that end a line, or mean nothing in mail: controls (CR, LF, NUL, U+0085), surrogates, U+2028, U+2029."""
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that people do write: Persian words and many emoji hold them. The others can reverse or hide text."""


def one_line(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line, without invisible characters, cut to ``longest`` characters.

    Whatever comes out can neither begin a header nor a line of its own in a letter.
    """
    seen = "".join(map(_visible, text[: 4 * longest]))
    line = " ".join(seen.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BREAKS:
        return " "
    return "" if category == "Cf" and character not in _JOINERS else character


def money(amount: int, currency: str) -> str:
    """Subunits as people write them: ``₦5,000.00``."""
    return str(Money(amount, currency))


def moment(iso: str) -> str:
    """An ISO 8601 instant as people write it: ``1 March 2026, 10:00 UTC``."""
    at = datetime.fromisoformat(iso).astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def duration(seconds: int) -> str:
    """A length of time in its largest whole unit: ``50 seconds``, ``10 minutes``, ``7 days``."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            return _counted(seconds // length, unit)
    return _counted(seconds, "second")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def channel(name: str) -> str:
    """Paystack's name of a way to pay, for people: ``bank_transfer`` is ``bank transfer``."""
    return {"ussd": "USSD", "qr": "QR code", "eft": "EFT"}.get(name, name.replace("_", " "))
