"""What the simulator shows people who watch it: each transaction and delivery as JSON."""

from typing import Any

from paystack_simulator import payloads, redirects
from paystack_simulator.clock import iso
from paystack_simulator.model import Transaction
from paystack_simulator.settings import Settings
from paystack_simulator.webhooks import Delivery

Json = dict[str, Any]


def transaction_state(transaction: Transaction, settings: Settings) -> Json:
    """A transaction for people who watch: Paystack's own fields, and how to act on it."""
    return payloads.fetched(transaction, "") | {
        "access_code": transaction.access_code,
        "checkout_path": f"/checkout/{transaction.access_code}",
        "awaiting": transaction.steps[0].value if transaction.steps else None,
        "callback": redirects.callback(transaction, settings),
    }


def delivery_state(delivery: Delivery) -> Json:
    """A delivery with its bytes and every attempt: what was sent, what came back."""
    return {
        "id": delivery.id,
        "event": delivery.event,
        "reference": delivery.reference,
        "state": delivery.state.value,
        "url": delivery.url,
        "body": delivery.body.decode(),
        "created_at": iso(delivery.created_at),
        "next_attempt_at": iso(delivery.due_at) if delivery.state == "waiting" else None,
        "attempts": [
            {
                "due_at": iso(attempt.due_at),
                "at": iso(attempt.at),
                "url": attempt.url,
                "headers": attempt.headers,
                "http_status": attempt.http_status,
                "answer": attempt.answer,
                "error": attempt.error,
            }
            for attempt in delivery.attempts
        ],
    }
