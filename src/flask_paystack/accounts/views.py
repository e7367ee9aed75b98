"""``/auth``: accounts and their access tokens."""

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from flask_paystack.accounts.forms import (
    ChangedPassword,
    Credentials,
    EmailAndPassword,
    EndedSessions,
    ForgotPassword,
    NewPassword,
)
from flask_paystack.accounts.model import Login
from flask_paystack.accounts.service import AccessToken
from flask_paystack.payments.facts import instant
from flask_paystack.web.guards import (
    access_token,
    limited,
    login_enough,
    login_required,
    open_to_all,
    presented_token,
    signed_in_user,
    token_id,
)
from flask_paystack.web.parsing import parse
from flask_paystack.web.requests import client_address
from flask_paystack.web.services import services

bp = Blueprint("auth", __name__, url_prefix="/auth")


@bp.post("/register")
@open_to_all("Whoever comes first has no account yet; the login limit counts.")
@limited("login")
def register() -> ResponseReturnValue:
    """Open an account, and log in."""
    form = parse(EmailAndPassword)
    return _told(services().accounts.register(form.email, form.password, client_address(), _user_agent())), 201


@bp.post("/login")
@open_to_all("The password is the guard; the login limit counts.")
@limited("login")
def login() -> ResponseReturnValue:
    """Trade e-mail and password for an access token. A token of the same account that comes along ends."""
    form = parse(Credentials)
    access = services().accounts.login(
        form.email, form.password, client_address(), _user_agent(), presented_token(), form.code
    )
    return _told(access)


@bp.post("/forgot")
@open_to_all("It mails the account's owner and tells the caller nothing; the login limit counts.")
@limited("login")
def forgot() -> ResponseReturnValue:
    """Ask for a link to a new password."""
    services().accounts.forgot(parse(ForgotPassword).email)
    return {"message": "If there is an account with this e-mail, a link to a new password is on its way."}, 202


@bp.post("/reset")
@open_to_all("The mailed token is the guard; the login limit counts.")
@limited("login")
def reset() -> ResponseReturnValue:
    """Choose a new password."""
    form = parse(NewPassword)
    services().accounts.reset(form.token, form.password, client_address())
    return "", 204


@bp.get("/me")
@login_enough
def me() -> ResponseReturnValue:
    """Who is logged in."""
    user = signed_in_user()
    return {
        "email": user.email,
        "role": user.role.value,
        "created_at": instant(user.created_at),
        "second_factor": services().second_factors.is_in_force(user),
    }


@bp.post("/password")
@limited("login")
@login_required
def change_password() -> ResponseReturnValue:
    """Choose a new password, knowing the present one: every earlier token ends."""
    form = parse(ChangedPassword)
    access = services().accounts.change(
        signed_in_user(), form.password, form.new_password, client_address(), _user_agent()
    )
    return _told(access)


@bp.get("/sessions")
@login_required
def list_sessions() -> ResponseReturnValue:
    """What is logged in to the account, newest first."""
    living = services().logins.list_living(signed_in_user())
    return {"sessions": [_session(login, login.jti == token_id()) for login in living]}


@bp.post("/sessions/end")
@limited("login")
@login_required
def end_sessions() -> ResponseReturnValue:
    """End a login of the account, or, without an id, every other than this."""
    form = parse(EndedSessions)
    services().logins.end(signed_in_user(), form.password, form.id, token_id(), client_address())
    return "", 204


@bp.post("/logout")
@login_enough
def logout() -> ResponseReturnValue:
    """End the access token that came with the request."""
    services().accounts.logout(access_token())
    return "", 204


def _told(access: AccessToken) -> dict[str, Any]:
    return {"access_token": access.token, "token_type": "Bearer", "expires_in": access.expires_in}


def _session(login: Login, current: bool) -> dict[str, Any]:  # noqa: FBT001
    return {
        "id": login.id,
        "created_at": instant(login.created_at),
        "expires_at": instant(login.expires_at),
        "address": login.address,
        "user_agent": login.user_agent,
        "current": current,
    }


def _user_agent() -> str:
    return request.headers.get("User-Agent", "")
