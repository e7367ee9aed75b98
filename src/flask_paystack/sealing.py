"""Bytes sealed before they are kept, so that whoever has the database alone reads nothing that could be charged or used.

What is sealed is encrypted and authenticated (AES-256-GCM) under a *record key* of 256 random bits. Record keys are kept
beside what they seal, each wrapped under a key derived from a secret of the operator's (HKDF-SHA-256), once for each of the
secrets: another secret needs another wrap, and nothing to be sealed again.
"""

import secrets
import struct
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from flask_paystack.errors import CannotOpen

FORM = 1
"""The first byte of what is sealed, for the day when another cipher is needed."""
HEADER = struct.Struct(">BI")
"""The form and the number of the record key, in front of what is sealed and authenticated with it."""
NONCE = 12
TAG = 16
KEY = 32
"""Lengths in bytes. Nonces are random, which AES-GCM bears 2³² times under one key (NIST SP 800-38D, 8.3)."""

NO_KEY = (
    "It is sealed under record key {}, which no value of RECORDS_SECRET (or of JWT_SECRET, where that is unset) opens:"
    " put the value of its day behind the newest one and restart."
)
CHANGED = "What is sealed was changed, cut, or put in another's place."


@dataclass(frozen=True)
class RecordKey:
    """A key that seals, in clear. It lives in memory only."""

    id: int
    secret: bytes = field(repr=False)

    @classmethod
    def make(cls, number: int) -> "RecordKey":
        """A new one."""
        return cls(number, secrets.token_bytes(KEY))


class RecordKeys(Protocol):
    """Where a seal finds its keys."""

    def current(self) -> RecordKey:
        """The key that seals what is new."""

    def find(self, number: int) -> RecordKey | None:
        """The key of that number; None where there is none, or no secret of ours opens it."""


class Wrapper:
    """One secret of the operator's, as that which wraps record keys."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(_derived(secret, "wraps record keys", KEY))
        self.name = _derived(secret, "is known by this name", 16).hex()
        """Tells secrets apart, and nothing about them."""

    def wrap(self, key: RecordKey) -> bytes:
        """``key``, for nobody but who has this secret."""
        return _encrypt(self._cipher, key.secret, _of_key(key.id))

    def unwrap(self, number: int, wrapped: bytes) -> RecordKey | None:
        """The key of that number; None where it was wrapped under another secret, or changed."""
        try:
            return RecordKey(number, _decrypt(self._cipher, wrapped, _of_key(number)))
        except CannotOpen:
            return None


class Seal:
    """Seals bytes, and opens what it sealed."""

    def __init__(self, keys: RecordKeys) -> None:
        self._keys = keys

    def seal(self, plain: bytes, about: str) -> bytes:
        """``plain``, sealed for one place and purpose: ``about`` says which, such as ``webhook_events.body <digest>``.

        Sealing the same twice gives two different results. 33 bytes longer than ``plain``.

        Raises:
            StorageUnavailable: there is no key yet, and none could be kept.
        """
        key = self._keys.current()
        header = HEADER.pack(FORM, key.id)
        return header + _encrypt(AESGCM(key.secret), plain, header + about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed for ``about``.

        Raises:
            CannotOpen: its key is not ours to open, or these are not the bytes that were sealed for ``about``.
            StorageUnavailable: its key could not be looked up.
        """
        key_id = key_of(sealed)
        key = self._keys.find(key_id)
        if key is None:
            raise CannotOpen(NO_KEY.format(key_id))
        return _decrypt(AESGCM(key.secret), sealed[HEADER.size :], sealed[: HEADER.size] + about.encode())


def key_of(sealed: bytes) -> int:
    """The number of the record key under which something is sealed. Raises CannotOpen where it is nothing sealed."""
    if len(sealed) < HEADER.size + NONCE + TAG or sealed[0] != FORM:
        raise CannotOpen(CHANGED)
    _, key_id = HEADER.unpack_from(sealed)
    return int(key_id)


def _of_key(number: int) -> bytes:
    return b"record key %d" % number


def _derived(secret: str, label: str, length: int) -> bytes:
    """``length`` bytes that only the secret gives, and others for each label: the secret may serve elsewhere as well."""
    return HKDF(SHA256(), length, salt=None, info=f"flask-paystack: {label}".encode()).derive(secret.encode())


def _encrypt(cipher: AESGCM, plain: bytes, beside: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + cipher.encrypt(nonce, plain, beside)


def _decrypt(cipher: AESGCM, sealed: bytes, beside: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], beside)
    except (InvalidTag, ValueError):  # the latter where there is not even a nonce
        raise CannotOpen(CHANGED) from None
