"""Somebody else's application, with payments under ``/shop``.

    pip install flask-paystack
    flask --app examples/host.py run

The settings are those of ``.env.example``, here from the environment (``flask`` reads ``.env`` into it). Paystack's webhook
goes to ``/shop/pay/webhook``.
"""

import os

from flask import Flask

from flask_paystack.app import FlaskPaystack
from flask_paystack.handover.receivers import SettledPayment

app = Flask(__name__)
app.config.from_mapping(os.environ)
paystack = FlaskPaystack(app, url_prefix="/shop")
granted: dict[str, str] = {}


@paystack.on_settled
def grant(payment: SettledPayment) -> None:
    """Told at least once, with the same id each time: a real shop keeps it in its database, with what it grants."""
    granted.setdefault(payment.id, payment.order)


@app.get("/")
def index() -> str:
    """The host's own page."""
    return f"{len(granted)} sold"
