"""``/pay/retry/<token>``: the link in the failure mail."""

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from flask_paystack.errors import Failure
from flask_paystack.payments import facts, pages
from flask_paystack.web.guards import guarded_by, limited
from flask_paystack.web.services import services

bp = Blueprint("retry", __name__, url_prefix="/pay/retry", template_folder="templates", static_folder="static")

TOKEN = "signed, expiring token from the failure mail"  # noqa: S105


@bp.get("/<token>")
@guarded_by(TOKEN)
@limited("pay")
def look(token: str) -> ResponseReturnValue:
    """Show what may be tried again. Creates nothing: mail scanners follow links."""
    try:
        return pages.offer_page(services().retries.look(token))
    except Failure as failure:
        return pages.failure_page(failure)


@bp.post("/<token>")
@guarded_by(TOKEN)
@limited("pay")
def retry(token: str) -> ResponseReturnValue:
    """Open another payment in the same order, or the one still open: JSON for programs, a redirect for forms."""
    if _wants_json():
        return facts.opened(services().retries.retry(token)), 201
    try:
        payment = services().retries.retry(token)
    except Failure as failure:
        return pages.failure_page(failure)
    return redirect(payment.authorization_url or "", 303)


@bp.post("/<token>/withdraw")
@guarded_by(TOKEN)
@limited("pay")
def withdraw(token: str) -> ResponseReturnValue:
    """Charge no saved card of this customer's again: JSON for programs, a page for forms."""
    if _wants_json():
        services().retries.withdraw(token)
        return {"message": pages.WITHDRAWN}
    try:
        services().retries.withdraw(token)
        return pages.withdrawn_page(services().retries.look(token))
    except Failure as failure:
        return pages.failure_page(failure)


def _wants_json() -> bool:
    """A form says that it is one; a browser accepts HTML before anything else."""
    if request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return False
    return request.is_json or request.accept_mimetypes.best != "text/html"
