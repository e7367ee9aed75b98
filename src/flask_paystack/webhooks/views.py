"""``POST /pay/webhook``: Paystack's knock."""

from flask import Blueprint, Response, request

from flask_paystack.web.guards import guarded_by
from flask_paystack.web.parsing import read_bytes
from flask_paystack.web.services import services
from flask_paystack.webhooks.signature import HEADER

bp = Blueprint("webhook", __name__, url_prefix="/pay")

LONGEST = 1024 * 1024


@bp.post("/webhook")
@guarded_by("x-paystack-signature, over the raw bytes")
def webhook() -> Response:
    """Keep a signed body, and say so."""
    body = read_bytes(LONGEST)
    told = {
        "content-type": request.headers.get("Content-Type", "")[:200],
        "user-agent": request.headers.get("User-Agent", "")[:200],
        "remote-addr": request.remote_addr or "",
    }
    services().webhooks.receive(body, request.headers.get(HEADER), told)
    return Response("Webhook received successfully", mimetype="text/plain")
