"""Whether Paystack signed a webhook's bytes."""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence

from flask_paystack.clock import Clock

HEADER = "x-paystack-signature"
HEX = re.compile(r"[0-9a-fA-F]{128}", re.ASCII)
TIMESTAMPED = re.compile(r"t=([0-9]{1,12})((?:,v1=[A-Za-z0-9_-]{1,64}:[0-9a-fA-F]{128}){1,8})", re.ASCII)
TOLERANCE = 300
"""Seconds by which the instant of a timestamped signature may differ from now."""

Verifier = Callable[[bytes, str | None], bool]
"""Whether a signature header (None where there is none) is that of a body."""


def verifier(scheme: str, secrets: Sequence[str], clock: Clock) -> Verifier:
    """The check of ``PAYSTACK_SIGNATURE_SCHEME``, accepting any of ``secrets``."""
    if scheme == "timestamped":
        return lambda body, signature: is_signed_at(body, signature, secrets, clock.now().timestamp())
    return lambda body, signature: is_signed(body, signature, secrets)


def sign(body: bytes, secret: str) -> bytes:
    """HMAC-SHA512 over the raw bytes, keyed with a secret API key (CONTRACT §6.1)."""
    return hmac.new(secret.encode(), body, hashlib.sha512).digest()


def is_signed(body: bytes, signature: str | None, secrets: Sequence[str]) -> bool:
    """Whether ``signature``, in hexadecimal of any case, is that of ``body`` under one of ``secrets``.

    Digests are compared as bytes, in constant time: a text comparison raises on a header that is not ASCII.
    """
    if signature is None or not HEX.fullmatch(signature):
        return False
    return _is_one_of(body, [bytes.fromhex(signature)], secrets)


def is_signed_at(body: bytes, signature: str | None, secrets: Sequence[str], now: float) -> bool:
    """Whether ``signature`` is ``t=<unix>,v1=<key id>:<hex>``, made within ``TOLERANCE`` of ``now``, over ``t.body``.

    No documentation or integration that we found confirms this scheme (CONTRACT §6.1 knows no timestamp). It is here so
    that a change at Paystack takes a setting, and no release.
    """
    found = TIMESTAMPED.fullmatch(signature) if signature is not None else None
    if found is None or abs(now - int(found[1])) > TOLERANCE:
        return False
    given = [bytes.fromhex(each.rpartition(":")[2]) for each in found[2].split(",v1=")[1:]]
    return _is_one_of(found[1].encode() + b"." + body, given, secrets)


def _is_one_of(message: bytes, given: Sequence[bytes], secrets: Sequence[str]) -> bool:
    right = [sign(message, secret) for secret in secrets]
    matches = [hmac.compare_digest(each, digest) for each in right for digest in given]
    return any(matches)
