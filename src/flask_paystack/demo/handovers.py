"""The merchant's own code in the demonstration: it receives hand-overs, and would ship the goods."""

import threading
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from standardwebhooks import Webhook, WebhookVerificationError


class Handovers:
    """Every settled payment the merchant was told of, once each, however often the news came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received: dict[str, dict[str, Any]] = {}

    def add(self, told: dict[str, Any]) -> None:
        """Take in a hand-over, or count one more delivery of one that is known by its id."""
        with self._lock:
            known = self._received.setdefault(told["id"], {**told, "deliveries": 0})
            known["deliveries"] += 1

    def received(self) -> list[dict[str, Any]]:
        """All of them, oldest first, each with the number of its ``deliveries``."""
        with self._lock:
            return [dict(each) for each in self._received.values()]


def create_handovers(secret: str) -> Blueprint:
    """``POST /handovers`` takes what is signed with ``secret`` (``whsec_…``); ``GET /handovers.json`` shows what came."""
    bp = Blueprint("handovers", __name__)
    webhook = Webhook(secret)
    handovers = Handovers()

    @bp.post("/handovers")
    def receive() -> ResponseReturnValue:
        """Accept a hand-over: after this answer it is not sent again."""
        try:
            told = webhook.verify(request.get_data(), dict(request.headers))
        except WebhookVerificationError:
            return {"error": "This hand-over was not signed with our secret."}, 401
        handovers.add(told)
        return "", 204

    @bp.get("/handovers.json")
    def show() -> ResponseReturnValue:
        """What was received, newest first."""
        return jsonify(handovers=handovers.received()[::-1])

    return bp
