"""What the simulator shows people who watch it: transactions, deliveries and the rest as JSON."""

from typing import Any

from paystack_simulator import dispute_payloads, payloads, redirects
from paystack_simulator.clock import iso
from paystack_simulator.deliveries import Delivery
from paystack_simulator.model import Transaction
from paystack_simulator.settings import Settings
from paystack_simulator.simulator import Simulator

Json = dict[str, Any]


def whole_state(sim: Simulator, wanted: str | None) -> Json:
    """Everything, or what belongs to the payments with one reference."""
    with sim.world.lock:
        transactions = [
            transaction_state(transaction, sim.settings)
            for transaction in sim.world.all_transactions()
            if wanted in {None, transaction.reference}
        ]
        refunds = [
            payloads.refund_read(refund)
            for integration in sim.world.integrations.values()
            for refund in integration.refunds.values()
            if wanted in {None, refund.transaction.reference}
        ]
        disputes = [
            dispute_payloads.read(dispute)
            for integration in sim.world.integrations.values()
            for dispute in integration.disputes.values()
            if wanted in {None, dispute.transaction.reference}
        ]
    deliveries = [each for each in sim.webhooks.snapshot() if wanted in {None, each.reference}]
    return {
        "clock": iso(sim.clock.now()),
        "settings": sim.settings.model_dump(),
        "faults": sim.faults.planned(),
        "story": sim.faults.story(),
        "transactions": transactions,
        "refunds": refunds,
        "disputes": disputes,
        "deliveries": [delivery_state(each) for each in deliveries],
    }


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
        "fault": delivery.fault,
        "again_of": delivery.again_of,
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
