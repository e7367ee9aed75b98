"""``/auth/totp``: a second factor, set and removed by its owner."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from flask_paystack.accounts.forms import CodeAlone, PasswordAlone, PasswordAndCode
from flask_paystack.web.guards import limited, login_enough, login_required, signed_in_user
from flask_paystack.web.parsing import parse
from flask_paystack.web.requests import client_address
from flask_paystack.web.services import services

bp = Blueprint("totp", __name__, url_prefix="/auth/totp")


@bp.post("")
@limited("login")
@login_enough
def begin() -> ResponseReturnValue:
    """Make the seed of a second factor. It is not asked for before a first code of it has come."""
    made = services().second_factors.begin(signed_in_user(), parse(PasswordAlone).password, client_address())
    return {"secret": made.secret, "otpauth_uri": made.otpauth_uri}


@bp.post("/confirm")
@limited("login")
@login_enough
def confirm() -> ResponseReturnValue:
    """Put the second factor in force. The recovery codes are shown once."""
    codes = services().second_factors.confirm(signed_in_user(), parse(CodeAlone).code, client_address())
    return {"recovery_codes": codes}


@bp.post("/remove")
@limited("login")
@login_required
def remove() -> ResponseReturnValue:
    """Log in by the password alone from now on."""
    form = parse(PasswordAndCode)
    services().second_factors.remove(signed_in_user(), form.password, form.code, client_address())
    return "", 204
