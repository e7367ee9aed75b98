"""One-time codes by time (TOTP, RFC 6238), as authenticator apps make them, and recovery codes for whoever lost theirs."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from datetime import datetime

import pyotp

STEP = 30
"""Seconds."""
DRIFT = 1
"""Steps that the clock of somebody's telephone may be off, either way."""
RECOVERY_CODES = 10

_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_RECOVERY_CODE = re.compile(r"[0-9a-f]{32}", re.ASCII)


def make_seed() -> str:
    """160 random bits, in base32 as authenticator apps take them."""
    return pyotp.random_base32()


def address_of(seed: str, email: str, issuer: str) -> str:
    """The ``otpauth://`` address of a seed, for a QR code."""
    return pyotp.TOTP(seed, interval=STEP).provisioning_uri(name=email, issuer_name=issuer)


def matching_steps(seed: str, code: str, now: datetime) -> Iterator[int]:
    """The steps of time, at most one to either side of now, whose code this is: newest first, and one nearly always."""
    if not _CODE.fullmatch(code):
        return
    totp = pyotp.TOTP(seed, interval=STEP)
    present = totp.timecode(now)
    for step in range(present + DRIFT, present - DRIFT - 1, -1):
        if step >= 0 and hmac.compare_digest(totp.generate_otp(step), code):
            yield step


def make_recovery_code() -> str:
    """128 random bits, in four groups that can be read aloud."""
    text = secrets.token_hex(16)
    return "-".join(text[start : start + 8] for start in range(0, len(text), 8))


def digest_of(recovery_code: str) -> str | None:
    """What is kept of a recovery code, however it is written; None where the text is none.

    A plain hash is enough: nobody searches 128 bits.
    """
    text = re.sub(r"[ -]", "", recovery_code).lower()
    return hashlib.sha256(text.encode()).hexdigest() if _RECOVERY_CODE.fullmatch(text) else None
