"""Whether Paystack signed a webhook's bytes."""

import hashlib
import hmac
import re
from collections.abc import Sequence

HEADER = "x-paystack-signature"
HEX = re.compile(r"[0-9a-fA-F]{128}", re.ASCII)


def sign(body: bytes, secret: str) -> bytes:
    """HMAC-SHA512 over the raw bytes, keyed with a secret API key (CONTRACT §6.1)."""
    return hmac.new(secret.encode(), body, hashlib.sha512).digest()


def is_signed(body: bytes, signature: str | None, secrets: Sequence[str]) -> bool:
    """Whether ``signature``, in hexadecimal of any case, is that of ``body`` under one of ``secrets``.

    Digests are compared as bytes, in constant time: a text comparison raises on a header that is not ASCII.
    """
    if signature is None or not HEX.fullmatch(signature):
        return False
    given = bytes.fromhex(signature)
    matches = [hmac.compare_digest(sign(body, secret), given) for secret in secrets]
    return any(matches)
