"""Blinker signals, as a courtesy for logs and tests.

They are sent after the commit, in the process that happened to settle, and not again: what must not be missed belongs in
``@paystack.on_settled``. The sender is the Flask app; ``payment`` is a ``payments.model.Payment``.
"""

from blinker import Namespace

_signals = Namespace()
payment_settled = _signals.signal("payment-settled")
payment_failed = _signals.signal("payment-failed")
