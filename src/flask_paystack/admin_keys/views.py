"""``/admin-keys``: ask an admin for a key, and trade it for a session."""

from typing import Annotated

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from flask_paystack.accounts.model import Role
from flask_paystack.admin_keys.service import Issued
from flask_paystack.errors import InvalidAccessKey, InvalidAdmin, OperatorNeeded
from flask_paystack.web.guards import access_token, guarded_by, limited, user_of
from flask_paystack.web.parsing import Body, parse_credential
from flask_paystack.web.services import services

bp = Blueprint("admin_keys", __name__, url_prefix="/admin-keys")


class KeyRequest(Body):
    """``POST /admin-keys/request``."""

    permission_from: Annotated[str, Field(description="The admin's name, as in ADMIN_EMAILS.")]


class KeyForm(Body):
    """``POST /admin-keys/verify``."""

    id: Annotated[str, Field(json_schema_extra={"pattern": "^[0-9]{1,16}-[0-9a-f]{16}$"})]
    key: Annotated[str, Field(repr=False, json_schema_extra={"pattern": "^[0-9]{6}$"})]


@bp.post("/request")
@guarded_by("budgets: of strangers, or of the operator whose access token came along")
@limited("keys")
def request_key() -> ResponseReturnValue:
    """Have a key mailed to an admin. With ADMIN_KEYS_NEED_LOGIN only a logged-in operator may ask."""
    issued = _issue(parse_credential(KeyRequest, InvalidAdmin("Invalid admin")).permission_from)
    sentence = f"The admin was mailed a key that works for {issued.expires_in} seconds: ask them for it."
    return {"id": issued.id, "expires_in": issued.expires_in, "message": sentence}, 202


def _issue(admin: str) -> Issued:
    """A key, by the right of whoever asks.

    A customer's token is no reason to refuse where anybody may ask, and opens no budget either.
    """
    keys, operators_only = services().admin_keys, services().settings.admin_keys_need_login
    if "Authorization" not in request.headers and not operators_only:
        return keys.request(admin)
    token = access_token()
    if keys.is_the_machine(token):
        return keys.issue(admin)
    user = user_of(token)
    if operators_only and user.role is not Role.OPERATOR:
        raise OperatorNeeded("Access keys are for operators here; log in as one.")
    return keys.request(admin, user.id if user.role is Role.OPERATOR else None)


@bp.post("/verify")
@guarded_by("attempt cap: five guesses a key")
@limited("keys")
def verify_key() -> ResponseReturnValue:
    """Trade a key for a session token."""
    form = parse_credential(KeyForm, InvalidAccessKey("Invalid access code"))
    keys = services().admin_keys
    return {"session_token": keys.verify(form.id, form.key), "expires_in": keys.session_expires_in}, 201
