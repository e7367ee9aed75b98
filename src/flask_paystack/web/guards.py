"""Checks that a caller may come in. Every route has one of these, or says why it has none; a test holds it."""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, request

from flask_paystack.accounts.model import User
from flask_paystack.errors import InvalidSession, NotLoggedIn
from flask_paystack.web.services import services

View = TypeVar("View", bound=Callable[..., Any])

SESSION_HEADER = "X-Session-Token"


def open_to_all(why: str) -> Callable[[View], View]:
    """No guard, and ``why`` none is needed."""
    return guarded_by(f"nobody: {why}")


def guarded_by(what: str) -> Callable[[View], View]:
    """The view guards itself, by ``what``."""

    def mark(view: View) -> View:
        view.guard = what  # type: ignore[attr-defined]
        return view

    return mark


def limited(name: str) -> Callable[[View], View]:
    """Count the request against the limit of that name for its client's address."""

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, **kwargs: Any) -> Any:
            services().limits.count(name)
            return view(*args, **kwargs)

        counted.limit = name  # type: ignore[attr-defined]
        return counted  # type: ignore[return-value]

    return decorate


def login_optional(view: View) -> View:
    """An access token is welcome, and required where ``REQUIRE_LOGIN`` is on. One that does not hold is always refused."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.user = None
        if "Authorization" in request.headers:
            g.user = user_of(access_token())
        elif services().settings.require_login:
            raise NotLoggedIn("Log in first, and send the access token as a Bearer token.")
        return view(*args, **kwargs)

    return guarded_by("JWT, optional unless REQUIRE_LOGIN")(guarded)  # type: ignore[return-value]


def login_required(view: View) -> View:
    """Only with an access token that holds, of an account that has a second factor where ``REQUIRE_SECOND_FACTOR`` is on."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.user = user_of(access_token())
        return view(*args, **kwargs)

    return guarded_by("JWT")(guarded)  # type: ignore[return-value]


def login_enough(view: View) -> View:
    """Only with an access token that holds, whatever the account lacks: for whoever is about to set a second factor."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.user = _user(access_token())
        return view(*args, **kwargs)

    return guarded_by("JWT")(guarded)  # type: ignore[return-value]


def session_required(view: View) -> View:
    """Only with a session token that holds."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.operator = services().sessions.who(session_token())
        return view(*args, **kwargs)

    return guarded_by("session token")(guarded)  # type: ignore[return-value]


def session_token() -> str:
    """The session token that came with the request. Raises InvalidSession where none did."""
    token = request.headers.get(SESSION_HEADER)
    if not token:
        raise InvalidSession("Invalid session token")
    return token


def access_token() -> str:
    """The access token that came with the request. Raises NotLoggedIn where none did, or not as a Bearer token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotLoggedIn("Send the access token as: Authorization: Bearer <token>.")
    return token.strip()


def presented_token() -> str | None:
    """The access token that came with the request, if one did; nothing is said about one that is none."""
    try:
        return access_token()
    except NotLoggedIn:
        return None


def user_of(token: str) -> User:
    """Whose access token this is. Raises NotLoggedIn, and SecondFactorNeeded where one is required and not set."""
    user = _user(token)
    services().second_factors.require(user)
    return user


def _user(token: str) -> User:
    user, claims = services().accounts.read(token)
    g.token_id = claims.id
    return user


def token_id() -> str:
    """The ``jti`` of the access token that the guard let in."""
    found: str = g.token_id
    return found


def current_user() -> User | None:
    """Who is logged in."""
    found: User | None = g.get("user")
    return found


def signed_in_user() -> User:
    """Who is logged in, behind ``login_required``."""
    found: User = g.user
    return found


def current_operator() -> str:
    """The admin whose key opened the session that this request came with."""
    found: str = g.operator
    return found


def is_same_secret(given: str, expected: str) -> bool:
    """Compare in constant time, whatever characters were given."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())
