"""``/check-session`` and ``/sessions``."""

from typing import Annotated

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import Field

from flask_paystack.errors import NoSuchSession
from flask_paystack.web.guards import open_to_all, session_required, session_token
from flask_paystack.web.parsing import Body, parse_credential
from flask_paystack.web.services import services

bp = Blueprint("sessions", __name__)


class SessionForm(Body):
    """``POST /check-session``."""

    session_token: Annotated[str, Field(repr=False)]


@bp.post("/check-session")
@open_to_all("The token in the body is what is asked about; nobody guesses 256 bits.")
def check_session() -> ResponseReturnValue:
    """Whether a session token is valid."""
    form = parse_credential(SessionForm, NoSuchSession("Invalid session token"))
    services().sessions.check(form.session_token)
    return {"message": "success"}


@bp.delete("/sessions")
@session_required
def end_session() -> ResponseReturnValue:
    """End the session whose token came with the request."""
    services().sessions.end(session_token())
    return "", 204
