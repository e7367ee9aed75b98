"""Tokens that let a customer try a failed payment again: signed, and good for a time."""

import hashlib
from collections.abc import Sequence
from typing import Any

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from flask_paystack.clock import Clock
from flask_paystack.errors import InvalidLink
from flask_paystack.payments.model import is_our_reference


class _ClockedSigner(TimestampSigner):
    """A signer that asks our clock for the time."""

    def __init__(self, *args: Any, clock: Clock, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock.now().timestamp())


class RetryTokens:
    """Makes and reads them.

    Args:
        secrets: newest first; the first signs, all are accepted while they rotate.
        lifetime: in seconds.
    """

    def __init__(self, secrets: Sequence[str], lifetime: int, clock: Clock) -> None:
        # Stamps are cut to whole seconds, and a token must not outlive its time by a part of one.
        self._oldest = lifetime - 1
        self._serializer = URLSafeTimedSerializer(
            list(reversed(secrets)),
            salt="flask-paystack retry",
            signer=_ClockedSigner,
            signer_kwargs={"clock": clock, "digest_method": hashlib.sha256},  # its own default is SHA-1
        )

    def make(self, reference: str) -> str:
        """A token for the payment of that reference."""
        made = self._serializer.dumps(reference)
        return made if isinstance(made, str) else made.decode()

    def read(self, token: str) -> str:
        """The reference that a token is for. Raises InvalidLink where we did not make it, or its time is over."""
        try:
            reference = self._serializer.loads(token, max_age=self._oldest)
        except BadSignature:
            raise InvalidLink("This link does not work, or no longer does.") from None
        if not isinstance(reference, str) or not is_our_reference(reference):
            raise InvalidLink("This link does not work, or no longer does.")
        return reference
