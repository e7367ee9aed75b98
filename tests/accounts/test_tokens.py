"""Tokens: what we make is taken until its time is over, and nothing else ever."""

from datetime import timedelta

import jwt
import pytest

from flask_paystack.accounts.tokens import TokenRefused, Tokens
from tests.accounts import OLD_SECRET, SECRET
from tests.accounts.forgeries import HEADER, YEAR_9999, forgeries, signed, without
from tests.clock import START, ManualClock

HOUR = timedelta(hours=1)
FORGERIES = forgeries()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def tokens(clock: ManualClock) -> Tokens:
    return Tokens([SECRET], "access", HOUR, clock)


def test_the_hand_made_token_that_the_corpus_varies_is_taken(tokens: Tokens) -> None:
    """Or else the corpus would prove nothing."""
    claims = tokens.read(signed())

    assert (claims.subject, claims.id, claims.generation) == ("ada", "a-token", 7)
    assert claims.expires_at == START + HOUR


def test_jwt_corpus_is_large_enough() -> None:
    assert len(FORGERIES) >= 200


@pytest.mark.parametrize("name", FORGERIES)
def test_jwt_corpus_is_refused(tokens: Tokens, name: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.read(FORGERIES[name])


@pytest.mark.parametrize(
    "token",
    [
        without("exp", "aud"),
        without("jti", "iat", "exp", "aud"),
        signed({}),
        signed({"sub": "ada", "exp": YEAR_9999}),
        signed({"sub": "ada"}, {**HEADER, "kid": "../../dev/null", "jku": "https://evil.example"}),
        signed({"sub": "ada"}, {**HEADER, "typ": "password-reset+jwt"}),
        signed({"sub": "ada", "exp": "9999999999"}),
    ],
)
def test_jwt_corpus_control_a_bare_decode_takes_some(tokens: Tokens, token: str) -> None:
    assert jwt.decode(token, SECRET, algorithms=["HS256"]) is not None
    with pytest.raises(TokenRefused):
        tokens.read(token)


def test_what_we_make_is_taken(tokens: Tokens) -> None:
    claims = tokens.read(tokens.make("ada", 7))

    assert (claims.subject, claims.generation, claims.expires_at) == ("ada", 7, START + HOUR)


def test_every_token_has_an_id_of_its_own(tokens: Tokens) -> None:
    assert len({tokens.read(tokens.make("ada", 7)).id for _ in range(50)}) == 50


def test_a_token_is_refused_from_the_very_instant_of_its_expiry(tokens: Tokens, clock: ManualClock) -> None:
    clock.advance(0.123456)
    token = tokens.make("ada", 7)

    clock.advance(3599.999999)
    tokens.read(token)
    clock.advance(0.000001)
    with pytest.raises(TokenRefused):
        tokens.read(token)


def test_nobody_gains_an_hour_because_the_clock_lost_one(tokens: Tokens, clock: ManualClock) -> None:
    token = tokens.make("ada", 7)

    clock.advance(-3600)

    with pytest.raises(TokenRefused):
        tokens.read(token)


def test_a_shorter_lifetime_holds_for_tokens_made_before(tokens: Tokens, clock: ManualClock) -> None:
    token = tokens.make("ada", 7)

    with pytest.raises(TokenRefused):
        Tokens([SECRET], "access", timedelta(minutes=5), clock).read(token)


def test_a_token_serves_one_purpose(tokens: Tokens, clock: ManualClock) -> None:
    reset = Tokens([SECRET], "password-reset", HOUR, clock)

    with pytest.raises(TokenRefused):
        tokens.read(reset.make("ada", 7))
    with pytest.raises(TokenRefused):
        reset.read(tokens.make("ada", 7))


def test_every_secret_is_taken_while_they_rotate_and_the_newest_signs(clock: ManualClock) -> None:
    old = Tokens([OLD_SECRET], "access", HOUR, clock)
    both = Tokens([SECRET, OLD_SECRET], "access", HOUR, clock)
    new = Tokens([SECRET], "access", HOUR, clock)

    assert both.read(old.make("ada", 7)).subject == "ada"
    assert new.read(both.make("ada", 7)).subject == "ada"
    with pytest.raises(TokenRefused):
        new.read(old.make("ada", 7))


def test_a_short_secret_signs_nothing(clock: ManualClock) -> None:
    with pytest.raises(jwt.InvalidKeyError):
        Tokens(["secret"], "access", HOUR, clock).make("ada", 7)
