"""Signed tokens (JWT) that say who somebody is, each for one purpose."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from flask_paystack.clock import Clock
from flask_paystack.expiring.contract import CLOCK_SKEW

ISSUER = "flask-paystack"
ALGORITHM = "HS256"
CLAIMS = frozenset({"iss", "aud", "sub", "jti", "iat", "exp", "gen"})
LONGEST = 2048
"""Characters: ours have about 400, and nothing longer is worth reading."""


class TokenRefused(Exception):
    """We did not make this token for this purpose, or its time is over."""


@dataclass(frozen=True)
class Claims:
    """What a token of ours says."""

    subject: str
    """Whom it speaks of."""
    generation: int
    """Which password of theirs was the present one (``User.generation``)."""
    id: str
    """``jti``: unique."""
    expires_at: datetime


class Tokens:
    """Makes and reads the tokens of one purpose.

    The purpose stands in ``aud`` and in the header's ``typ``, so that a token of another purpose never passes. A token is
    taken only if its header and claims are exactly what we make, which leaves ``kid``, ``jku`` and ``crit`` no meaning here.

    Args:
        signing_secrets: at least 32 bytes each, newest first: the first signs, all are accepted while they rotate.
        lifetime: a token is refused from the very instant it has lasted this long, by ``clock``, without leeway. One that
            would live longer from now is refused too: it was made before the lifetime was shortened or the clock set back.
    """

    def __init__(self, signing_secrets: Sequence[str], purpose: str, lifetime: timedelta, clock: Clock) -> None:
        self.lifetime = lifetime
        self._secrets = tuple(signing_secrets)
        self._audience = f"{ISSUER}:{purpose}"
        self._header = {"alg": ALGORITHM, "typ": f"{purpose}+jwt"}
        self._clock = clock
        self._jwt = jwt.PyJWT(
            options={
                "require": sorted(CLAIMS),
                "enforce_minimum_key_length": True,
                "strict_aud": True,
                # PyJWT asks the machine for the time; ours is handed in, so what depends on it is checked here.
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            }
        )

    def make(self, subject: str, generation: int) -> str:
        """A new token."""
        return self.make_with_claims(subject, generation)[0]

    def make_with_claims(self, subject: str, generation: int) -> tuple[str, Claims]:
        """A new token, and what it says."""
        now = self._clock.now()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": subject,
            "jti": secrets.token_urlsafe(16),
            "iat": now.timestamp(),
            "exp": (now + self.lifetime).timestamp(),
            "gen": generation,
        }
        token = self._jwt.encode(claims, self._secrets[0], ALGORITHM, {"typ": self._header["typ"]})
        return token, Claims(subject, generation, claims["jti"], now + self.lifetime)

    def read(self, token: str) -> Claims:
        """What ``token`` says. Raises TokenRefused."""
        if len(token) <= LONGEST:
            for secret in self._secrets:
                decoded = self._decode(token, secret)
                if decoded is not None:
                    return self._claims(decoded)
        raise TokenRefused

    def _decode(self, token: str, secret: str) -> Mapping[str, Any] | None:
        """Header and claims of a token that ``secret`` signed for this purpose."""
        try:
            return self._jwt.decode_complete(
                token, secret, algorithms=[ALGORITHM], audience=self._audience, issuer=ISSUER
            )
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            # ValueError: characters that UTF-8 cannot carry. RecursionError: a header nested deep.
            return None

    def _claims(self, decoded: Mapping[str, Any]) -> Claims:
        claims = decoded["payload"]
        if decoded["header"] != self._header or set(claims) != CLAIMS or type(claims["gen"]) is not int:
            raise TokenRefused
        now, expires_at = self._clock.now(), _instant(claims["exp"])
        if not now < expires_at <= now + self.lifetime + CLOCK_SKEW or _instant(claims["iat"]) >= expires_at:
            raise TokenRefused
        return Claims(claims["sub"], claims["gen"], claims["jti"], expires_at)


def _instant(seconds: Any) -> datetime:
    """A NumericDate. A bool or a text is none, though Python and PyJWT would count with it."""
    if type(seconds) not in (int, float):
        raise TokenRefused
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise TokenRefused from None
