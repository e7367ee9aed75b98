"""The controls of ``smtp``: mail as it is usually sent."""

import flask_mail
from flask import Flask, Response, request

from flask_paystack.app import FlaskPaystack
from flask_paystack.cli.start import application
from flask_paystack.mail.letters import write_letter
from flask_paystack.mail.model import QueuedMessage
from flask_paystack.records.leases import Claim
from flask_paystack.web.services import EXTENSION


def in_the_request() -> Flask:
    """Sends by Flask-Mail while the webhook waits."""
    app = application()
    settings = _ours(app).settings
    app.config.update(MAIL_SERVER=settings.mail_server, MAIL_PORT=settings.mail_port)
    mail = flask_mail.Mail(app)

    @app.after_request
    def tell(response: Response) -> Response:
        if request.path == "/pay/webhook" and response.status_code == 200:
            mail.send(flask_mail.Message("Paid", ["ada@example.org"], "Thank you.", sender="shop@example.org"))
        return response

    return app


def noted_first() -> Flask:
    """Notes a letter as sent, and then sends it."""
    app = application()
    outbox = _ours(app).wiring.outbox

    def deliver(claim: Claim, message: QueuedMessage) -> bool:
        outbox._records.sent(claim)
        outbox._sender.send(write_letter(message, outbox._links), message.recipient, message.identity)
        return True

    outbox._deliver = deliver  # type: ignore[method-assign]
    return app


def _ours(app: Flask) -> FlaskPaystack:
    found: FlaskPaystack = app.extensions[EXTENSION]
    return found
