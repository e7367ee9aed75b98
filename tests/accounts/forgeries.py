"""Tokens that look like ours and are not, made by hand, since a library refuses to make many of these."""

import base64
import hashlib
import hmac
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

from tests.accounts import OLD_SECRET, SECRET
from tests.clock import START

HEADER = {"alg": "HS256", "typ": "access+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": "flask-paystack",
    "aud": "flask-paystack:access",
    "sub": "ada",
    "jti": "a-token",
    "iat": START.timestamp(),
    "exp": START.timestamp() + 3600,
    "gen": 7,
}
RSA_PEM = f"-----BEGIN PUBLIC KEY-----\n{SECRET}\n-----END PUBLIC KEY-----\n"
YEAR_9999 = 253_402_300_799


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def signed(
    claims: Any = CLAIMS,
    header: Any = HEADER,
    secret: str = SECRET,
    digest: Callable[..., Any] = hashlib.sha256,
) -> str:
    """A token with these parts."""
    body = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    return f"{body}.{encoded(hmac.new(secret.encode(), body.encode(), digest).digest())}"


def with_claims(**changed: Any) -> str:
    return signed({**CLAIMS, **changed})


def without(*names: str) -> str:
    return signed({name: value for name, value in CLAIMS.items() if name not in names})


def with_header(secret: str = SECRET, **changed: Any) -> str:
    return signed(header={**HEADER, **changed}, secret=secret)


BAD_VALUES: dict[str, tuple[Any, ...]] = {
    "iss": (None, "", "paystack", "flask-paystack ", ["flask-paystack"], 1, True, {}),
    "aud": (
        None, "", "flask-paystack", "flask-paystack:password-reset", "flask-paystack:machine", "access", True, 0, {},
        ["flask-paystack:access"], ["flask-paystack:access", "flask-paystack:password-reset"],
    ),
    "sub": (None, 1, 0, True, 1.5, ["ada"], {"id": "ada"}),
    "jti": (None, 1, 0, True, 1.5, ["a-token"], {}),
    "iat": (None, "0", True, [], {}, math.nan, math.inf, -math.inf, 1e300, 10**400, CLAIMS["exp"], YEAR_9999),
    "exp": (
        None, "9999999999", str(CLAIMS["exp"]), True, False, [], {}, math.nan, math.inf, -math.inf, 1e300, 10**400, -1, 0,
        CLAIMS["iat"], CLAIMS["iat"] - 0.001, 9999, 9_999_999_999, YEAR_9999, YEAR_9999 + 1, 2**63, CLAIMS["exp"] + 3600,
    ),
    "gen": (None, "7", 7.0, True, [7], {}),
}  # fmt: skip
"""Values that each claim may not have, even under our own signature."""


def forgeries() -> dict[str, str]:
    """Each by its name."""
    kinds = (_algorithms, _secrets, _claims, _headers, _shapes, _sizes, _changes)
    return {name: token for kind in kinds for name, token in kind()}


def _algorithms() -> Iterator[tuple[str, str]]:
    for alg in (
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "HS384",
        "HS512",
        "RS256",
        "ES256",
        "PS256",
        "EdDSA",
        "hs256",
        None,
        5,
    ):
        yield f"alg {alg!r}, unsigned", f"{with_header(alg=alg).rpartition('.')[0]}."
        yield f"alg {alg!r}, signed with our secret", with_header(alg=alg)
    yield "HS512 made well", signed(header={**HEADER, "alg": "HS512"}, digest=hashlib.sha512)
    yield "HS256 under a PEM of our key", signed(secret=RSA_PEM)
    yield "RS256 under a PEM of our key", with_header(RSA_PEM, alg="RS256")


def _secrets() -> Iterator[tuple[str, str]]:
    for secret in ("", "secret", "x" * 40, SECRET[:-1], SECRET.lower(), OLD_SECRET):
        yield f"signed with {secret[:8]!r}", signed(secret=secret)
        yield f"year 9999 signed with {secret[:8]!r}", signed({**CLAIMS, "exp": YEAR_9999}, secret=secret)


def _claims() -> Iterator[tuple[str, str]]:
    for name, values in BAD_VALUES.items():
        yield f"no {name}", without(name)
        for value in values:
            yield f"{name} {str(value)[:40]!r} {type(value).__name__}", with_claims(**{name: value})
    yield "a claim more", with_claims(role="operator")
    yield "nbf in the past", with_claims(nbf=0)


def _headers() -> Iterator[tuple[str, str]]:
    odd: tuple[tuple[str, Any], ...] = (
        ("kid", "../../dev/null"), ("kid", "1"), ("jku", "https://evil.example/jwks.json"), ("jwk", {"kty": "oct", "k": ""}),
        ("x5u", "https://evil.example/cert"), ("crit", ["exp"]), ("crit", ["b64"]), ("crit", []), ("b64", False),
        ("b64", True), ("cty", "JWT"), ("zip", "DEF"), ("typ", "JWT"), ("typ", "password-reset+jwt"), ("typ", None),
        ("typ", "at+jwt"), ("typ", "ACCESS+JWT"), ("enc", "A256GCM"),
    )  # fmt: skip
    for name, value in odd:
        yield f"header {name} {value!r}", with_header(**{name: value})
        yield f"header {name} {value!r}, secret unknown", with_header("x" * 40, **{name: value})
    yield "no typ", signed(header={"alg": "HS256"})


def _shapes() -> Iterator[tuple[str, str]]:
    genuine = signed()
    head, body, signature = genuine.split(".")
    for name, value in (("a list", [CLAIMS]), ("a text", "ada"), ("null", None), ("nothing", {}), ("a number", 1)):
        yield f"claims are {name}", signed(value)
        yield f"header is {name}", signed(header=value)
    yield "empty signature", f"{head}.{body}."
    yield "no signature", f"{head}.{body}"
    yield "two signatures", f"{genuine}.{signature}"
    yield "JWE", f"{head}.{body}.{signature}.{signature}.{signature}"
    yield "signature first", f"{signature}.{body}.{head}"
    yield "signature cut", genuine[:-2]
    yield "spaces for dots", genuine.replace(".", " ")
    yield "words behind", f"{genuine} x"
    for text in ("", ".", "..", "...", "null", "Bearer", "é.é.é", "\ud800.a.b", "\0"):
        yield f"text {text!r}", text


def _sizes() -> Iterator[tuple[str, str]]:
    _, body, signature = signed().split(".")
    yield "1 MB behind", signed() + "A" * 2**20
    yield "1 MB of claims", with_claims(sub="a" * 2**20)
    yield "1 MB of dots", "." * 2**20
    for depth in (1_300, 100_000):
        nested = encoded(b'{"a":' + b"[" * depth)
        yield f"a header nested {depth} deep", f"{nested}.{body}.{signature}"


def _changes() -> Iterator[tuple[str, str]]:
    genuine = signed()
    for place in range(0, len(genuine) - 1, 4):
        changed = "A" if genuine[place] != "A" else "B"
        yield f"character {place} changed", genuine[:place] + changed + genuine[place + 1 :]
